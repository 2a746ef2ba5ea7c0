"""ROW001: rowid, which is the INTEGER PRIMARY KEY under another name, or nothing that PostgreSQL has."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog import Table
from sqlport.catalog.names import quote
from sqlport.catalog.tables import ROWID_NAMES
from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability
from sqlport.sql import replace

_NO_KEY = (
    "{table} has no INTEGER PRIMARY KEY, so its rowid is a hidden number that PostgreSQL does not have; add a column"
    " `id bigint GENERATED ALWAYS AS IDENTITY` and use that"
)
_UNKNOWN = "the table is not known here; if it has an INTEGER PRIMARY KEY, write that instead of rowid, else add one"
_CTID = "rows are only told apart by it, not ordered or kept"


def find(context: Context) -> Iterator[Proposal]:
    """Every rowid, oid and _rowid_ that is no column of that name."""
    for column in context.parsed.nodes(exp.Column):
        if column.name.lower() in ROWID_NAMES and context.parsed.has_span(column):
            yield from _name(context, column)
    for schema in context.parsed.nodes(exp.Schema):
        if isinstance(schema.parent, exp.Insert):
            yield from _listed(context, schema)


def _name(context: Context, column: exp.Column) -> Iterator[Proposal]:
    identifier = column.this
    span = context.parsed.span(identifier)
    resolved = context.semantics.scopes.resolve(column)
    if resolved is None:
        table = _only_table(context, column)
        if isinstance(table, str):
            yield Proposal(span, message=_UNKNOWN)
        elif table is not None and table.kind == "table":
            yield _without_key(context, column, table)
    elif resolved.column is not None and resolved.column.name.lower() != column.name.lower():
        yield Proposal(span, (replace(span, quote(resolved.column.name)),))


def _only_table(context: Context, column: exp.Column) -> Table | str | None:
    """The table whose rowid it must be; a text where that is not known, None for what is no table."""
    query = context.semantics.scopes.query_of(column)
    while query is not None:
        sources = [s for s in context.semantics.scopes.sources(query) if column.table.lower() in ("", s.alias)]
        tables = [source for source in sources if source.query is None and source.alias != "excluded"]
        if tables:
            return tables[0].table or "unknown"
        query = context.semantics.scopes.enclosing(query)
    return None


def _without_key(context: Context, column: exp.Column, table: Table) -> Proposal:
    span = context.parsed.span(column.this)
    if _is_only_compared(context, column, table):
        return Proposal(span, (replace(span, "ctid"),), Applicability.UNSAFE, condition=_CTID)
    return Proposal(span, message=_NO_KEY.format(table=table.name))


def _is_only_compared(context: Context, column: exp.Column, table: Table) -> bool:
    """Whether it only picks rows of the same table, in an UPDATE or DELETE: `rowid IN (SELECT min(rowid) ...)`."""
    tree = context.parsed.tree
    if not isinstance(tree, exp.Delete | exp.Update):
        return False
    names = {source.name.lower() for source in context.parsed.nodes(exp.Table)}
    if names != {table.name.lower()}:
        return False
    parent = column.parent
    if isinstance(parent, exp.In):
        return parent.args.get("query") is not None
    if isinstance(parent, exp.Anonymous) and parent.this in ("min", "max"):
        parent = parent.parent
    if isinstance(parent, exp.Select):
        return True
    if not isinstance(parent, exp.LT | exp.GT | exp.EQ | exp.NEQ):
        return False
    other = parent.expression if parent.this is column else parent.this
    return isinstance(other, exp.Column | exp.Subquery)


def _listed(context: Context, schema: exp.Schema) -> Iterator[Proposal]:
    """rowid in the column list of an INSERT."""
    table = context.catalog.table(schema.this.name)
    for name in schema.expressions:
        if name.name.lower() not in ROWID_NAMES or not context.parsed.has_span(name):
            continue
        span = context.parsed.span(name)
        column = table.column(name.name) if table is not None else None
        if column is None:
            yield Proposal(span, message=_UNKNOWN if table is None else _NO_KEY.format(table=table.name))
        elif column.name.lower() != name.name.lower():
            yield Proposal(span, (replace(span, quote(column.name)),))
