"""TXN004: BEGIN inside a transaction, COMMIT and ROLLBACK outside: errors on SQLite, warnings on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._transactions import is_open, kind_of, savepoints
from sqlport.model import Span

_NESTED = "SQLite raises for BEGIN inside a transaction, PostgreSQL warns and goes on; use SAVEPOINT for an inner one"
_STRAY = "SQLite raises where there is nothing to end, PostgreSQL warns and goes on; leave the statement out"


def find(context: Context) -> Iterator[Proposal]:
    """Every one in a script that shows its transactions."""
    tokens = context.parsed.tokens
    kind = kind_of(context.parsed.text)
    if not tokens or kind not in ("BEGIN", "COMMIT", "END", "ROLLBACK") or not context.before:
        return
    opened = is_open(context.before)
    span = Span(tokens[0].start, tokens[-1].end)
    if kind == "BEGIN" and opened:
        yield Proposal(span, message=_NESTED)
    elif kind != "BEGIN" and not opened and not savepoints(context.before):
        if any(kind_of(text) in ("BEGIN", "COMMIT", "END", "ROLLBACK") for text in context.before):
            yield Proposal(span, message=_STRAY)
