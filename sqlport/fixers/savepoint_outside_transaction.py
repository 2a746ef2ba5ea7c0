"""TXN002: SAVEPOINT that begins a transaction by itself."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._transactions import is_open, is_script, kind_of, name_of, savepoints
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """The outermost SAVEPOINT, RELEASE and ROLLBACK TO of a script without BEGIN: BEGIN, COMMIT, ROLLBACK."""
    tokens = context.parsed.tokens
    if not tokens or not is_script(context) or is_open(context.before):
        return
    span = Span(tokens[0].start, tokens[-1].end)
    kind, opened = kind_of(context.parsed.text), savepoints(context.before)
    if kind == "SAVEPOINT" and not opened:
        if any(kind_of(text) == "ROLLBACK TO" for text in context.after):
            yield Proposal(span)
        elif any(kind_of(text) == "RELEASE" for text in context.after):
            yield Proposal(span, (replace(span, "BEGIN"),))
    elif kind == "RELEASE" and opened[:1] == [name_of(context.parsed.text)]:
        if not any(kind_of(text) == "ROLLBACK TO" for text in context.before):
            yield Proposal(span, (replace(span, "COMMIT"),))
