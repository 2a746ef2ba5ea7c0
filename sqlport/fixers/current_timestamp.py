"""DTF005: CURRENT_TIMESTAMP, CURRENT_DATE and CURRENT_TIME are texts in UTC on SQLite."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _dates_format as form
from sqlport.fixers._dates_moment import now
from sqlport.fixers._dates_value import CALLS, FORMATS
from sqlport.sql.match import rewrite

_FORMS = ((exp.CurrentTimestamp, "datetime"), (exp.CurrentDate, "date"), (exp.CurrentTime, "time"))


def find(context: Context) -> Iterator[Proposal]:
    """Every use that wants the text; the date functions read their own arguments."""
    for kind, name in _FORMS:
        for node in context.parsed.nodes(kind):
            if _belongs_to_call(node) or _goes_to_timestamp(context, node):
                continue
            parts = form.text(FORMATS[name], now())
            yield Proposal(context.parsed.span(node), (rewrite(context.parsed, node, *parts),))


def _belongs_to_call(node: exp.Expr) -> bool:
    return (
        isinstance(node.parent, exp.Anonymous) and node.parent.this in CALLS and not isinstance(node, exp.CurrentTime)
    )


def _goes_to_timestamp(context: Context, node: exp.Expr) -> bool:
    """Whether the default is that of a column which is a timestamp in PostgreSQL (profile `native`)."""
    from sqlport.catalog.types import column_type

    definition, create = node.find_ancestor(exp.ColumnDef), node.find_ancestor(exp.Create)
    if definition is None or create is None or not isinstance(create.this, exp.Schema):
        return False
    table = context.catalog.table(create.this.this.name)
    column = table.column(definition.name) if table is not None else None
    return column is not None and column_type(column, create.this.this.name, context.target) == "timestamptz"
