"""JSON that the database makes: an answer of many rows costs no model, no schema and no encoder per row.

    array_of(tasks, JsonObject(id="pk", owner=JsonObject(id="owner_id", of="owner_id")))

PostgreSQL and SQLite write the same: keys in their order, days and moments by RFC 3339.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import BooleanField, DateTimeField, F, Func, JSONField, OuterRef, QuerySet, Subquery, TextField
from django.db.models.expressions import BaseExpression, Combinable, RawSQL

Field = str | BaseExpression | Combinable


class Fields(dict[str, Field]):
    """What can be said of a thing, by name. Each is written once, and no two are the same."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__  # type: ignore[assignment]


class JsonObject(Func):
    """An object with these keys; null where the column `of` is. A name stands for the column, and may follow links."""

    output_field = JSONField()

    def __init__(self, *, of: str = "", **fields: Any) -> None:
        """Take the values by their keys, which are ours: they are written into the SQL."""
        self.keys = tuple(fields)
        # The SQL that makes it of a row, by the model and the kind of database; see text_of().
        self.made: dict[tuple[type[models.Model], str], tuple[str, Any]] = {}
        values = [F(value) if isinstance(value, str) else value for value in fields.values()]
        super().__init__(*values, *([F(of)] if of else []))

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> Any:  # type: ignore[override]
        """Render for either database."""
        is_postgresql = connection.vendor == "postgresql"
        parts, params = [], []
        condition = ""
        for index, expression in enumerate(self.get_source_expressions()):
            sql, own = compiler.compile(expression)
            params += own
            if index == len(self.keys):
                condition = sql
                continue
            if not is_postgresql:
                sql = _for_sqlite(sql, expression.output_field)
            parts.append(f"'{self.keys[index]}', {sql}")
        function = "JSON_BUILD_OBJECT" if is_postgresql else "JSON_OBJECT"
        built = f"{function}({', '.join(parts)})"
        if not condition:
            return built, params
        # The condition stands first, but its column takes no parameters, so that theirs keep their order.
        case = f"CASE WHEN {condition} IS NOT NULL THEN {built} END"
        return (case if is_postgresql else f"JSON({case})"), params


def _for_sqlite(sql: str, field: Any) -> str:
    """Return the value as PostgreSQL writes it by itself: SQLite knows neither moments nor truth."""
    if isinstance(field, DateTimeField):
        return f"REPLACE({sql}, ' ', 'T') || '+00:00'"
    if isinstance(field, BooleanField):
        return f"JSON(CASE {sql} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"
    if type(field) is JSONField and not sql.startswith(("JSON", "(SELECT")):
        return f"JSON({sql})"  # a column of JSON is text
    return sql


class JsonArray(Subquery):
    """An array of the values that a query has as `item`, in its order; empty where it finds none."""

    output_field = JSONField()

    def __init__(self, rows: QuerySet[Any], item: JsonObject | str) -> None:
        """Take the rows, which depend on the outer query, and what to write of each: an object, or a column's text."""
        self.has_objects = isinstance(item, JsonObject)
        super().__init__(rows.values(item=F(item) if isinstance(item, str) else item))

    def as_sql(self, compiler: Any, connection: Any, **_context: Any) -> Any:  # type: ignore[override]
        """Render for either database."""
        if connection.vendor == "postgresql":
            template = "(SELECT COALESCE(JSON_AGG(each.item), '[]'::json) FROM (%(subquery)s) AS each)"
        else:
            # What comes out of a subquery is text to SQLite, even where JSON went in.
            item = "JSON(each.item)" if self.has_objects else "each.item"
            template = f"(SELECT JSON_GROUP_ARRAY({item}) FROM (%(subquery)s) AS each)"  # noqa: S608 (our words)
        return super().as_sql(compiler, connection, template=template)


class Text(Func):
    """The same as text, so that nothing reads it on its way out."""

    output_field = TextField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Render for PostgreSQL."""
        return self.as_sql(compiler, connection, template="(%(expressions)s)::text", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        """Render for SQLite, where it is text already."""
        return self.as_sql(compiler, connection, template="%(expressions)s", **context)


def text_of(model: Any, document: JsonObject) -> RawSQL:
    """Return the document as the text of a row, for a query of this model that isn't part of another.

    Making the SQL of a long document costs Django a third of all that a call does, and what comes of it is always the
    same: a query of its own by the row's id, so that no filter and no order changes it. A page of rows costs the
    database hardly more by it than joins did, and a sorted one less, as only the rows of the page are looked up.
    """
    key = (model, connection.vendor)
    if key not in document.made:
        row = model.objects.filter(pk=OuterRef("pk")).values(made=Text(document))
        query = model.objects.annotate(made=Subquery(row)).query
        document.made[key] = query.get_compiler(connection=connection).compile(query.annotations["made"])
    return RawSQL(*document.made[key], output_field=TextField())  # noqa: S611 (our words)


def array_of(found: QuerySet[Any], document: JsonObject, *, beside: QuerySet[Any] | None = None) -> tuple[str, Any]:
    """Return the array of the rows' documents as text, and the one value of another query, by one round trip.

    The value is None where that query finds nothing, or isn't given.
    """
    is_postgresql = connection.vendor == "postgresql"
    joined = "STRING_AGG(made, ',')" if is_postgresql else "GROUP_CONCAT(made, ',')"
    try:
        sql, params = found.values(made=text_of(found.model, document)).query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking that nothing fits
        sql, params = "SELECT NULL AS made", ()
    other, others = beside.query.sql_with_params() if beside is not None else ("NULL", ())
    with connection.cursor() as cursor:
        # Our own SQL and Django's: what callers send is in the parameters.
        cursor.execute(
            f"SELECT '[' || COALESCE({joined}, '') || ']', ({other}) FROM ({sql}) AS each",  # noqa: S608
            [*others, *params],
        )
        text, value = cursor.fetchone()
    return text, value
