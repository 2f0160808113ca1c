"""What can't be right is told beside the field that it is in; nothing is saved, and nothing typed is lost."""

import datetime

import pytest
from django.utils import timezone

from taskmanager.tasks import services
from tests.web.pages import page

FORM = {
    "title": "Try the restore",
    "description": "On a *fresh* machine.",
    "status": "UNASSIGNED",
    "priority": "HIGH",
    "owner": "",
    "due_date": "",
}
YESTERDAY = (timezone.now() - datetime.timedelta(days=1)).date().isoformat()
NO_CHOICE = "Choose one of these: "
# Field, what is typed, and how the sentence beside the field begins.
WRONG = [
    ("title", "", "Give the task a title."),
    ("title", "  \t ", "Give the task a title."),
    ("title", "x" * 201, "Ensure this value has at most 200 characters (it has 201)."),
    ("title", "\0", "Null characters are not allowed."),
    ("title", "before\0after", "Null characters are not allowed."),
    ("title", "\N{REPLACEMENT CHARACTER}", "Some characters did not arrive as valid UTF-8."),
    ("description", "x" * 50_001, "Ensure this value has at most 50000 characters (it has 50001)."),
    ("description", "before\0after", "Null characters are not allowed."),
    ("description", "\N{REPLACEMENT CHARACTER}", "Some characters did not arrive as valid UTF-8."),
    ("status", "CLOSED", NO_CHOICE + "Unassigned, In progress, Completed, Archived."),
    ("status", "done", NO_CHOICE),
    ("status", "\0", NO_CHOICE),
    ("priority", "HIGHEST", NO_CHOICE + "Low, Medium, High, Urgent."),
    ("priority", "\0", NO_CHOICE),
    ("owner", "0", "Choose a member of your organization, or nobody."),
    ("owner", "-1", "Choose a member of your organization, or nobody."),
    ("owner", "ada", "Choose a member of your organization, or nobody."),
    ("owner", "1.5", "Choose a member of your organization, or nobody."),
    ("owner", str(2**63), "Choose a member of your organization, or nobody."),
    ("owner", "9" * 5000, "Choose a member of your organization, or nobody."),
    ("owner", "\0", ""),
    ("due_date", YESTERDAY, "The due date may not lie before the day"),
    ("due_date", "0001-01-01", "The due date may not lie before the day"),
    ("due_date", "2026-02-30", "Give a date as year-month-day, like 2026-12-24."),
    ("due_date", "10000-01-01", "Give a date as year-month-day, like 2026-12-24."),
    ("due_date", "tomorrow", "Give a date as year-month-day, like 2026-12-24."),
    ("due_date", "9" * 5000, "Give a date as year-month-day, like 2026-12-24."),
    ("due_date", "\0", "Give a date as year-month-day, like 2026-12-24."),
]
IDS = [f"{name}-{value[:12]!r}-{len(value)}" for name, value, _sentence in WRONG]


def kept(response, typed: dict[str, str]) -> dict[str, str]:
    """Return what is typed and not in the page's form any more; a select can't show what isn't a choice."""
    shown = page(response)
    return {
        name: value
        for name, value in typed.items()
        if shown.values.get(name) != value and not (name in shown.options and value not in shown.options[name])
    }


@pytest.mark.parametrize(("field", "value", "said"), WRONG, ids=IDS)
def test_creating_explains_what_is_wrong(field, value, said, ada, browser, rows):
    before = rows()
    typed = {**FORM, field: value}
    response = browser(ada).post("/tasks/new/", typed)
    assert response.status_code == 200
    errors = page(response).errors
    assert list(errors) == [field]
    assert errors[field][0].startswith(said)
    assert kept(response, typed) == {}
    assert rows() == before


@pytest.mark.parametrize(("field", "value", "said"), WRONG, ids=IDS)
def test_editing_explains_what_is_wrong(field, value, said, task, ada, browser, rows):
    before = rows()
    typed = {**FORM, "version": "1", field: value}
    response = browser(ada).post(f"/tasks/{task.pk}/edit/", typed)
    assert response.status_code == 200
    errors = page(response).errors
    assert list(errors) == [field]
    assert errors[field][0].startswith(said)
    assert kept(response, typed) == {}
    assert rows() == before


@pytest.mark.parametrize(
    "value",
    ["0", str(2**63), "9" * 5000, "ACME", "\0", "-1"],
    ids=["zero", "64-bits", "long", "key", "NUL", "negative"],
)
@pytest.mark.parametrize("projects", [1, 2])
def test_an_unknown_project_is_refused_whether_or_not_there_is_a_choice(value, projects, acme, ada, browser, rows):
    if projects == 2:
        services.create_project(acme, name="Web", key="WEB")
    before = rows()
    typed = {**FORM, "project": value}
    response = browser(ada).post("/tasks/new/", typed)
    assert response.status_code == 200
    shown = page(response)
    [said] = [sentence for sentences in shown.errors.values() for sentence in sentences]
    assert said in {"Choose one of your organization's projects.", "Null characters are not allowed."}
    assert list(shown.errors) == ([""] if projects == 1 else ["project"])
    assert kept(response, FORM) == {}
    assert rows() == before


@pytest.mark.parametrize(
    "version",
    ["2", "0", "-1", str(2**31 - 1), str(2**31), str(2**63), "9" * 5000, "new", "\0", "1.5"],
    ids=["future", "zero", "negative", "31-bits", "32-bits", "64-bits", "long", "word", "NUL", "fraction"],
)
def test_a_version_that_never_was_is_refused(version, task, ada, browser, rows):
    before = rows()
    typed = {**FORM, "version": version}
    response = browser(ada).post(f"/tasks/{task.pk}/edit/", typed)
    assert response.status_code == 200
    assert list(page(response).errors) == [""]
    assert "Reload the page" in page(response).errors[""][0]
    assert kept(response, FORM) == {}
    assert rows() == before


def test_an_owner_for_an_unassigned_task_is_refused_when_both_change(task, ada, browser, rows):
    services.move_task(task, actor=ada, status="DONE")
    before = rows()
    typed = {**FORM, "owner": str(ada.pk), "status": "UNASSIGNED", "version": "2"}
    response = browser(ada).post(f"/tasks/{task.pk}/edit/", typed)
    said = "An unassigned task has no owner. Choose another status, or no owner."
    assert page(response).errors == {"owner": [said]}
    assert kept(response, typed) == {}
    assert rows() == before


def test_a_form_without_any_field_gets_explanations_too(task, ada, browser, rows):
    before = rows()
    for url in ("/tasks/new/", f"/tasks/{task.pk}/edit/"):
        response = browser(ada).post(url)
        assert page(response).errors == {"title": ["Give the task a title."]}
    assert rows() == before


@pytest.mark.parametrize("url", ["/tasks/new/", "/tasks/{}/edit/"])
def test_all_errors_are_told_at_once(url, task, ada, browser):
    typed = {"title": "", "status": "CLOSED", "priority": "TOP", "owner": "x", "due_date": "soon"}
    response = browser(ada).post(url.format(task.pk), typed)
    assert sorted(page(response).errors) == ["due_date", "owner", "priority", "status", "title"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "This field is required."),
        ({"status": ""}, "This field is required."),
        ({"status": "CLOSED"}, NO_CHOICE + "Unassigned, In progress, Completed, Archived."),
        ({"status": "DONE\0"}, NO_CHOICE + "Unassigned, In progress, Completed, Archived."),
        ({"status": "DONE", "after": "first"}, "Enter a whole number."),
        ({"status": "DONE", "after": "0"}, "Ensure this value is greater than or equal to 1."),
        ({"status": "DONE", "after": "\0"}, "Enter a whole number."),
        ({"status": "DONE", "after": str(2**63)}, f"Ensure this value is less than or equal to {2**63 - 1}."),
        ({"status": "DONE", "after": "9" * 5000}, "Enter a whole number."),
    ],
)
def test_a_move_to_nowhere_is_refused_in_words(data, said, task, ada, browser, rows):
    before = rows()
    as_page = browser(ada).post(f"/tasks/{task.pk}/move/", data)
    as_json = browser(ada).post(f"/tasks/{task.pk}/move/", data, headers={"Accept": "application/json"})
    assert (as_page.status_code, as_json.status_code) == (400, 400)
    assert as_json.json() == {"message": said}
    assert said in page(as_page).text
    assert rows() == before


def test_a_move_below_a_task_that_is_not_there_is_refused(task, ada, browser, rows):
    before = rows()
    for after in (10**12, task.pk):
        response = browser(ada).post(f"/tasks/{task.pk}/move/", {"status": "UNASSIGNED", "after": str(after)})
        assert response.status_code == 404
    assert rows() == before


@pytest.mark.parametrize("pk", ["0", "9" * 18, "9" * 19, str(2**63), "9" * 5000, "1\0", "%00", "١"])
@pytest.mark.parametrize("rest", ["", "edit/", "delete/", "claim/", "release/", "move/"])
def test_an_id_that_no_task_can_have_is_not_found(pk, rest, ada, browser):
    response = browser(ada).post(f"/tasks/{pk}/{rest}") if rest else browser(ada).get(f"/tasks/{pk}/")
    assert response.status_code == 404
    assert "There is nothing here" in page(response).text
