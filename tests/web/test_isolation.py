"""Nothing of another organization is seen, chosen, linked or filtered by."""

import pytest

from taskmanager.accounts.models import Organization, User
from taskmanager.tasks import services
from taskmanager.tasks.models import Project, Task
from tests.web.pages import HTMX, JSON, page

# Every name and title of Globex holds this; nobody of Acme may ever read it.
SECRET = "Zanzibar"
FORM = {"title": "Try the restore", "description": "", "status": "IN_PROGRESS", "priority": "LOW", "due_date": ""}


@pytest.fixture
def globex(oscar: User) -> Organization:
    """Give Globex two projects, one with a key that Acme uses too, and tasks everywhere."""
    organization = oscar.organization
    Organization.objects.filter(pk=organization.pk).update(name=f"{SECRET} Inc.")
    User.objects.filter(pk=oscar.pk).update(first_name=SECRET)
    Project.objects.of(organization).update(name=f"{SECRET} One")
    services.create_project(organization, name=f"{SECRET} Two", key="ACME")
    for project in Project.objects.of(organization):
        for status in Task.Status.values:
            task = services.create_task(
                project, actor=oscar, title=f"{SECRET} {status}", description=SECRET, status=status
            )
            services.edit_task(task, actor=oscar, version=1, title=f"{task.title} again")
    organization.refresh_from_db()
    return organization


@pytest.mark.parametrize(
    "url",
    [
        "/",
        "/?project=ACME",
        "/?project=ACME&column=DONE&after=0",
        "/tasks/",
        "/tasks/?status=ARCHIVED",
        "/tasks/?q=Zanz",
        "/tasks/?q=ACME-2",
        "/tasks/?q=GLOB-1",
        "/tasks/?project=GLOB",
        "/tasks/?project=ACME",
        "/tasks/?owner=oscar",
        "/tasks/?owner=none&status=DONE",
        "/tasks/?sort=owner",
        "/tasks/new/",
        "/tasks/new/?project=GLOB",
        "/tasks/{}/",
        "/tasks/{}/edit/",
        "/tasks/{}/delete/",
        "/help/",
        "/about/",
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_no_page_shows_anything_of_another_organization(url, headers, task, ada, globex, browse):
    response = browse(ada).get(url.format(task.pk), headers=headers)
    assert response.status_code == 200
    shown = response.content.decode()
    # What was asked for may stand in the search box.
    assert SECRET not in shown.replace('value="Zanz"', "")
    foreign = Task.objects.of(globex).values_list("pk", flat=True)
    assert not [pk for pk in foreign if f"/tasks/{pk}/" in shown]


def test_the_other_organization_does_see_it(task, oscar, globex, browse):
    for url in ("/", "/tasks/", "/tasks/new/"):
        assert SECRET in browse(oscar).get(url).content.decode()


@pytest.mark.parametrize("url", ["/?project=GLOB", "/t/glob-1/", "/t/ACME-2/"])
def test_another_organizations_board_and_references_are_not_there(url, task, ada, globex, browse):
    response = browse(ada).get(url)
    assert response.status_code == 404
    assert SECRET not in response.content.decode()


def test_a_reference_that_two_organizations_have_is_each_ones_own(task, ada, oscar, globex, browse):
    theirs = Task.objects.of(globex).get(project__key="ACME", number=1)
    assert browse(ada).get("/t/ACME-1/")["Location"] == f"/tasks/{task.pk}/"
    assert browse(oscar).get("/t/ACME-1/")["Location"] == f"/tasks/{theirs.pk}/"


def test_a_mention_or_reference_of_another_organization_is_plain_text(task, ada, globex, browse):
    services.edit_task(task, actor=ada, version=1, description="@oscar saw GLOB-1, @ada and ACME-1")
    shown = page(browse(ada).get(f"/tasks/{task.pk}/"))
    links = shown.addresses()
    assert "/t/ACME-1/" in links
    assert shown.has("a", href="/accounts/people/ada/", rel="noopener noreferrer nofollow")
    assert not [link for link in links if "oscar" in link or "GLOB" in link]


@pytest.mark.parametrize(("name", "value"), [("project", "GLOB"), ("owner", "oscar")])
def test_a_filter_by_a_foreign_name_is_refused_like_one_by_an_unknown_name(name, value, task, ada, globex, browse):
    foreign = page(browse(ada).get(f"/tasks/?{name}={value}"))
    unknown = page(browse(ada).get(f"/tasks/?{name}=NOBODY"))
    assert foreign.errors == unknown.errors
    assert list(foreign.errors) == [name]


def test_the_choices_of_the_forms_are_the_organizations_own(task, ada, ed, acme, globex, browse):
    services.create_project(acme, name="Web", key="WEB")
    create = page(browse(ada).get("/tasks/new/")).options
    assert create["owner"] == ["", str(ada.pk), str(ed.pk)]
    assert create["project"] == [str(project.pk) for project in Project.objects.of(acme).oldest_first()]
    assert page(browse(ada).get(f"/tasks/{task.pk}/edit/")).options["owner"] == ["", str(ada.pk), str(ed.pk)]
    filters = page(browse(ada).get("/tasks/")).options
    assert filters["owner"] == ["", "me", "none", "ada", "ed"]
    assert filters["project"] == ["", "ACME", "WEB"]


@pytest.mark.parametrize("url", ["/tasks/new/", "/tasks/{}/edit/"])
def test_a_foreign_owner_is_refused_beside_the_field(url, task, ada, oscar, browser, rows):
    before = rows()
    response = browser(ada).post(url.format(task.pk), {**FORM, "owner": str(oscar.pk)})
    assert response.status_code == 200
    assert page(response).errors == {"owner": ["Choose a member of your organization, or nobody."]}
    assert page(response).values["title"] == "Try the restore"
    assert rows() == before


def test_a_foreign_project_is_refused_beside_the_field(acme, ada, globex, browser, rows):
    services.create_project(acme, name="Web", key="WEB")
    before = rows()
    foreign = Project.objects.of(globex).oldest_first()[0]
    response = browser(ada).post("/tasks/new/", {**FORM, "project": str(foreign.pk)})
    assert response.status_code == 200
    assert page(response).errors == {"project": ["Choose one of your organization's projects."]}
    assert rows() == before


@pytest.mark.parametrize("headers", [{}, HTMX, JSON], ids=["page", "htmx", "json"])
def test_a_foreign_task_above_is_not_there(headers, task, ada, globex, browser, rows):
    before = rows()
    for above in Task.objects.of(globex):
        data = {"status": above.status, "after": str(above.pk)}
        response = browser(ada).post(f"/tasks/{task.pk}/move/", data, headers=headers)
        assert response.status_code == 404
        assert SECRET not in response.content.decode()
    assert rows() == before


def test_a_move_below_a_task_of_another_project_is_refused(acme, task, ada, browser, rows):
    web = services.create_project(acme, name="Web", key="WEB")
    above = services.create_task(web, actor=ada, title="Elsewhere")
    before = rows()
    response = browser(ada).post(f"/tasks/{task.pk}/move/", {"status": "UNASSIGNED", "after": str(above.pk)})
    assert response.status_code == 404
    assert rows() == before
