"""Creating, editing and deleting tasks by their forms."""

import datetime

import pytest
from django.utils import timezone

from taskmanager.accounts.models import Role
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Project, Task
from tests.web.pages import page, sentence

FIELDS = ("title", "description", "status", "priority", "owner", "due_date")
TOMORROW = timezone.now().date() + datetime.timedelta(days=1)


def typed(response) -> dict[str, str]:
    """Return what the page's form would send."""
    values = page(response).values
    return {name: values[name] for name in (*FIELDS, "version", "project") if name in values}


def test_a_title_is_enough(board, cleo, browse):
    response = browse(cleo).post("/tasks/new/", {"title": "  Try the restore "})
    task = Task.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/tasks/{task.pk}/")
    assert (task.title, task.description, task.status, task.priority) == ("Try the restore", "", "UNASSIGNED", "MEDIUM")
    assert (task.creator, task.owner, task.due_date, task.project) == (cleo, None, None, board)
    assert "ACME-2 created." in sentence(browse(cleo).post("/tasks/new/", {"title": "x"}, follow=True))


def test_everything_that_is_written_is_kept(acme, board, ada, ed, browse):
    web = services.create_project(acme, name="Website", key="WEB")
    form = {
        "title": "Draw a page",
        "description": "# Big\r\n\r\nand *wide*",
        "status": "DONE",
        "priority": "URGENT",
        "owner": str(ed.pk),
        "due_date": TOMORROW.isoformat(),
        "project": str(web.pk),
    }
    assert browse(ada).post("/tasks/new/", form).status_code == 302
    task = Task.objects.get()
    assert (task.reference, task.title, task.status, task.priority) == ("WEB-1", "Draw a page", "DONE", "URGENT")
    assert task.description.splitlines() == ["# Big", "", "and *wide*"]
    assert (task.owner, task.due_date, bool(task.completed_at)) == (ed, TOMORROW, True)


@pytest.mark.parametrize(
    ("sent", "status", "owned_by"),
    [
        ({}, "UNASSIGNED", None),
        ({"status": "UNASSIGNED"}, "UNASSIGNED", None),
        ({"status": "IN_PROGRESS"}, "IN_PROGRESS", "ada"),
        ({"status": "DONE"}, "DONE", None),
        ({"owner": "ed"}, "IN_PROGRESS", "ed"),
        ({"owner": "ed", "status": "UNASSIGNED"}, "IN_PROGRESS", "ed"),
        ({"owner": "ed", "status": "DONE"}, "DONE", "ed"),
        ({"owner": "ed", "status": "ARCHIVED"}, "ARCHIVED", "ed"),
        ({"owner": "", "status": ""}, "UNASSIGNED", None),
    ],
)
def test_status_and_owner_agree_in_a_new_task(sent, status, owned_by, board, ada, ed, browse):
    if sent.get("owner"):
        sent = {**sent, "owner": str(ed.pk)}
    assert browse(ada).post("/tasks/new/", {"title": "x", **sent}).status_code == 302
    task = Task.objects.get()
    assert (task.status, task.owner and task.owner.username) == (status, owned_by)


@pytest.mark.parametrize(
    ("sent", "status", "owned_by"),
    [
        ({"owner": ""}, "UNASSIGNED", None),
        ({"owner": "ada"}, "IN_PROGRESS", "ada"),
        ({"status": "UNASSIGNED"}, "UNASSIGNED", None),
        ({"status": "UNASSIGNED", "owner": "ed"}, "UNASSIGNED", None),
        ({"status": "DONE"}, "DONE", "ed"),
        ({"status": "DONE", "owner": ""}, "DONE", None),
        ({"status": "IN_PROGRESS", "owner": ""}, "UNASSIGNED", None),
    ],
)
def test_status_and_owner_agree_after_an_edit(sent, status, owned_by, task, ada, ed, browse):
    services.claim_task(task, actor=ed)
    people = {"": "", "ada": str(ada.pk), "ed": str(ed.pk)}
    data = {name: people[value] if name == "owner" else value for name, value in sent.items()}
    response = browse(ada).post(f"/tasks/{task.pk}/edit/", {"title": task.title, "version": "2", **data})
    assert response.status_code == 302
    task.refresh_from_db()
    assert (task.status, task.owner and task.owner.username) == (status, owned_by)


def test_the_form_starts_from_the_address(acme, board, ada, browse):
    web = services.create_project(acme, name="Website", key="WEB")
    assert typed(browse(ada).get("/tasks/new/"))["project"] == str(board.pk)
    values = typed(browse(ada).get("/tasks/new/?project=WEB&status=DONE"))
    assert (values["project"], values["status"]) == (str(web.pk), "DONE")


def test_an_edit_changes_what_was_changed_and_says_so(task, ada, browse):
    client = browse(ada)
    form = typed(client.get(f"/tasks/{task.pk}/edit/"))
    assert (form["title"], form["version"]) == (task.title, "1")
    shown = client.post(f"/tasks/{task.pk}/edit/", {**form, "title": "Rotate all keys"}, follow=True)
    assert shown.redirect_chain == [(f"/tasks/{task.pk}/", 302)]
    assert "ACME-1 saved." in sentence(shown)
    assert Activity.objects.latest("pk").changes == {"title": [task.title, "Rotate all keys"]}


def test_saving_without_a_change_is_no_change(task, ada, browse, rows):
    client = browse(ada)
    form = typed(client.get(f"/tasks/{task.pk}/edit/"))
    before = rows()
    assert "Nothing was changed." in sentence(client.post(f"/tasks/{task.pk}/edit/", form, follow=True))
    assert rows() == before


def test_fields_that_are_not_sent_stay_as_they_are(board, ada, ed, browse):
    task = services.create_task(
        board, actor=ada, title="x", description="Long.", priority="HIGH", owner=ed, due_date=TOMORROW
    )
    assert browse(ada).post(f"/tasks/{task.pk}/edit/", {"title": "y"}).status_code == 302
    task.refresh_from_db()
    assert (task.title, task.description, task.priority, task.owner) == ("y", "Long.", "HIGH", ed)
    assert (task.due_date, task.status) == (TOMORROW, "IN_PROGRESS")


def test_edits_of_different_fields_are_merged(task, ada, ed, browse):
    client = browse(ada)
    form = typed(client.get(f"/tasks/{task.pk}/edit/"))
    services.claim_task(task, actor=ed)
    shown = client.post(f"/tasks/{task.pk}/edit/", {**form, "priority": "HIGH"}, follow=True)
    assert "ACME-1 saved. What others changed meanwhile was kept." in sentence(shown)
    task.refresh_from_db()
    assert (task.priority, task.owner, task.status) == ("HIGH", ed, "IN_PROGRESS")


def test_edits_of_the_same_field_show_both_values_and_lose_nothing(task, ada, member, browse, rows):
    bo = member("bo", Role.ADMIN, full_name="Bo Lind")
    client = browse(ada)
    form = typed(client.get(f"/tasks/{task.pk}/edit/"))
    services.edit_task(task, actor=bo, version=1, title="Bo's title", priority="URGENT", description="By Bo.")
    before = rows()
    mine = {**form, "title": "Ada's title", "description": "By Ada.", "due_date": TOMORROW.isoformat()}
    response = client.post(f"/tasks/{task.pk}/edit/", mine)
    assert response.status_code == 409
    assert rows() == before
    text = sentence(response)
    assert text.count("Bo Lind wrote") == 2
    for value in ("Bo's title", "Ada's title", "By Bo.", "By Ada."):
        assert value in text
    # What only the other changed is taken over; what was typed stays; the form starts from now.
    assert typed(response) == {**mine, "priority": "URGENT", "version": "2"}

    again = client.post(f"/tasks/{task.pk}/edit/", typed(response))
    assert again.status_code == 302
    task.refresh_from_db()
    assert (task.title, task.description, task.priority) == ("Ada's title", "By Ada.", "URGENT")
    assert task.due_date == TOMORROW


def test_a_conflict_about_owner_status_and_date_is_told_in_words(task, ada, ed, member, browse):
    services.claim_task(task, actor=ada)
    client = browse(ada)
    form = typed(client.get(f"/tasks/{task.pk}/edit/"))
    bo = member("bo", Role.ADMIN)
    services.edit_task(task, actor=bo, version=2, owner=ed, status="DONE", due_date=TOMORROW, priority="LOW")
    later = TOMORROW + datetime.timedelta(days=1)
    mine = {"owner": str(bo.pk), "status": "ARCHIVED", "due_date": later.isoformat(), "priority": "URGENT"}
    response = client.post(f"/tasks/{task.pk}/edit/", {**form, **mine})
    assert response.status_code == 409
    text = sentence(response)
    for value in ("Ed Moreno", "bo", "Completed", "Archived", "Low", "Urgent"):
        assert f"wrote{value}" in text.replace("wrote ", "wrote")
    for day in (TOMORROW, later):
        assert f"{day:%b} {day.day}, {day.year}" in text
    assert typed(response) == {**form, **mine, "version": "3"}
    assert client.post(f"/tasks/{task.pk}/edit/", typed(response)).status_code == 302
    task.refresh_from_db()
    assert (task.owner, task.status, task.due_date, task.priority) == (bo, "ARCHIVED", later, "URGENT")


def test_fields_that_were_not_sent_survive_a_conflict_too(board, ada, member, browse):
    task = services.create_task(board, actor=ada, title="x", description="Long.", priority="HIGH", due_date=TOMORROW)
    services.edit_task(task, actor=member("bo", Role.ADMIN), version=1, title="Bo's")
    client = browse(ada)
    response = client.post(f"/tasks/{task.pk}/edit/", {"title": "Ada's", "version": "1"})
    assert response.status_code == 409
    assert client.post(f"/tasks/{task.pk}/edit/", typed(response)).status_code == 302
    task.refresh_from_db()
    assert (task.title, task.description, task.priority, task.due_date) == ("Ada's", "Long.", "HIGH", TOMORROW)


def test_the_same_change_by_two_is_no_conflict(task, ada, member, browse):
    services.edit_task(task, actor=member("bo", Role.ADMIN), version=1, title="Agreed")
    response = browse(ada).post(f"/tasks/{task.pk}/edit/", {"title": "Agreed", "version": "1"})
    assert response.status_code == 302


def test_a_form_without_a_version_means_the_task_as_it_is(task, ada, member, browse):
    services.edit_task(task, actor=member("bo", Role.ADMIN), version=1, title="Bo's")
    assert browse(ada).post(f"/tasks/{task.pk}/edit/", {"title": "Ada's"}).status_code == 302
    task.refresh_from_db()
    assert task.title == "Ada's"


def test_an_owner_who_was_deactivated_can_stay_and_nobody_else_can_get_it(task, ada, ed, browse):
    services.claim_task(task, actor=ed)
    other = services.create_task(task.project, actor=ada, title="Other")
    ed.is_active = False
    ed.save()
    client = browse(ada)
    form = typed(client.get(f"/tasks/{task.pk}/edit/"))
    assert form["owner"] == str(ed.pk)
    assert client.post(f"/tasks/{task.pk}/edit/", {**form, "title": "y"}).status_code == 302
    refused = client.post(f"/tasks/{other.pk}/edit/", {"title": "y", "owner": str(ed.pk)})
    assert page(refused).errors == {"owner": ["Choose a member of your organization, or nobody."]}


def test_an_editor_edits_what_they_own_and_a_creator_not_even_their_own(task, board, ed, cleo, browse):
    services.claim_task(task, actor=ed)
    assert browse(ed).post(f"/tasks/{task.pk}/edit/", {"title": "Ed's"}).status_code == 302
    own = services.create_task(board, actor=cleo, title="Cleo's")
    assert browse(cleo).post(f"/tasks/{own.pk}/edit/", {"title": "x"}).status_code == 403


def test_deleting_asks_first_and_then_deletes_for_good(task, ada, browse, rows):
    client = browse(ada)
    before = rows()
    asked = client.get(f"/tasks/{task.pk}/delete/")
    assert "Delete ACME-1 for good?" in sentence(asked)
    assert page(asked).has("a", href=f"/tasks/{task.pk}/")
    assert rows() == before
    shown = client.post(f"/tasks/{task.pk}/delete/", follow=True)
    assert shown.redirect_chain == [("/", 302)]
    assert "ACME-1 deleted." in sentence(shown)
    assert not Task.objects.exists()
    assert Project.objects.get().last_number == 1
    assert client.post(f"/tasks/{task.pk}/delete/").status_code == 404
