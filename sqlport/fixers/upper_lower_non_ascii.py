"""FNC016: upper() and lower() of letters beyond ASCII, which SQLite leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal


def find(context: Context) -> Iterator[Proposal]:
    """Every call on a string that shows such a letter, and comparisons of such a call with one."""
    for call in context.parsed.calls("upper", "lower"):
        parent = call.parent
        sides = [*call.expressions]
        if isinstance(parent, exp.EQ | exp.NEQ | exp.Like | exp.In):
            sides += [parent.expression] if not isinstance(parent, exp.In) else parent.expressions
        if any(isinstance(side, exp.Literal) and _changes(str(side.this)) for side in sides if side is not None):
            yield Proposal(context.parsed.span(call))


def _changes(text: str) -> bool:
    return any(not letter.isascii() and letter.upper() != letter.lower() for letter in text)
