"""Full text of tasks, where the database is PostgreSQL: a stored column `words` and an index of it.

A generated column reads its own row only, so triggers gather the texts of a task's comments in `said`. Words of titles,
descriptions and comments are then one index, and a search for "keys" in a title and "staging" in a comment costs no more.

SQLite matches the texts themselves, so none of it exists there, and the model doesn't know the columns.
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
# Characters of comments. With title and description the full text stays under PostgreSQL's 1 MB, whatever is written.
SAID = 100_000
FULL_TEXT = (
    f"setweight({words('title')}, 'A') || setweight({words('left(description, 50000)')}, 'B')"
    f" || setweight({words('said')}, 'C')"
)
COMMENT = "Its full text: what is in the title (A), in the description (B) and in comments (C)"

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


def make_words(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for statement in (
        "CREATE EXTENSION IF NOT EXISTS btree_gin",
        "ALTER TABLE tasks_task ADD COLUMN said text NOT NULL DEFAULT ''",
        "COMMENT ON COLUMN tasks_task.said IS 'The texts of its comments, for its full text; triggers keep it'",
        GATHER,
        f"ALTER TABLE tasks_task ADD COLUMN words tsvector GENERATED ALWAYS AS ({FULL_TEXT}) STORED",
        f"COMMENT ON COLUMN tasks_task.words IS '{COMMENT}'",
        "CREATE INDEX tasks_task_words ON tasks_task USING gin (organization_id, words)",
    ):
        schema_editor.execute(statement, None)


def drop_words(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for statement in (
        FORGET,
        "ALTER TABLE tasks_task DROP COLUMN words",
        "ALTER TABLE tasks_task DROP COLUMN said",
    ):
        schema_editor.execute(statement, None)


class Migration(migrations.Migration):
    replaces = [
        ("tasks", "0004_words_of_tasks"),
        ("tasks", "0008_words_of_comments"),
    ]
    dependencies = [("tasks", "0003_links_within_one_organization")]

    operations = [migrations.RunPython(make_words, drop_words)]
