"""IDN008: result columns without a label whose name is used: SQLite calls them by their text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._double_quotes import is_double_quoted, unlabelled
from sqlport.model import Applicability
from sqlport.sql import insert

_DEFINITION = "the columns of the view or table are used by the names that SQLite gives them"


def find(context: Context) -> Iterator[Proposal]:
    """Those of views and of tables made by a query, and those that an outer query names."""
    used = {column.name for column in context.parsed.nodes(exp.Column) if is_double_quoted(context, column)}
    defining = _defining(context)
    for query in context.parsed.nodes(exp.Select):
        for item in unlabelled(context, query):
            text = context.parsed.text_of(item)
            span = context.parsed.span(item)
            label = ' AS "' + text.replace('"', '""') + '"'
            if query is defining:
                yield Proposal(span, (insert(span.end, label),), Applicability.UNSAFE, condition=_DEFINITION)
            elif text in used:
                yield Proposal(span, (insert(span.end, label),))


def _defining(context: Context) -> exp.Expr | None:
    """The query whose columns become those of a view or table."""
    tree = context.parsed.tree
    if not isinstance(tree, exp.Create) or isinstance(tree.this, exp.Schema):
        return None
    query = tree.expression
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    return query if isinstance(query, exp.Select) else None
