"""What the page of reports costs at 200,000 tasks, when something has happened since and when nothing has.

    DATABASE_URL=postgres://… PYTHONPATH=. python bench/reports.py [--tasks 200000]

Fills an empty database, then prints the milliseconds of the whole page, the best of 5.
"""

import argparse
import datetime
import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "taskmanager.settings.dev")
django.setup()

from django.core.cache import cache  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from taskmanager.tasks import services  # noqa: E402
from taskmanager.tasks.models import Project  # noqa: E402

FILL = """
INSERT INTO tasks_task (organization_id, project_id, number, title, description, status, priority, creator_id, owner_id,
    position, created_at, updated_at, completed_at, version)
SELECT %(organization)s, %(project)s, n, 'Task ' || n, '', CASE WHEN n %% 4 = 0 THEN 'UNASSIGNED' ELSE 'DONE' END,
    'MEDIUM', %(user)s, CASE WHEN n %% 4 > 0 THEN %(user)s END, lpad(n::text, 12, '0'), at, at + interval '3 days',
    CASE WHEN n %% 4 > 0 THEN at + (n %% 200) * interval '1 hour' END, 1
FROM (SELECT n, now() - interval '730 days' + n * interval '700 days' / %(count)s AS at
      FROM generate_series(1, %(count)s) AS n) AS tasks;
INSERT INTO tasks_activity (organization_id, task_id, reference, actor_id, verb, changes, version, created_at)
SELECT organization_id, id, 'RB-' || number, creator_id, verb, changes::jsonb, 1, COALESCE(at, completed_at)
FROM tasks_task, (VALUES ('created', '{}', now() - interval '731 days'),
    ('moved', '{"status": ["IN_PROGRESS", "DONE"]}', NULL)) AS lines (verb, changes, at)
WHERE project_id = %(project)s AND (verb = 'created' OR status = 'DONE') ORDER BY 8;
"""


def best(client: Client, address: str, *, cold: bool) -> float:
    """Return the milliseconds of the page, the best of 5."""
    times = []
    for _ in range(5):
        if cold:
            cache.clear()
        started = time.perf_counter()
        client.get(address)
        times.append(1000 * (time.perf_counter() - started))
    return min(times)


def main() -> None:
    """Fill the database, and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tasks", type=int, default=200_000)
    count = parser.parse_args().tasks
    call_command("migrate", verbosity=0)
    user = services.register_organization(name="Reports bench", username="ada", email="ada@example.org", password="x")
    project = Project.objects.of(user.organization).get()
    with connection.cursor() as cursor:
        values = {"organization": user.organization_id, "project": project.pk, "user": user.pk, "count": count}
        cursor.execute(FILL, values)
        cursor.execute("VACUUM ANALYZE tasks_task")
        cursor.execute("VACUUM ANALYZE tasks_activity")
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    today = timezone.localdate()
    print(f"{count:,} tasks{'':24}changed  unchanged  (ms)")
    for label, days in (("90 days", 90), ("two years", 730)):
        address = f"/reports/?from={today - datetime.timedelta(days)}&to={today}"
        best(client, address, cold=False)
        print(f"{label:36}{best(client, address, cold=True):8.0f}{best(client, address, cold=False):11.0f}")


if __name__ == "__main__":
    main()
