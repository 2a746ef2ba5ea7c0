"""IDN001: strings in double quotes, names for PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._double_quotes import is_double_quoted, is_string, looks_like_string
from sqlport.fixers._tables import created_index
from sqlport.model import Applicability
from sqlport.sql import replace

_NO_COLUMN = "no column has that name"
_INDEXED = "no column has this name, so SQLite indexes a constant string; name the column that is meant"


def find(context: Context) -> Iterator[Proposal]:
    """Every double-quoted name that is, or seems to be, no column."""
    for column in context.parsed.nodes(exp.Column):
        if not is_double_quoted(context, column):
            continue
        span = context.parsed.span(column)
        string = "'" + column.name.replace("'", "''") + "'"
        if _is_index_term(context, column) and is_string(context, column):
            yield Proposal(span, message=_INDEXED)
        elif is_string(context, column):
            yield Proposal(span, (replace(span, string),))
        elif context.semantics.is_column(column) is None and looks_like_string(context, column):
            yield Proposal(span, (replace(span, string),), Applicability.UNSAFE, condition=_NO_COLUMN)


def _is_index_term(context: Context, column: exp.Column) -> bool:
    """Whether it stands among the terms of an index; in the condition behind them it is a string like any other."""
    index = created_index(context)
    span = context.parsed.span(column)
    return index is not None and any(term.span.contains(span) for term in index.terms)
