"""Feature flags: on for some groups, cached, known in every template. The first one is task prioritization."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group
from django.core.cache import cache
from django.db import connection
from django.template import RequestContext, Template
from django.test import RequestFactory

from taskmanager.accounts.models import Flag, Role, User
from taskmanager.tasks import services
from taskmanager.tasks.models import Activity
from tests.conftest import PASSWORD
from tests.web.pages import HTMX, JSON, page, sentence

FLAG = "task_prioritization"
TEMPLATE = Template('{% flag "task_prioritization" %}on{% else %}off{% endflag %}')


def shown_to(user) -> str:
    request = RequestFactory().get("/")
    request.user = user
    return TEMPLATE.render(RequestContext(request))


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


@pytest.fixture
def flag(roles) -> Flag:
    return Flag.objects.get(name=FLAG)


@pytest.mark.parametrize(("role", "seen"), [("Admin", "on"), ("Editor", "on"), ("Creator", "off"), ("", "off")])
def test_the_flag_is_on_for_its_groups_in_every_template(role, seen, member):
    assert shown_to(member("bo", *([Role(role)] if role else []))) == seen


def test_nobody_else_sees_what_one_user_sees(flag, ed, cleo):
    for _turn in range(2):
        assert [shown_to(fresh(user)) for user in (ed, cleo)] == ["on", "off"]
        assert shown_to(AnonymousUser()) == "off"


def test_a_flag_is_for_people_for_superusers_and_for_everyone_too(flag, acme, cleo, django_capture_on_commit_callbacks):
    root = User.objects.create_superuser(organization=acme, username="r", email="r@acme.example", password=PASSWORD)
    assert shown_to(root) == "on"
    with django_capture_on_commit_callbacks(execute=True):
        flag.users.add(cleo)
        flag.save()
    assert shown_to(fresh(cleo)) == "on"
    with django_capture_on_commit_callbacks(execute=True):
        flag.everyone = False
        flag.save()
    assert [shown_to(fresh(user)) for user in (cleo, root)] == ["off", "off"]


def test_a_change_is_seen_at_once(flag, cleo, django_capture_on_commit_callbacks):
    assert shown_to(fresh(cleo)) == "off"
    with django_capture_on_commit_callbacks(execute=True):
        flag.groups.add(Group.objects.get(name=Role.CREATOR))
        flag.save()
    assert shown_to(fresh(cleo)) == "on"


def test_a_flag_asks_nothing_but_the_permissions(flag, ed, django_assert_num_queries):
    shown_to(ed)
    ed = fresh(ed)
    with django_assert_num_queries(1):
        assert ed.has_perm("tasks.change_task")
        assert shown_to(ed) == "on"
        assert shown_to(ed) == "on"


def test_a_flag_that_is_missing_is_off(flag, ed):
    flag.delete()
    cache.clear()
    assert shown_to(ed) == "off"


def test_the_migration_can_be_reversed(flag):
    migration = import_module("taskmanager.tasks.migrations.0006_task_prioritization")
    migration.drop_flags(apps, connection.schema_editor())
    assert not Flag.objects.exists()
    migration.make_flags(apps, connection.schema_editor())
    assert {group.name for group in Flag.objects.get().groups.all()} == {"Editor", "Admin"}


# Task prioritization


def test_a_click_in_the_list_raises_a_priority_with_history(task, ada, browse):
    client = browse(ada)
    shown = page(client.get("/tasks/"))
    assert shown.has("form", action=f"/tasks/{task.pk}/priority/")
    assert shown.has("button", value="HIGH", id=f"raise-{task.pk}")
    assert shown.has("button", value="LOW", id=f"lower-{task.pk}")
    response = client.post(f"/tasks/{task.pk}/priority/", {"priority": "HIGH"}, follow=True)
    assert "ACME-1 has high priority now." in sentence(response)
    task.refresh_from_db()
    assert (task.priority, task.version) == ("HIGH", 2)
    assert Activity.objects.latest("pk").changes == {"priority": ["MEDIUM", "HIGH"]}


def test_htmx_gets_the_cell_and_programs_the_task(task, ada, browse):
    client = browse(ada)
    response = client.post(f"/tasks/{task.pk}/priority/", {"priority": "URGENT"}, headers=HTMX)
    shown = page(response)
    assert next(tag for tag, _values in shown.elements) == "td"
    assert "Urgent" in shown.text
    assert not shown.has("button", id=f"raise-{task.pk}")
    assert "has urgent priority now" in response["HX-Trigger"]
    response = client.post(f"/tasks/{task.pk}/priority/", {"priority": "LOW"}, headers=JSON)
    assert (response.status_code, response.json()["priority"]) == (200, "LOW")


def test_a_priority_that_is_none_is_refused(task, ada, browse):
    response = browse(ada).post(f"/tasks/{task.pk}/priority/", {"priority": "HUGE"}, headers=JSON)
    assert response.status_code == 400
    assert response.json() == {"message": "Choose one of these: Low, Medium, High, Urgent."}


def test_where_the_feature_is_off_a_teaser_says_what_it_does(task, ada, cleo, browse):
    mine = services.create_task(task.project, actor=cleo, title="Mine")
    client = browse(cleo)
    response = client.get("/tasks/")
    assert "Task prioritization is coming to your team." in sentence(response)
    assert "/priority/" not in response.content.decode()
    assert client.post(f"/tasks/{mine.pk}/priority/", {"priority": "HIGH"}).status_code == 403
    assert "coming to your team" not in sentence(browse(ada).get("/tasks/"))


def test_only_whoever_may_change_a_task_sees_its_buttons(task, ed, browse):
    assert "/priority/" not in browse(ed).get("/tasks/").content.decode()
    services.claim_task(task, actor=ed)
    assert page(browse(ed).get("/tasks/")).has("form", action=f"/tasks/{task.pk}/priority/")
