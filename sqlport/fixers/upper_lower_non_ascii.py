"""FNC016: upper() and lower() of letters beyond ASCII, which SQLite leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.types import is_sqlites_locale
from sqlport.fixers import Context, Proposal
from sqlport.semantics.collations import has_collation, is_loose
from sqlport.sql import replace
from sqlport.sql.match import operand


def find(context: Context) -> Iterator[Proposal]:
    """Every call on a text that may have such a letter and comes from no column, which has a collation.

    Where the table is not known, comparisons of the call with a string that shows such a letter.
    """
    for call in context.parsed.calls("upper", "lower"):
        if len(call.expressions) != 1:
            continue
        value = call.expressions[0]
        if is_loose(context.semantics, value, context.target):
            span = context.parsed.span(value)
            yield Proposal(span, (replace(span, *operand(context.parsed, value), ' COLLATE "C"'),))
        elif _is_open(context, value) and any(map(_changes, _compared(call))):
            yield Proposal(context.parsed.span(call))


def _is_open(context: Context, value: exp.Expr) -> bool:
    if is_sqlites_locale(context.target.locale):
        return False
    return has_collation(context.semantics, value, context.target) is None


def _compared(call: exp.Anonymous) -> list[exp.Expr]:
    parent = call.parent
    if isinstance(parent, exp.In):
        return list(parent.expressions)
    return [parent.expression] if isinstance(parent, exp.EQ | exp.NEQ | exp.Like | exp.ILike) else []


def _changes(side: exp.Expr) -> bool:
    text = str(side.this) if isinstance(side, exp.Literal) else ""
    return any(not letter.isascii() and letter.upper() != letter.lower() for letter in text)
