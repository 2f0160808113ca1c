"""Another version of the API beside this one: none of the first one's files knows of it."""

import pytest
from django.test import Client
from django.urls import include, path
from ninja import Router, Schema

from taskmanager import urls
from taskmanager.accounts.api.access import ApiRequest, Bearer
from taskmanager.accounts.api.answers import answers
from taskmanager.api import ANSWERS, Api, make_api
from taskmanager.tasks import services
from taskmanager.tasks.api.epics import router as epics
from taskmanager.tasks.api.tasks import find_task

# What a file taskmanager/api_v2.py would hold: a router of its own where v2 differs, v1's own where it doesn't.
tasks = Router(tags=["Tasks"])


class TaskOut(Schema):
    """A task, which version 2 tells in another way."""

    ref: str
    is_free: bool


@tasks.get("/tasks/{int:task_id}", response=answers(200, TaskOut, 404), operation_id="get_task")
def task_detail(request: ApiRequest, task_id: int) -> TaskOut:
    """Return one task."""
    task = find_task(request.auth, task_id)
    return TaskOut(ref=task.reference, is_free=task.owner_id is None)


def make_v2() -> Api:
    api = Api(title="Taskmanager", version="2", urls_namespace="api-v2", auth=Bearer())
    for router in (tasks, epics):
        api.add_router("", router)
    for kind, answer in ANSWERS.items():
        api.add_exception_handler(kind, answer)
    return api


v2 = make_v2()
urlpatterns = [path("api/v2/", v2.urls), path("", include(urls))]
handler404, handler500 = urls.handler404, urls.handler500

pytestmark = pytest.mark.urls("tests.api.test_versions")


def test_both_versions_answer_in_their_own_way(ada, task, caller):
    client = caller(ada).client
    services.create_epic(task.project, actor=ada, name="Audit")
    assert client.get(f"/api/v1/tasks/{task.pk}").json()["reference"] == "ACME-1"
    assert client.get(f"/api/v2/tasks/{task.pk}").json() == {"ref": "ACME-1", "is_free": True}
    # What doesn't differ is the same router.
    assert client.get("/api/v2/epics/").json() == client.get("/api/v1/epics/").json()


def test_refusals_are_the_same_in_both(oscar, task, caller):
    client = caller(oscar).client
    for version in (1, 2):
        assert client.get(f"/api/v{version}/tasks/{task.pk}").json() == {"message": "Object not found."}
        assert Client().get(f"/api/v{version}/tasks/{task.pk}").status_code == 401
        assert client.put(f"/api/v{version}/openapi.json").status_code == 405


def test_each_version_has_its_own_document(db):
    first, second = (Client().get(f"/api/v{version}/openapi.json").json() for version in (1, 2))
    assert (first["info"]["version"], second["info"]["version"]) == ("1", "2")
    assert set(second["paths"]) == {"/api/v2/tasks/{task_id}", "/api/v2/epics/", "/api/v2/epics/{epic_id}"}
    assert "ref" in second["components"]["schemas"]["TaskOut"]["properties"]
    assert first == make_api().get_openapi_schema() | {"paths": first["paths"]}
    assert "ref" not in first["components"]["schemas"]["TaskOut"]["properties"]
