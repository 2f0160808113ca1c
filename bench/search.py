"""What a search costs PostgreSQL at 200,000 tasks of one organization.

    DATABASE_URL=postgres://… python bench/search.py [--tasks 200000]

Fills an empty database (the first run), then prints for each query the time that the database took, the best of 15:
for the first page of a search, for its number, and for the board's column and the list filtered by the same words.
"""

import argparse
import os
import random
import re
import time
from collections.abc import Iterable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskmanager.settings.dev")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from taskmanager.tasks import search, services  # noqa: E402
from taskmanager.tasks.models import Project, Task  # noqa: E402
from taskmanager.tasks.views.tasks import LIST_LIMIT  # noqa: E402

SLUG = "search-bench"
QUERIES = {
    "every task has it": "task",
    "every tenth": "word9",
    "every hundredth": "word99",
    "in 2,000, all of them old": "bygone",
    "in 20,000 comments": "staging",
    "a word of a title and one of a comment": "task staging",
    "in 40": "seldom",
    "in none": "nowhere",
    "first letter of most words": "w",
    "a common and a rare one": "task seldom",
    "a phrase of common words": '"task number"',
    "a common word, and a rare one not": "task -seldom",
    "a rare one, and a common one not": "seldom -task",
    "a reference inside a text": "see BENCH-77",
    "a common word in open tasks": "task is:open",
    "mine and overdue": "owner:me is:overdue",
}


def fill(count: int) -> None:
    """Make the organization, and beside it one of a tenth of its size with the same words."""
    for name, number in (("Search bench", count), ("Other bench", count // 10)):
        user = services.register_organization(name=name, username="ada", email="ada@example.org", password="x")
        project = Project.objects.of(user.organization).get()
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO tasks_task (organization_id, project_id, number, title, description, status, priority,
                    creator_id, owner_id, due_date, position, created_at, updated_at, completed_at, version)
                SELECT %(organization)s, %(project)s, n, 'Task number ' || n || ' about word' || n %% 10,
                    'This task has word' || (n %% 100) || ' and '
                    || CASE WHEN n < 2000 THEN 'bygone ' ELSE '' END
                    || CASE WHEN n %% 5000 = 7 THEN 'seldom ' ELSE '' END
                    || CASE WHEN n %% 10000 = 0 THEN 'see BENCH-77, ' ELSE '' END || (
                        SELECT string_agg('word' || floor(power(random(), 3) * 20000)::int, ' ')
                        FROM generate_series(1, 40 + n * 0)),
                    CASE WHEN n %% 4 = 0 THEN 'UNASSIGNED' WHEN n %% 4 = 1 THEN 'IN_PROGRESS' ELSE 'DONE' END, 'MEDIUM',
                    %(user)s, CASE WHEN n %% 4 > 0 THEN %(user)s END, CASE WHEN n %% 9 = 0 THEN CURRENT_DATE END,
                    lpad((%(count)s - n)::text, 12, '4'), now(), now(), CASE WHEN n %% 4 > 1 THEN now() END, 1
                FROM generate_series(1, %(count)s) AS n
                """,
                {"organization": user.organization_id, "project": project.pk, "user": user.pk, "count": number},
            )
            # A comment on every tenth task; each has the word "staging", which is nowhere else.
            cursor.execute(
                """
                INSERT INTO tasks_comment (organization_id, task_id, author_id, text, created_at, version)
                SELECT organization_id, id, creator_id, 'Seen on staging, like word' || number %% 100, now(), 1
                FROM tasks_task WHERE project_id = %s AND number %% 10 = 3
                """,
                [project.pk],
            )
        print(f"{number:,} tasks of {name} made in {time.perf_counter() - started:.1f} s")
        Project.objects.filter(pk=project.pk).update(last_number=number)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tasks_task")


def cost(tasks, runs: int = 15) -> tuple[float, str]:
    """Return the milliseconds that the database takes for the query, the best of 15, and its plan."""
    sql, params = tasks.query.sql_with_params()
    plans = []
    for _ in range(runs):
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {sql}", params)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    def milliseconds(plan: str) -> float:
        return sum(float(found) for found in re.findall(r"(?:Planning|Execution) Time: ([0-9.]+)", plan))

    best = min(plans, key=milliseconds)
    return milliseconds(best), best


def together(costs: Iterable[tuple[float, str]]) -> tuple[float, str]:
    """Return what several queries cost, one after the other, and their plans."""
    milliseconds, plans = zip(*costs, strict=True)
    return sum(milliseconds), "\n\n".join(plans)


def main() -> None:
    """Fill the database where it is empty, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=200_000)
    parser.add_argument("--plans", action="store_true", help="print the plans, too")
    given = parser.parse_args()
    random.seed(1)
    call_command("migrate", verbosity=0)
    if not Project.objects.filter(organization__slug=SLUG).exists():
        fill(given.tasks)
    project = Project.objects.select_related("organization").get(organization__slug=SLUG)
    actor = project.organization.users.get()
    tasks = Task.objects.of(project.organization)
    print(f"{'':36}{'page':>8}{'number':>8}{'column':>8}{'list':>8}{'its number':>12}  (ms)")
    for label, text in QUERIES.items():
        query = search.read(text, actor=actor, projects=[project])
        found = search.matching(tasks, query)
        column = search.matching(Task.objects.column(project, "UNASSIGNED"), query)
        listed = found.exclude(status="ARCHIVED").order_by("-pk")
        if listed.capped_count(limit=LIST_LIMIT) <= LIST_LIMIT:
            listed = listed.found_first(LIST_LIMIT)
        count = search.count(tasks, query)
        # What is counted: the newest tasks, where the query is of words alone, and all where those don't have enough.
        number = [search.among_newest(tasks, query).values("fits")] if query.is_words else []
        if not number or count <= search.RANKED:
            number.append(found.order_by().values("pk")[: search.RANKED + 1])
        measured = [
            cost(search.ranked(tasks, query, count=count).for_results(search.DESCRIPTION_READ)[:50]),
            together(cost(each) for each in number),
            cost(column.for_cards()[:51]),
            cost(listed.for_cards()[:50]),
            cost(found.exclude(status="ARCHIVED").order_by().values("pk")[: LIST_LIMIT + 1]),
        ]
        row = [f"{milliseconds:.1f}" for milliseconds, _plan in measured]
        print(f"{label:36}{row[0]:>8}{row[1]:>8}{row[2]:>8}{row[3]:>8}{row[4]:>12}")
        if given.plans:
            print("\n\n".join(plan for _milliseconds, plan in measured))


if __name__ == "__main__":
    main()
