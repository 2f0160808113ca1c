"""What was said about a task joins its full text, where the database is PostgreSQL.

A generated column reads its own row only, so triggers gather the texts of a task's comments in `said`. Words of
titles, descriptions and comments are then one index, and a search for "keys" in a title and "staging" in a comment
costs what it cost before.
"""

from importlib import import_module

from django.db import migrations

WORDS = import_module("taskmanager.tasks.migrations.0004_words_of_tasks")

# Characters; with title and description the full text stays under PostgreSQL's 1 MB, whatever is written.
SAID = 100_000
FULL_TEXT = f"{WORDS.FULL_TEXT} || setweight({WORDS.words('said')}, 'C')"
INDEX = "CREATE INDEX tasks_task_words ON tasks_task USING gin (organization_id, words)"
COMMENT = "COMMENT ON COLUMN tasks_task.words IS"

GATHER = f"""
CREATE FUNCTION tasks_gather_said(of_task bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- The next statement sees what others committed while this one waited.
    PERFORM FROM tasks_task WHERE id = of_task FOR NO KEY UPDATE;
    UPDATE tasks_task SET said = COALESCE(left((
        SELECT string_agg(comment.text, E'\\n' ORDER BY comment.id)
        FROM (SELECT id, text FROM tasks_comment WHERE task_id = of_task ORDER BY id LIMIT 1000) AS comment
    ), {SAID}), '') WHERE id = of_task;
END $$;

CREATE FUNCTION tasks_comment_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE tasks_task SET said = left(concat_ws(E'\\n', NULLIF(said, ''), NEW.text), {SAID})
    WHERE id = NEW.task_id AND length(said) < {SAID};
    RETURN NULL;
END $$;
CREATE TRIGGER tasks_comment_said AFTER INSERT ON tasks_comment FOR EACH ROW EXECUTE FUNCTION tasks_comment_said();

CREATE FUNCTION tasks_comment_edited() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks_gather_said(NEW.task_id);
    RETURN NULL;
END $$;
CREATE TRIGGER tasks_comment_edited AFTER UPDATE OF text ON tasks_comment FOR EACH ROW
WHEN (OLD.text IS DISTINCT FROM NEW.text) EXECUTE FUNCTION tasks_comment_edited();

CREATE FUNCTION tasks_comment_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tasks_gather_said(task_id) FROM (SELECT DISTINCT task_id FROM gone ORDER BY task_id) AS tasks;
    RETURN NULL;
END $$;
CREATE TRIGGER tasks_comment_deleted AFTER DELETE ON tasks_comment REFERENCING OLD TABLE AS gone
FOR EACH STATEMENT EXECUTE FUNCTION tasks_comment_deleted();
"""
FORGET = """
DROP TRIGGER tasks_comment_said ON tasks_comment;
DROP TRIGGER tasks_comment_edited ON tasks_comment;
DROP TRIGGER tasks_comment_deleted ON tasks_comment;
DROP FUNCTION tasks_comment_said, tasks_comment_edited, tasks_comment_deleted, tasks_gather_said(bigint);
"""


def gather_words(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for statement in (
        "ALTER TABLE tasks_task DROP COLUMN words",
        "ALTER TABLE tasks_task ADD COLUMN said text NOT NULL DEFAULT ''",
        "COMMENT ON COLUMN tasks_task.said IS 'The texts of its comments, for its full text; triggers keep it'",
        GATHER,
        "SELECT tasks_gather_said(task_id) FROM (SELECT DISTINCT task_id FROM tasks_comment) AS tasks",
        "SET CONSTRAINTS ALL IMMEDIATE",
        f"ALTER TABLE tasks_task ADD COLUMN words tsvector GENERATED ALWAYS AS ({FULL_TEXT}) STORED",
        f"{COMMENT} 'Its full text: what is in the title (A), in the description (B) and in comments (C)'",
        INDEX,
    ):
        schema_editor.execute(statement, None)


def forget_words(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for statement in (
        FORGET,
        "ALTER TABLE tasks_task DROP COLUMN words",
        "ALTER TABLE tasks_task DROP COLUMN said",
        f"ALTER TABLE tasks_task ADD COLUMN words tsvector GENERATED ALWAYS AS ({WORDS.FULL_TEXT}) STORED",
        f"{COMMENT} 'Its full text: what is in the title (A) and in the description (B)'",
        INDEX,
    ):
        schema_editor.execute(statement, None)


class Migration(migrations.Migration):
    dependencies = [("tasks", "0007_roles_plan")]

    operations = [migrations.RunPython(gather_words, forget_words)]
