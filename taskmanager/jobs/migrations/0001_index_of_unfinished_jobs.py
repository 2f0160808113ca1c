"""An index of the few jobs that run or failed, among the many that succeeded: for each scrape, and for the worker that
looks for jobs that were left behind. The ones that wait have the library's own."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("django_tasks_database", "0021_conditional_partial_index_ordering")]

    operations = [
        migrations.RunSQL(
            sql=(
                "CREATE INDEX jobs_running_or_failed ON django_tasks_database_dbtaskresult (status) "
                "WHERE status IN ('RUNNING', 'FAILED')"
            ),
            reverse_sql="DROP INDEX jobs_running_or_failed",
        )
    ]
