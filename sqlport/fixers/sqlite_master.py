"""CAT001: sqlite_master and its like, as a query of PostgreSQL's catalogue."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _catalogue as catalogue
from sqlport.fixers._catalogue import View

_HERE = "schemaname = current_schema()"
_CONSTRAINT = "indexname IN (SELECT conname FROM pg_constraint)"
_KINDS = {
    "table": View(
        {"type": "'table'", "name": "tablename", "tbl_name": "tablename", "sql": "''"},
        f"pg_tables WHERE {_HERE}",
    ),
    "index": View(
        {
            "type": "'index'",
            "name": "indexname",
            "tbl_name": "tablename",
            "sql": f"CASE WHEN {_CONSTRAINT} THEN NULL ELSE indexdef END",
        },
        f"pg_indexes WHERE {_HERE}",
    ),
    "view": View(
        {"type": "'view'", "name": "viewname", "tbl_name": "viewname", "sql": "''"},
        f"pg_views WHERE {_HERE}",
    ),
    "trigger": View(
        {"type": "'trigger'", "name": "trigger_name", "tbl_name": "event_object_table", "sql": "''"},
        "information_schema.triggers WHERE trigger_schema = current_schema()",
    ),
}
_TEMPORARY = View(
    {"type": "'table'", "name": "relname", "tbl_name": "relname", "sql": "''"},
    "pg_class WHERE relpersistence = 't' AND relkind = 'r'",
)
_LIST = View({"name": "tablename", "type": "'table'", "schema": "'main'"}, f"pg_tables WHERE {_HERE}")
_KNOWN = frozenset("type name tbl_name rootpage sql".split())
_SQL = (
    "PostgreSQL does not keep the text of CREATE statements, so `sql` and `rootpage` have no equal; read "
    "information_schema, pg_get_viewdef() or pg_get_indexdef(), or the output of pg_dump --schema-only"
)
_PRAGMA = (
    "PostgreSQL has no PRAGMA table_list; list tables with "
    "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every use of sqlite_master, sqlite_schema, their TEMP forms, and of the list of tables."""
    for name, table in catalogue.tables(
        context, "sqlite_master", "sqlite_schema", "sqlite_temp_master", "sqlite_temp_schema", "pragma_table_list"
    ):
        used = catalogue.used_columns(table, _KNOWN)
        if name == "pragma_table_list":
            yield _proposal(context, table, used, [_LIST])
        elif "temp" in name:
            yield _proposal(context, table, used, [_TEMPORARY])
        else:
            yield _proposal(context, table, used, [_KINDS[kind] for kind in _asked(table)])
    tokens = context.parsed.tokens
    if context.parsed.kind == "PRAGMA" and any(token.word == "TABLE_LIST" for token in tokens[:4]):
        yield Proposal(tokens[0].span, message=_PRAGMA)


def _proposal(context: Context, table: exp.Table, used: frozenset[str], views: list[View]) -> Proposal:
    if not used <= set(views[0].columns) or ("sql" in used and not _only_tested(table)):
        return Proposal(context.parsed.span(table), message=_SQL)
    return catalogue.derived(context, table, " UNION ALL ".join(view.query(used) for view in views))


def _asked(table: exp.Table) -> list[str]:
    """The kinds of object that can come up: those that `type = '...'` names, else all."""
    select = table.find_ancestor(exp.Select)
    where = select.args.get("where") if select is not None else None
    conditions = [where.this] if where is not None else []
    while conditions:
        condition = conditions.pop()
        if isinstance(condition, exp.Paren):
            conditions.append(condition.this)
        elif isinstance(condition, exp.And):
            conditions += [condition.this, condition.expression]
        elif isinstance(condition, exp.EQ | exp.In) and isinstance(condition.this, exp.Column):
            given = condition.expressions if isinstance(condition, exp.In) else [condition.expression]
            kinds = [str(item.this) for item in given if isinstance(item, exp.Literal)]
            qualifier = condition.this.table.lower()
            mine = qualifier in ("", str(table.alias or table.name).lower())
            if condition.this.name.lower() == "type" and mine and kinds and set(kinds) <= set(_KINDS):
                return [kind for kind in _KINDS if kind in kinds]
    return list(_KINDS)


def _only_tested(table: exp.Table) -> bool:
    """Whether `sql` is only tested for NULL, which tells the indexes of constraints."""
    select = table.find_ancestor(exp.Select)
    columns = select.find_all(exp.Column) if select is not None else ()
    return all(isinstance(column.parent, exp.Is) for column in columns if column.name.lower() == "sql")
