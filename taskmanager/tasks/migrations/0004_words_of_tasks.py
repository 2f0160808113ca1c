"""Full text of tasks, where the database is PostgreSQL: a stored column `words` and an index of it.

SQLite matches title and description themselves, so neither exists there, and the model doesn't know the column.
The configuration `simple` changes nothing but case: references, names and code are found as they are written, in
any language. Some signs become spaces before, or the parser would take `tasks/views.py` for one word, a path.

The index begins with the organization: a word that another organization uses a million times costs this one nothing.
That takes btree_gin, which PostgreSQL brings along and which the owner of a database may create (it is "trusted").

A search of a word that all tasks have doesn't use the index: PostgreSQL knows from its statistics how common a word
is, and then walks from the newest task on until it has enough. docs/performance.md has the figures.
"""

from django.db import migrations

# Those that the parser would make one word of several with; it splits at all others by itself. Replacing all 32 signs
# of ASCII would find the same, and cost a write more than the full text itself.
SIGNS = "./@-+<>&~"


def words(column):
    return f"to_tsvector('simple', translate({column}, '{SIGNS}', '{' ' * len(SIGNS)}'))"


# A full text holds at most 1 MB; a description that was never in a form may be longer than a form takes.
FULL_TEXT = f"setweight({words('title')}, 'A') || setweight({words('left(description, 50000)')}, 'B')"


def make_words(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for statement in (
        "CREATE EXTENSION IF NOT EXISTS btree_gin",
        f"ALTER TABLE tasks_task ADD COLUMN words tsvector GENERATED ALWAYS AS ({FULL_TEXT}) STORED",
        "COMMENT ON COLUMN tasks_task.words IS 'Its full text: what is in the title (A) and in the description (B)'",
        "CREATE INDEX tasks_task_words ON tasks_task USING gin (organization_id, words)",
    ):
        schema_editor.execute(statement, None)


def drop_words(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE tasks_task DROP COLUMN words")


class Migration(migrations.Migration):
    dependencies = [("tasks", "0003_links_stay_in_one_organization")]

    operations = [migrations.RunPython(make_words, drop_words)]
