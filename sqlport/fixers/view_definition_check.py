"""DDL015: views of tables or columns that are not there when the view is made."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import folded
from sqlport.fixers import Context, Proposal

_CATALOGUES = ("sqlite_", "pragma_", "pg_")


def find(context: Context) -> Iterator[Proposal]:
    """Every table of a CREATE VIEW that nothing defines, or that the same script makes only later."""
    if context.parsed.kind != "CREATE VIEW" or context.parsed.holes:
        return
    common = {folded(item.alias) for item in context.parsed.nodes(exp.CTE)}
    tree = context.parsed.tree
    made = tree.this if isinstance(tree, exp.Create) else None
    for table in context.parsed.nodes(exp.Table):
        name = folded(table.name)
        if table is made or table.parent is made or not isinstance(table.this, exp.Identifier):
            continue
        if not name or name in common or name.startswith(_CATALOGUES) or name in context.catalog:
            continue
        message = (
            f"no definition of {table.name} was found; SQLite looks for it when the view is used, PostgreSQL when it "
            "is made: make the table before, or drop the view"
        )
        yield Proposal(context.parsed.span(table.this), message=message)
    for column in context.parsed.nodes(exp.Column):
        if column.table and context.parsed.has_span(column) and _is_missing(context, column):
            message = f"there is no column {column.table}.{column.name}; PostgreSQL says so when the view is made"
            yield Proposal(context.parsed.span(column), message=message)


def _is_missing(context: Context, column: exp.Column) -> bool:
    """Whether the table that the name begins with is known, and has no such column."""
    if isinstance(column.this, exp.Star):
        return False
    query = context.semantics.scopes.query_of(column)
    sources = context.semantics.scopes.sources(query) if query is not None else ()
    tables = [source.table for source in sources if source.alias == folded(column.table)]
    return len(tables) == 1 and tables[0] is not None and tables[0].column(column.name) is None
