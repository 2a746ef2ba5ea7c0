"""TXN006: a script whose statements SQLite commits one by one and PostgreSQL together."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._transactions import kind_of
from sqlport.model import Span

_WRITES = frozenset(["INSERT", "UPDATE", "DELETE", "REPLACE"])


_MANY = 3  # a pair of statements mostly belongs together


def find(context: Context) -> Iterator[Proposal]:
    """The second statement of a script that only writes, without a transaction of its own."""
    script = [kind for kind in map(kind_of, (*context.before, context.parsed.text, *context.after)) if kind]
    if not context.parsed.tokens or context.passes_parameters or not set(script) <= _WRITES:
        return
    if len(script) >= _MANY and sum(kind_of(text) in _WRITES for text in context.before) == 1:
        tokens = context.parsed.tokens
        yield Proposal(Span(tokens[0].start, tokens[-1].end))
