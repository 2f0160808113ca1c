"""What Django's admin does with tasks, people and history: the product's rules hold there, too."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile

from taskmanager.accounts.models import Organization, Role, User
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity, Comment, Epic, Project, Sprint, Task
from tests.conftest import PASSWORD
from tests.queue import run_jobs
from tests.web.pages import page, sentence

ARCHIVE = "mark_as_archived"


@pytest.fixture
def root(acme) -> User:
    return User.objects.create_superuser(
        organization=acme, username="root", email="root@acme.example", password=PASSWORD
    )


@pytest.fixture
def staff(member):
    """Make a member staff, without more permissions than the roles give: `staff("stan", Role.ADMIN)`."""

    def make(username: str, *roles: Role) -> User:
        user = member(username, *roles)
        user.is_staff = True
        user.save()
        return user

    return make


def archive(client, *tasks):
    data = {"action": ARCHIVE, "_selected_action": [task.pk for task in tasks]}
    return client.post("/admin/tasks/task/", data, follow=True)


def form_of(client, address: str) -> dict[str, str]:
    """Return what the form on the page would send."""
    values = page(client.get(address)).values
    return {name: value for name, value in values.items() if not name.startswith("_") and name != "action"}


def test_the_action_archives_with_history_and_says_how_many(board, ada, root, browse):
    tasks = [services.create_task(board, actor=ada, title=str(number)) for number in range(3)]
    services.archive_task(tasks[0], actor=ada)
    response = archive(browse(root), *tasks)
    assert "Archived: 2 tasks." in sentence(response)
    assert "Archived before: 1 task." in sentence(response)
    for task in Task.objects.all():
        assert (task.status, bool(task.archived_at)) == ("ARCHIVED", True)
    assert Activity.objects.filter(verb="archived", actor=root).count() == 2


def test_the_action_leaves_what_one_may_not_change(board, ada, staff, browse):
    stan = staff("stan", Role.EDITOR)
    mine, other = [services.create_task(board, actor=ada, title=title) for title in ("mine", "other")]
    services.claim_task(mine, actor=stan)
    response = archive(browse(stan), mine, other)
    assert "Archived: 1 task." in sentence(response)
    assert "Left as they were: 1 task;" in sentence(response)
    other.refresh_from_db()
    assert other.status == "UNASSIGNED"


def test_the_action_is_not_there_without_the_permission(task, staff, browse):
    client = browse(staff("stan", Role.CREATOR))
    assert ARCHIVE not in client.get("/admin/tasks/task/").content.decode()
    archive(client, task)
    task.refresh_from_db()
    assert task.status == "UNASSIGNED"


def test_the_action_never_reaches_another_organization(oscar, staff, root, browse):
    foreign = services.create_task(oscar.organization.projects.get(), actor=oscar, title="x")
    archive(browse(staff("stan", Role.ADMIN)), foreign)
    assert "Left as they were: 1 task;" in sentence(archive(browse(root), foreign))
    foreign.refresh_from_db()
    assert foreign.status == "UNASSIGNED"


def test_an_edit_is_in_the_history(task, ed, staff, browse):
    client = browse(staff("stan", Role.ADMIN))
    address = f"/admin/tasks/task/{task.pk}/change/"
    data = {**form_of(client, address), "title": "Turn the keys", "owner": ed.pk, "status": "IN_PROGRESS"}
    response = client.post(address, data)
    assert response.status_code == 302
    task.refresh_from_db()
    assert (task.title, task.owner, task.status, task.version) == ("Turn the keys", ed, "IN_PROGRESS", 2)
    line = Activity.objects.latest("pk")
    assert (line.verb, line.actor.username) == ("edited", "stan")
    assert line.changes.keys() == {"title", "owner", "status"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"due_date": "2001-01-01"}, "The due date may not lie before the day"),
        ({"status": "WRONG"}, "Select a valid choice"),
        ({"title": ""}, "This field is required"),
        ({"started_from": "99"}, "a version that doesn't exist"),
    ],
)
def test_an_edit_against_the_rules_is_refused_in_words(wanted, words, task, staff, browse):
    client = browse(staff("stan", Role.ADMIN))
    address = f"/admin/tasks/task/{task.pk}/change/"
    response = client.post(address, {**form_of(client, address), **wanted})
    assert response.status_code == 200
    assert words in sentence(response)
    task.refresh_from_db()
    assert (task.version, Activity.objects.count()) == (1, 1)


def test_an_owner_from_another_organization_is_no_choice(task, oscar, staff, root, browse):
    for user in (staff("stan", Role.ADMIN), root):
        client = browse(user)
        address = f"/admin/tasks/task/{task.pk}/change/"
        data = {**form_of(client, address), "owner": oscar.pk}
        assert client.post(address, data).status_code == 200
        task.refresh_from_db()
        assert task.owner is None


def test_a_new_task_has_a_number_and_a_history(board, staff, browse):
    client = browse(staff("stan", Role.ADMIN))
    data = {**form_of(client, "/admin/tasks/task/add/"), "project": board.pk, "title": "Try the restore"}
    assert client.post("/admin/tasks/task/add/", data).status_code == 302
    task = Task.objects.get()
    assert (task.reference, task.creator.username, task.organization) == ("ACME-1", "stan", board.organization)
    assert Activity.objects.get().verb == "created"
    board.refresh_from_db()
    assert board.last_number == 1


def test_deleting_leaves_the_history_of_it(task, ada, staff, browse):
    client = browse(staff("stan", Role.ADMIN))
    services.create_comment(task, actor=ada, text="x")
    assert client.post(f"/admin/tasks/comment/{Comment.objects.get().pk}/delete/", {"post": "yes"}).status_code == 302
    data = {"action": "delete_selected", "_selected_action": [task.pk], "post": "yes"}
    assert client.post("/admin/tasks/task/", data).status_code == 302
    assert not Task.objects.exists()
    verbs = list(Activity.objects.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["created", "commented", "deleted_comment", "deleted"]


def test_history_is_only_read(task, root, browse):
    line = Activity.objects.get()
    client = browse(root)
    assert client.get("/admin/tasks/activity/add/").status_code == 403
    assert client.post(f"/admin/tasks/activity/{line.pk}/change/", {"verb": "deleted"}).status_code == 403
    assert client.post(f"/admin/tasks/activity/{line.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Activity.objects.get() == line


def test_a_new_project_belongs_to_ones_own_organization(acme, oscar, staff, browse):
    client = browse(staff("stan", Role.ADMIN))
    data = {"name": "Website", "key": "WEB", "organization": oscar.organization_id}
    assert client.post("/admin/tasks/project/add/", data).status_code == 302
    assert Project.objects.get(key="WEB").organization == acme
    response = client.post("/admin/tasks/project/add/", data)
    assert response.status_code == 200
    assert Project.objects.filter(key="WEB").count() == 1


# People


def test_a_member_is_made_in_ones_own_organization(acme, oscar, staff, browse):
    client = browse(staff("stan", Role.ADMIN))
    data = {
        "username": "oscar", "email": "Oscar@acme.example", "password1": PASSWORD, "password2": PASSWORD,
        "organization": oscar.organization_id, "is_superuser": "on", "is_staff": "on",
    }  # fmt: skip
    assert client.post("/admin/accounts/user/add/", data).status_code == 302
    user = User.objects.get(email="oscar@acme.example")
    assert (user.organization, user.is_staff, user.is_superuser) == (acme, False, False)
    response = client.post("/admin/accounts/user/add/", {**data, "username": "OSCAR"})
    assert "That username is taken in this organization." in sentence(response)


def test_nobody_gives_more_than_they_have(ada, oscar, member, staff, browse):
    stan, cy = staff("stan", Role.EDITOR), member("cy")
    from django.contrib.auth.models import Permission

    stan.user_permissions.add(*Permission.objects.filter(codename__in=["change_user", "view_user"]))
    client = browse(stan)
    for target in (stan, cy):
        address = f"/admin/accounts/user/{target.pk}/change/"
        admin_group = Group.objects.get(name=Role.ADMIN)
        data = {
            **form_of(client, address),
            "groups": [admin_group.pk],
            "is_active": "on",
            "is_superuser": "on",
            "is_staff": "on",
        }
        assert client.post(address, {**data, "organization": oscar.organization_id}).status_code == 200
        data["groups"] = [Group.objects.get(name=Role.EDITOR).pk]
        assert client.post(address, {**data, "organization": oscar.organization_id}).status_code == 302
        now = User.objects.get(pk=target.pk)
        assert not now.is_superuser
        assert now.is_staff == (target == stan)
        assert now.organization == ada.organization
        assert [group.name for group in now.groups.all()] == ["Editor"]


@pytest.mark.parametrize("page_of", ["change/", "password/", "delete/"])
def test_whoever_may_more_is_out_of_reach(page_of, ada, root, staff, browse):
    from django.contrib.auth.models import Permission

    stan = staff("stan", Role.EDITOR)
    stan.user_permissions.add(*Permission.objects.filter(content_type__model="user"))
    other = staff("other", Role.ADMIN)
    for target in (root, ada, other):
        before = User.objects.filter(pk=target.pk).values().get()
        data = {"password1": "x1y2z3a4b5", "password2": "x1y2z3a4b5", "username": "mine", "post": "yes"}
        assert browse(stan).post(f"/admin/accounts/user/{target.pk}/{page_of}", data).status_code == 403
        assert User.objects.filter(pk=target.pk).values().get() == before


def test_the_last_admin_stays_one(ada, root, browse):
    client = browse(root)
    address = f"/admin/accounts/user/{ada.pk}/change/"
    data = {**form_of(client, address), "is_active": "on", "groups": []}
    response = client.post(address, data)
    assert "This is the organization's last Admin." in sentence(response)
    assert client.post(f"/admin/accounts/user/{ada.pk}/delete/", {"post": "yes"}).status_code == 403
    assert ada.groups.get().name == Role.ADMIN


def test_a_deleted_member_leaves_the_work(task, ada, member, root, browse):
    bo = member("bo", Role.ADMIN)
    mine = services.create_task(task.project, actor=bo, title="x")
    assert browse(root).post(f"/admin/accounts/user/{bo.pk}/delete/", {"post": "yes"}).status_code == 302
    mine.refresh_from_db()
    assert mine.creator is None


def test_only_a_superuser_deletes_an_organization_with_all_of_its_work(task, oscar, staff, root, browse):
    services.create_task(oscar.organization.projects.get(), actor=oscar, title="x")
    address = f"/admin/accounts/organization/{oscar.organization_id}/delete/"
    own = f"/admin/accounts/organization/{task.organization_id}/delete/"
    assert browse(staff("stan", Role.ADMIN)).post(own, {"post": "yes"}).status_code == 403
    assert browse(root).post(address, {"post": "yes"}).status_code == 302
    assert [each.name for each in Organization.objects.all()] == ["Acme"]
    assert Task.objects.get() == task


@pytest.mark.parametrize(
    ("kind", "model", "more"),
    [("epic", Epic, {}), ("sprint", Sprint, {"start_date": "2026-11-23", "end_date": "2026-12-04", "epic": ""})],
)
def test_plans_are_made_changed_and_deleted_by_the_services(kind, model, more, board, staff, browse):
    client = browse(staff("stan", Role.ADMIN))
    data = {"project": board.pk, "name": "Autumn", "description": "", **more}
    assert client.post(f"/admin/tasks/{kind}/add/", data).status_code == 302
    item = model.objects.get()
    address = f"/admin/tasks/{kind}/{item.pk}/change/"
    assert client.post(address, {**form_of(client, address), **more, "name": "Winter"}).status_code == 302
    item.refresh_from_db()
    assert (item.name, item.version, item.creator.username) == ("Winter", 2, "stan")
    assert client.post(f"/admin/tasks/{kind}/{item.pk}/delete/", {"post": "yes"}).status_code == 302
    assert [line.verb for line in Activity.objects.order_by("pk")] == ["created", "edited", "deleted"]


def test_a_sprint_that_ends_before_it_starts_is_refused_in_words(board, staff, browse):
    data = {"project": board.pk, "name": "x", "start_date": "2026-11-23", "end_date": "2026-11-01"}
    response = browse(staff("stan", Role.ADMIN)).post("/admin/tasks/sprint/add/", data)
    assert "A sprint ends after the day on which it starts." in sentence(response)
    assert not Sprint.objects.exists()


def test_a_file_and_an_organization_are_deleted_with_what_lies_in_the_storage(task, ada, staff, root, browse):
    upload = SimpleUploadedFile("notes.txt", b"x")
    for client, address in (
        (browse(staff("stan", Role.ADMIN)), "/admin/tasks/attachment/{}/delete/"),
        (browse(root), "/admin/accounts/organization/{}/delete/"),
    ):
        [attachment] = services.add_attachments(task, files=[upload], actor=ada)
        place = attachment.file.name
        pk = attachment.pk if "attachment" in address else task.organization_id
        assert client.post(address.format(pk), {"post": "yes"}).status_code == 302
        run_jobs()
        assert not default_storage.exists(place)
