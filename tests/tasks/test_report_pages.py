"""The page of reports: what it shows to whom, its files, and what it costs."""

import csv
import datetime
import io
import re

import pytest
from django.conf import settings
from django.utils import timezone

from taskmanager.tasks import services
from tests.web.pages import Page

DAY = datetime.timedelta(days=1)
QUERIES = [
    "session",
    "user with organization and permissions",
    "projects",
    "tasks by owner and status",
    "members",
    "newest line of history",
    "times to completion",
    "completions by week",
    "latest sprints",
    "their memberships",
    "their tasks' changes of status",
]
FIGURES = ["members", "completion", "throughput", "sprints"]


def html(response) -> str:
    return response.content.decode()


def rows(response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(response.content.decode())))


@pytest.fixture
def sprint(board, ada):
    today = timezone.localdate()
    return services.create_sprint(board, actor=ada, name="Sprint 1", start_date=today - DAY, end_date=today + 8 * DAY)


@pytest.fixture
def work(board, ada, ed, sprint):
    """Make some tasks of each kind, each time it is called."""

    def make() -> None:
        for status in ("UNASSIGNED", "IN_PROGRESS", "DONE"):
            task = services.create_task(board, actor=ada, title="x", owner=None)
            services.plan_task(task, sprint=sprint, actor=ada)
            if status != "UNASSIGNED":
                services.move_task(task, actor=ed, status="IN_PROGRESS")
            if status == "DONE":
                services.move_task(task, actor=ed, status="DONE")
        services.archive_task(task, actor=ada)

    return make


def test_everything_is_shown_with_its_table_and_its_file(work, sprint, board, ada, browse):
    work()
    task = services.create_task(board, actor=ada, title="x")
    services.move_task(task, actor=ada, status="DONE")
    shown = html(browse(ada).get("/reports/"))
    for title in ("Throughput", "Time to completion", "Tasks per member", "Burndown", "Sprints"):
        assert f">{title}<" in shown, title
    assert shown.count('role="img"') == 5
    for figure in FIGURES:
        assert f'href="/reports/{figure}.csv?project=ACME&amp;from=' in shown, figure
    assert f'href="/sprints/{sprint.pk}/burndown.csv"' in shown
    assert f'href="/sprints/{sprint.pk}/"' in shown
    assert 'href="/reports/" aria-current="page"' in shown
    assert "style=" not in shown
    assert "<script>" not in shown
    Page(shown)  # each element is closed


def test_what_is_said_about_the_average_says_of_what(work, ada, ed, browse):
    work()
    work()
    text = " ".join(Page(html(browse(ada).get("/reports/"))).text.split())
    assert "2 tasks of this project, open or completed and not archived, have a member as owner." in text
    assert "Divided by 2 members of the organization that is 1.0 on average, of which 1.0 is open." in text


def test_an_empty_organization_learns_what_will_be_here(oscar, browse):
    shown = html(browse(oscar).get("/reports/"))
    assert shown.count("No task was completed in these days.") == 2
    assert "No sprint has begun yet." in shown
    assert "Burndown" not in shown
    assert "0 tasks of this project" in shown
    for figure in FIGURES:
        assert browse(oscar).get(f"/reports/{figure}.csv").status_code == 200


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("from=yesterday", "from", "Give a date as year-month-day"),
        ("from=2026-02-30", "from", "Give a date as year-month-day"),
        ("to=11/22/2026", "to", "Give a date as year-month-day"),
        ("from=2026-02-02&to=2026-02-01", "to", "The last day can't be before the first one."),
        ("from=2024-01-01&to=2026-01-01", "from", "Choose at most two years."),
        ("from=0001-01-01", "from", "Choose a day in the years 1970 to 9998."),
        ("to=9999-12-31", "to", "Choose a day in the years 1970 to 9998."),
        ("from=9998-01-01", "to", "The last day can't be before the first one."),
        ("from=%00", "from", "Give a date as year-month-day"),
    ],
)
def test_days_that_are_none_are_explained_at_the_field_and_the_rest_stays(query, field, sentence, work, ada, browse):
    work()
    response = browse(ada).get(f"/reports/?{query}")
    assert response.status_code == 200
    shown = html(response)
    assert re.search(rf'id="id_{field}_error".*?{re.escape(sentence)}'.replace("'", "(?:'|&#x27;)"), shown, re.DOTALL)
    assert "Tasks per member" in shown
    assert 'role="img"' in shown
    response = browse(ada).get(f"/reports/throughput.csv?{query}")
    assert (response.status_code, sentence in html(response).replace("&#x27;", "'")) == (400, True)


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("", 89, 0),
        ("from={10}", 10, 0),
        ("to={10}", 99, 10),
        ("from={20}&to={10}", 20, 10),
        ("from=&to=", 89, 0),
        ("from={730}", 730, 0),
    ],
)
def test_the_days_are_the_last_ninety_unless_others_are_asked_for(query, first, last, ada, browse):
    today = timezone.localdate()
    query = re.sub(r"{(\d+)}", lambda match: str(today - int(match[1]) * DAY), query)
    values = Page(html(browse(ada).get(f"/reports/?{query}"))).values
    assert (values["from"], values["to"]) == (str(today - first * DAY), str(today - last * DAY))


def test_a_project_is_chosen_like_on_the_board(board, ada, oscar, browse):
    web = services.create_project(board.organization, name="Website", key="WEB")
    services.create_project(oscar.organization, name="Theirs", key="THEIRS")
    for _each in range(3):
        services.create_task(web, actor=ada, title="x", owner=ada)
    client = browse(ada)
    assert "0 tasks of this project" in html(client.get("/reports/"))
    shown = html(client.get("/reports/?project=web"))
    assert "3 tasks of this project" in shown
    assert Page(shown).values["project"] == "WEB"
    assert 'href="/reports/?project=ACME"' in shown
    assert rows(client.get("/reports/members.csv?project=WEB")) == [
        ["owner", "open", "completed", "total"],
        ["ada", "3", "0", "3"],
    ]
    for address in ("/reports/", "/reports/members.csv"):
        assert client.get(f"{address}?project=THEIRS").status_code == 404
        assert browse(oscar).get(f"{address}?project=WEB").status_code == 404
    assert client.get("/reports/salaries.csv").status_code == 404


def test_a_strangers_sprint_is_not_there(work, sprint, ada, oscar, browse):
    work()
    for address in (f"/sprints/{sprint.pk}/burndown/", f"/sprints/{sprint.pk}/burndown.csv"):
        assert browse(ada).get(address).status_code == 200
        assert browse(oscar).get(address).status_code == 404
        assert browse(ada).post(address).status_code == 405
    assert "Sprint 1" not in html(browse(oscar).get("/reports/"))


def test_files_hold_the_numbers_of_the_page(work, sprint, ada, ed, browse):
    work()
    client = browse(ada)
    response = client.get("/reports/members.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="ACME-members.csv"'
    assert rows(response)[1:] == [["Ed Moreno", "1", "0", "1"], ["ada", "0", "0", "0"], ["Nobody", "1", "0", "1"]]
    completion = rows(client.get("/reports/completion.csv"))
    assert [row[:2] for row in completion[:3]] == [["priority", "completed"], ["All tasks", "1"], ["Urgent", "0"]]
    assert 0 < float(completion[1][2]) == float(completion[1][3]) < 60
    weeks = rows(client.get("/reports/throughput.csv"))
    assert [int(row[2]) for row in weeks[1:]] == [0] * (len(weeks) - 2) + [1]
    [_head, told] = rows(client.get("/reports/sprints.csv"))
    assert told == [sprint.name, str(sprint.start_date), str(sprint.end_date), "0", "3", "0", "1", "2", "33"]
    burndown = rows(client.get(f"/sprints/{sprint.pk}/burndown.csv"))
    assert burndown[:4] == [
        ["day", "remaining", "completed", "ideal"],
        [str(sprint.start_date), "0", "0", "0.0"],
        [str(sprint.start_date + DAY), "2", "1", "0.0"],
        [str(sprint.start_date + 2 * DAY), "", "", "0.0"],
    ]


def test_a_name_is_no_formula(board, sprint, ada, ed, browse):
    ed.first_name, ed.last_name = '=HYPERLINK("http://evil.example")', ""
    ed.save()
    services.edit_sprint(sprint, actor=ada, version=1, name="@SUM(A1)")
    client = browse(ada)
    assert '\'=HYPERLINK("http://evil.example")' in [row[0] for row in rows(client.get("/reports/members.csv"))]
    assert rows(client.get("/reports/sprints.csv"))[1][0] == "'@SUM(A1)"


def test_names_are_escaped_in_figures(work, sprint, ada, ed, browse):
    work()
    ed.first_name, ed.last_name = "<script>alert(1)</script>", ""
    ed.save()
    services.edit_sprint(sprint, actor=ada, version=1, name="</title><b>x")
    for address in ("/reports/", f"/sprints/{sprint.pk}/burndown/"):
        shown = html(browse(ada).get(address))
        assert "<script>alert" not in shown
        assert "<b>x" not in shown


def test_the_page_of_a_sprint_shows_its_burndown(work, sprint, board, ada, browse):
    client = browse(ada)
    address = f"/sprints/{sprint.pk}/"
    assert "Burndown" not in html(client.get(address))
    assert "nothing to burn down" in html(client.get(f"{address}burndown/"))
    work()
    assert f'href="{address}burndown/"' in html(client.get(address))
    assert 'role="img"' in html(client.get(address))
    today = timezone.localdate()
    services.edit_sprint(sprint, actor=ada, version=1, start_date=today + DAY)
    assert "It hasn’t begun." in html(client.get(f"{address}burndown/"))
    assert rows(client.get(f"{address}burndown.csv")) == [["day", "remaining", "completed", "ideal"]]


def test_the_page_costs_the_same_for_any_number_of_rows(work, board, ada, member, browse, django_assert_num_queries):
    client = browse(ada)
    count = len(QUERIES) - bool(settings.REDIS_URL)
    today = timezone.localdate()
    for number in range(2):
        work()
        member(f"bo{number}")
        services.create_sprint(
            board, actor=ada, name=f"Old {number}", start_date=today - 30 * DAY, end_date=today - 20 * DAY
        )
        with django_assert_num_queries(count):
            assert client.get("/reports/").status_code == 200


def test_figures_of_the_period_are_kept_until_something_happens(
    work, task, ada, oscar, browse, django_assert_num_queries
):
    work()
    clients = {user: browse(user) for user in (ada, oscar)}
    assert "No task was completed" in html(clients[oscar].get("/reports/"))
    before = rows(clients[ada].get("/reports/throughput.csv"))[-1][-1]
    first = clients[ada].get("/reports/").context["weeks_total"]
    with django_assert_num_queries(len(QUERIES) - 2 - bool(settings.REDIS_URL)):
        assert clients[ada].get("/reports/").context["weeks_total"] == first
    services.move_task(task, actor=ada, status="DONE")
    assert rows(clients[ada].get("/reports/throughput.csv"))[-1][-1] == str(int(before) + 1)
    assert clients[ada].get("/reports/").context["weeks_total"] == first + 1
    assert "No task was completed" in html(clients[oscar].get("/reports/"))
