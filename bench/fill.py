"""Fills the database of DATABASE_URL with an organization of so many tasks, and prints what a caller needs as JSON.

DATABASE_URL=postgres://… DJANGO_SETTINGS_MODULE=bench.settings python -m bench.fill --tasks 200000
"""

import argparse
import datetime
import json

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from taskmanager.accounts import services as accounts  # noqa: E402
from taskmanager.accounts.models import Role, Scope  # noqa: E402
from taskmanager.tasks import services  # noqa: E402
from taskmanager.tasks.models import Project, Task  # noqa: E402

PEOPLE, EPICS, SPRINTS, PLANNED = 12, 20, 10, 40
# The same mix at every size: half is done, a tenth archived, a fifth free; a word of every tenth task, and a rare one.
TASKS = """
INSERT INTO tasks_task (organization_id, project_id, number, title, description, status, priority, creator_id, owner_id,
    epic_id, due_date, position, created_at, updated_at, completed_at, archived_at, version)
SELECT %(organization)s, %(project)s, n, 'Task ' || n || ' about word' || n %% 10,
    'What is to be done here, why it matters, and how to see that it is done: word' || n %% 1000 || '. '
        || repeat('Some more words of a description, as people write them. ', 4)
        || CASE WHEN n <= 40 THEN 'seldom' ELSE '' END,
    status, (ARRAY['LOW', 'MEDIUM', 'MEDIUM', 'HIGH', 'URGENT'])[1 + n %% 5],
    (%(people)s::bigint[])[1 + n %% 12], CASE WHEN status <> 'UNASSIGNED' THEN (%(people)s::bigint[])[1 + n %% 7] END,
    CASE WHEN n %% 3 = 0 THEN (%(epics)s::bigint[])[1 + n %% 20] END,
    CASE WHEN n %% 4 = 0 THEN CURRENT_DATE + n %% 30 END,
    lpad((%(count)s - n)::text, 12, '4'), at, at, CASE WHEN status = 'DONE' THEN at END,
    CASE WHEN status = 'ARCHIVED' THEN at END, 1
FROM (SELECT n, now() - (%(count)s - n) * interval '600 days' / %(count)s AS at,
          (ARRAY['UNASSIGNED', 'UNASSIGNED', 'IN_PROGRESS', 'IN_PROGRESS', 'DONE', 'DONE', 'DONE', 'DONE', 'DONE',
                 'ARCHIVED'])[1 + n %% 10] AS status
      FROM generate_series(1, %(count)s) AS n) AS tasks;
INSERT INTO tasks_watcher (organization_id, task_id, email, created_at)
SELECT organization_id, id, 'watcher@example.org', created_at FROM tasks_task WHERE number %% 5 = 4;
INSERT INTO tasks_sprintmembership (organization_id, sprint_id, task_id, planned_at)
SELECT organization_id, (%(sprints)s::bigint[])[1 + number %% 10], id, created_at
FROM tasks_task WHERE number > %(count)s - %(planned)s;
INSERT INTO tasks_activity (organization_id, task_id, reference, actor_id, verb, changes, version, created_at)
SELECT organization_id, id, 'BENCH-' || number, creator_id, 'created', '{}', 1, created_at FROM tasks_task ORDER BY id;
UPDATE tasks_project SET last_number = %(count)s WHERE id = %(project)s;
"""


def fill(count: int) -> dict[str, object]:
    """Make the organization; return its id, a token, a session, and the ids of free tasks."""
    ada = services.register_organization(name="Bench", username="ada", email="ada@example.org", password="x")
    project = Project.objects.of(ada.organization).get()
    today = timezone.localdate()
    names = [f"member{number}" for number in range(1, PEOPLE)]
    people = [ada] + [
        accounts.add_member(
            ada.organization, username=name, email=f"{name}@example.org", password="x", roles=[Role.EDITOR]
        )
        for name in names
    ]
    epics = [services.create_epic(project, actor=ada, name=f"Epic {n}", description="") for n in range(EPICS)]
    sprints = [
        services.create_sprint(
            project,
            actor=ada,
            name=f"Sprint {n}",
            description="",
            start_date=today + datetime.timedelta(days=14 * (n - SPRINTS + 1) - 3),
            end_date=today + datetime.timedelta(days=14 * (n - SPRINTS + 1) + 10),
            epic=None,
        )
        for n in range(SPRINTS)
    ]
    values = {
        "organization": ada.organization_id,
        "project": project.pk,
        "people": [each.pk for each in people],
        "epics": [each.pk for each in epics],
        "sprints": [each.pk for each in sprints],
        "count": count,
        "planned": PLANNED,
    }
    with connection.cursor() as cursor:
        cursor.execute(TASKS, values)
        cursor.execute("VACUUM ANALYZE")
    client = Client()
    client.force_login(ada)
    ends = timezone.now() + datetime.timedelta(days=1)
    _token, secret = accounts.create_token(ada, name="bench", scope=Scope.WRITE, expires_at=ends)
    # claim-next begins at the other end, with the urgent ones.
    free = Task.objects.filter(status="UNASSIGNED", priority="LOW").order_by("-pk")
    return {
        "organization": ada.organization_id,
        "token": secret,
        "cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items()),
        "free": list(free.values_list("pk", flat=True)),
    }


def main() -> None:
    """Fill the database, and tell."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, required=True)
    count = parser.parse_args().tasks
    call_command("migrate", verbosity=0)
    print(json.dumps(fill(count)))


if __name__ == "__main__":
    main()
