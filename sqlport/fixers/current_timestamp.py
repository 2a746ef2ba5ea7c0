"""DTF005: CURRENT_TIMESTAMP, CURRENT_DATE and CURRENT_TIME are texts in UTC on SQLite."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _dates_format as form
from sqlport.fixers._dates_moment import now
from sqlport.fixers._dates_stored import as_stored, compared_type, stored_type
from sqlport.fixers._dates_value import CALLS, FORMATS
from sqlport.sql.match import rewrite

_FORMS = ((exp.CurrentTimestamp, "datetime"), (exp.CurrentDate, "date"), (exp.CurrentTime, "time"))


def find(context: Context) -> Iterator[Proposal]:
    """Every use that wants the text; the date functions read their own arguments."""
    for kind, name in _FORMS:
        for node in context.parsed.nodes(kind):
            typed = stored_type(context, node) or compared_type(context, node, name)
            if _belongs_to_call(node) or (typed == "timestamptz" and name == "datetime"):
                continue
            parts = as_stored(now(), typed, name) if typed else form.text(FORMATS[name], now())
            yield Proposal(context.parsed.span(node), (rewrite(context.parsed, node, *parts),))


def _belongs_to_call(node: exp.Expr) -> bool:
    return (
        isinstance(node.parent, exp.Anonymous) and node.parent.this in CALLS and not isinstance(node, exp.CurrentTime)
    )
