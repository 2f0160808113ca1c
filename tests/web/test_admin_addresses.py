"""Every address of Django's admin, tried by everybody. The registry names them, so that a new model is tried too."""

import copy
import datetime
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from taskmanager.accounts import services as accounts
from taskmanager.accounts.models import (
    AuditKind,
    ExternalIdentity,
    FormSubmission,
    IdempotentCall,
    Role,
    Scope,
    SingleSignOn,
    Throttle,
    User,
)
from taskmanager.settings.environment import TAKEN_ADDRESSES
from taskmanager.tasks import services
from taskmanager.tasks.models import Notice, Project
from tests.conftest import PASSWORD, lasting
from tests.devices import app_of, passkey_of
from tests.web.pages import sentence

pytestmark = pytest.mark.once

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
IDS = [model._meta.label for model in MODELS]
# Of no organization: only superusers know of them.
GLOBAL = {
    "auth.Group",
    "accounts.Throttle",
    "accounts.Session",
    "django_tasks_database.DBTaskResult",
    "accounts.Flag",
    "waffle.Switch",
    "waffle.Sample",
}
NEVER = (404, 302)


def url(model, page: str, *arguments) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=arguments)


@pytest.fixture(scope="module")
def lasting_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[SimpleNamespace]:
    yield from lasting(django_db_blocker, make_world)


def make_world() -> SimpleNamespace:
    ada, oscar = (
        services.register_organization(name=name, username=user, email=f"{user}@{name}.example", password=PASSWORD)
        for name, user in (("Acme", "ada"), ("Globex", "oscar"))
    )
    write_secrets(oscar)
    return SimpleNamespace(ada=ada, oscar=oscar)


def write_secrets(oscar: User) -> None:
    """Make a row of each model that isn't Acme's."""
    project = oscar.organization.projects.get()
    task = services.create_task(project, actor=oscar, title="Globex secret")
    services.create_comment(task, actor=oscar, text="Globex secret")
    services.watch_task(task, actor=oscar)
    [watcher] = task.watchers.all()
    Notice.objects.create(organization=oscar.organization, watcher=watcher, activity=task.activities.latest("pk"))
    services.create_epic(project, actor=oscar, name="Globex secret")
    today = timezone.localdate()
    sprint = services.create_sprint(
        project, actor=oscar, name="Globex secret", start_date=today, end_date=today + datetime.timedelta(days=9)
    )
    services.plan_task(task, sprint=sprint, actor=oscar)
    services.add_attachments(task, files=[SimpleUploadedFile("Globex secret.txt", b"x")], actor=oscar)
    FormSubmission.objects.create(
        organization=oscar.organization, user=oscar, form="/Globex-secret/", uuid="6a0f6b62-5f0b-4ab5-9a4c-0a8f6f3d1c11"
    )
    accounts.invite(oscar.organization, actor=oscar, emails=["secret@globex.example"])
    accounts.record_event(oscar.organization, AuditKind.SIGNED_IN, actor=oscar, note="Globex secret")
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    accounts.create_token(oscar, name="Globex secret", scope=Scope.READ, expires_at=tomorrow)
    accounts.issue_pair(oscar)
    IdempotentCall.objects.create(
        organization=oscar.organization, user=oscar, key="Globex secret", fingerprint="x", answer="Globex secret"
    )
    app_of(oscar)
    passkey_of(oscar, name="Globex secret")
    globex = {"organization": oscar.organization, "issuer": "https://id.globex.example"}
    SingleSignOn.objects.create(**globex, client_id="Globex secret", client_secret="x")
    ExternalIdentity.objects.create(**globex, user=oscar, subject="Globex secret")
    Throttle.objects.create(key="Globex-secret", ends_at=timezone.now())


@pytest.fixture
def world(lasting_world: SimpleNamespace, db: None) -> SimpleNamespace:
    """Acme, which is Ada's, and a row of each model that is Globex's."""
    return copy.deepcopy(lasting_world)


@pytest.fixture
def ada(world: SimpleNamespace) -> User:
    return world.ada


@pytest.fixture
def root(acme) -> User:
    return User.objects.create_superuser(
        organization=acme, username="root", email="root@acme.example", password=PASSWORD
    )


@pytest.fixture
def staff(member) -> User:
    """A member of Acme who is staff with every permission there is, and no superuser."""
    user = member("stan", Role.ADMIN)
    user.is_staff = True
    user.save()
    user.user_permissions.set(Permission.objects.all())
    return User.objects.get(pk=user.pk)


@pytest.fixture
def foreign(world: SimpleNamespace) -> Callable[[Any], Any]:
    """A row of each model that isn't Acme's, by the model."""
    oscar = world.oscar

    def find(model):
        label = model._meta.label
        if label == "accounts.Organization":
            return oscar.organization
        if label == "accounts.User":
            return oscar
        rows = model._default_manager.all()
        return (rows if label in GLOBAL else rows.filter(organization=oscar.organization)).first()

    return find


def pages(model, row) -> list[str]:
    own = [url(model, "changelist")]
    if row is None:
        return own
    return [*own, *(url(model, page, row.pk) for page in ("change", "history", "delete"))]


def test_the_admin_can_be_at_no_address_of_the_product(settings):
    def addresses(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
        for entry in resolver.url_patterns:
            address = f"{prefix}{entry.pattern}"
            yield from addresses(entry, address) if isinstance(entry, URLResolver) else [address]

    beginnings = {address.partition("/")[0] for address in addresses(get_resolver())} - {""}
    assert "backlog" in beginnings
    assert beginnings - {settings.ADMIN_URL.partition("/")[0]} <= TAKEN_ADDRESSES


def test_the_admin_begins_where_the_variable_says(settings):
    assert reverse("admin:index") == f"/{settings.ADMIN_URL}"


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_strangers_are_asked_to_sign_in_on_our_own_page(model, foreign, browse, rows):
    before = rows()
    for address in pages(model, foreign(model)):
        response = browse().get(address)
        assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next={address}")
        assert browse().post(address, {"post": "yes"}).status_code == 302
    assert rows() == before


def test_the_admins_own_sign_in_leads_to_ours(ada, browse):
    response = browse().get("/admin/login/?next=/admin/tasks/task/")
    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=/admin/tasks/task/")


@pytest.mark.parametrize("model", MODELS, ids=IDS)
@pytest.mark.parametrize("role", ["Admin", "Editor", "Creator", ""])
def test_members_who_are_no_staff_are_refused(model, role, foreign, member, browse, rows):
    client = browse(member("bo", *([Role(role)] if role else [])))
    before = rows()
    for address in ["/admin/", "/admin/login/", "/admin/jsi18n/", *pages(model, foreign(model))]:
        response = client.get(address, follow=True)
        assert response.status_code == 403
        assert "Help" in sentence(response)
    assert rows() == before


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_staff_without_permissions_are_refused(model, foreign, member, browse):
    bo = member("bo")
    User.objects.filter(pk=bo.pk).update(is_staff=True)
    client = browse(bo)
    assert client.get("/admin/").status_code == 200
    for page in pages(model, None):
        assert client.get(page).status_code == 403


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_staff_see_nothing_of_another_organization_whatever_they_may(model, foreign, staff, browse, rows):
    client = browse(staff)
    row = foreign(model)
    before = rows()
    if model._meta.label in GLOBAL:
        assert client.get(url(model, "changelist")).status_code == 403
        assert client.get(url(model, "add")).status_code == 403
    else:
        for query in ("", "?q=lobex", "?q=secret", "?q=scar", "?e=1", "?organization__id__exact=1"):
            response = client.get(url(model, "changelist") + query)
            text = response.content.decode()
            assert response.status_code in {200, 302, 400}
            assert "Globex" not in text
            assert "oscar@" not in text
    for page in ("change", "history", "delete") if row else ():
        for method in ("get", "post"):
            response = getattr(client, method)(url(model, page, row.pk), {"post": "yes"})
            assert response.status_code in {302, 403, 404}
            assert "secret" not in response.content.decode()
    assert rows() == before


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_a_superuser_sees_every_organization(model, foreign, root, browse):
    client = browse(root)
    row = foreign(model)
    for page in pages(model, row)[:3]:
        assert client.get(page).status_code == 200
    if getattr(admin.site._registry[model], "search_fields", ()):
        assert client.get(url(model, "changelist") + "?q=x").status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=IDS)
def test_staff_open_what_is_their_own(model, task, ada, staff, browse):
    comment = services.create_comment(task, actor=ada, text="x")
    if model._meta.label in GLOBAL:
        return
    row = {"Organization": task.organization, "User": ada, "Comment": comment}.get(model.__name__)
    row = row or model._default_manager.filter(organization=task.organization).first()
    for page in pages(model, row)[:3]:
        assert browse(staff).get(page).status_code == 200
    assert browse(staff).get(url(model, "add")).status_code in {200, 403}


@pytest.mark.parametrize("field", ["owner", "project"])
def test_autocompletion_offers_what_is_their_own(field, foreign, staff, board, browse):
    query = {"app_label": "tasks", "model_name": "task", "field_name": field, "term": ""}
    found = browse(staff).get("/admin/autocomplete/", query).json()["results"]
    assert found
    assert not {"oscar", "Globex"} & {each["text"] for each in found}


def test_a_list_takes_the_same_queries_for_3_and_30_rows(root, board, member, browse):
    client = browse(root)
    counts: list[dict[str, int]] = []
    for first, last in ((0, 3), (3, 30)):
        for index in range(first, last):
            write_rows(board, member(f"bo{index}", Role.ADMIN), index)
        counts.append({label: queries_of_list(client, model) for label, model in zip(IDS, MODELS, strict=True)})
    assert counts[0] == counts[1]


def write_rows(board: Project, bo: User, index: int) -> None:
    """Make a row more of what each person has."""
    task = services.create_task(board, actor=bo, title="x", owner=bo)
    services.create_comment(task, actor=bo, text="x")
    services.create_project(board.organization, name="x", key=f"P{index}")
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    accounts.create_token(bo, name="x", scope=Scope.READ, expires_at=tomorrow)
    accounts.issue_pair(bo)
    accounts.invite(board.organization, actor=bo, emails=[f"in{index}@acme.example"])
    app_of(bo)
    passkey_of(bo)
    ExternalIdentity.objects.create(
        organization=bo.organization, user=bo, issuer="https://id.acme.example", subject=bo.username
    )
    FormSubmission.objects.create(
        organization=bo.organization, user=bo, form="/", uuid="6a0f6b62-5f0b-4ab5-9a4c-0a8f6f3d1c11"
    )


def queries_of_list(client: Client, model: type[Model]) -> int:
    cache.clear()
    client.get("/admin/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url(model, "changelist")).status_code == 200
    return len(queries)
