"""Who asks again for what hasn't changed gets 304 and no body."""

import pytest

from taskmanager.tasks import services


@pytest.mark.parametrize(
    "path", ["/me", "/users/", "/projects/", "/epics/", "/sprints/", "/tasks/", "/tasks/?fields=id"]
)
def test_what_has_not_changed_is_304(ada, task, caller, path):
    call = caller(ada)
    first = call("get", path)
    again = call("get", path, If_None_Match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert again.get("Link") == first.get("Link")
    assert again["RateLimit-Remaining"] < first["RateLimit-Remaining"]
    assert call("get", path, If_None_Match='"another"').json() == first.json()


def test_a_list_tells_of_any_change(ada, task, caller):
    call = caller(ada)
    first = call("get", "/tasks/")
    services.edit_task(task, actor=ada, version=1, priority="HIGH")
    changed = call("get", "/tasks/", If_None_Match=first["ETag"])
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)


def test_the_etag_of_a_task_is_its_version_whatever_is_asked_of_it(ada, task, caller):
    call, path = caller(ada), f"/tasks/{task.pk}"
    assert call("get", path)["ETag"] == call("get", f"{path}?fields=title")["ETag"] == '"1"'
    assert call("get", path, If_None_Match='W/"0", "1"').status_code == 304
    services.edit_task(task, actor=ada, version=1, priority="HIGH")
    assert call("get", path, If_None_Match='"1"')["ETag"] == '"2"'


def test_a_write_and_a_refusal_are_never_304(ada, task, caller):
    call = caller(ada)
    assert call("patch", f"/tasks/{task.pk}", {"priority": "LOW"}, If_None_Match='"2"').status_code == 200
    assert call("get", "/tasks/999999", If_None_Match="*").status_code == 404
