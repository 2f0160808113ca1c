"""Edits that came too late: 409 with both values, 412 with the present state."""

import datetime

import pytest

from taskmanager.tasks import services

TODAY = datetime.date(2026, 11, 22)


@pytest.fixture
def places(ada, board, task):
    """The address of each thing that has versions, with a field that two edit."""
    week = {"start_date": TODAY, "end_date": TODAY + datetime.timedelta(days=7)}
    return {
        "task": (f"/tasks/{task.pk}", "title"),
        "epic": (f"/epics/{services.create_epic(board, actor=ada, name='Audit').pk}", "name"),
        "sprint": (f"/sprints/{services.create_sprint(board, actor=ada, name='Autumn', **week).pk}", "name"),
        "comment": (f"/comments/{services.create_comment(task, actor=ada, text='Seen.').pk}", "text"),
    }


@pytest.mark.parametrize("noun", ["task", "epic", "sprint", "comment"])
def test_a_conflict_shows_both_values_and_what_is_there(noun, places, ada, caller):
    call = caller(ada)
    place, field = places[noun]
    assert call("patch", place, {field: "Theirs", "version": 1}).status_code == 200
    refused = call("patch", place, {field: "Yours", "version": 1})
    assert refused.status_code == 409
    answer = refused.json()
    author = {"id": ada.pk, "username": "ada"}
    assert answer["fields"] == [{"field": field, "yours": "Yours", "theirs": "Theirs", "changed_by": author}]
    assert answer["current"] == call("get", place).json()
    assert (answer["current"]["version"], refused["ETag"]) == (2, '"2"')
    assert answer["message"]
    # What it says is enough to decide and to go on.
    assert call("patch", place, {field: "Yours", "version": answer["current"]["version"]}).status_code == 200


@pytest.mark.parametrize("noun", ["task", "epic", "sprint", "comment"])
def test_an_edit_of_another_version_is_shown_what_is_there(noun, places, ada, caller):
    call = caller(ada)
    place, field = places[noun]
    etag = call("get", place)["ETag"]
    call("patch", place, {field: "Theirs"})
    refused = call("patch", place, {field: "Yours"}, If_Match=etag)
    assert (refused.status_code, refused["ETag"]) == (412, '"2"')
    assert refused.json()["current"] == call("get", place).json()


def test_people_days_and_watchers_are_shown_as_they_are_sent(ada, ed, task, caller):
    call, place = caller(ada), f"/tasks/{task.pk}"
    call("patch", place, {"owner": ed.pk, "due_date": "2126-01-01", "watchers": ["bo@acme.example"]})
    mine = {"owner": ada.pk, "due_date": "2126-01-02", "watchers": ["cy@acme.example"], "version": 1}
    fields = {each["field"]: each for each in call("patch", place, mine).json()["fields"]}
    assert (fields["owner"]["yours"], fields["owner"]["theirs"]) == (ada.pk, ed.pk)
    assert (fields["due_date"]["yours"], fields["due_date"]["theirs"]) == ("2126-01-02", "2126-01-01")
    assert fields["watchers"]["theirs"] == ["bo@acme.example"]


def test_a_replacement_is_refused_in_the_same_way(ada, task, caller):
    call, place = caller(ada), f"/tasks/{task.pk}"
    call("patch", place, {"title": "Theirs"})
    refused = call("put", place, {"title": "Yours", "version": 1})
    assert (refused.status_code, refused.json()["fields"][0]["theirs"]) == (409, "Theirs")
