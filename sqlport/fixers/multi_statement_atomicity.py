"""TXN006: a script whose statements SQLite commits one by one and PostgreSQL together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlport.fixers import Context, Proposal
from sqlport.fixers._transactions import kind_of
from sqlport.model import Span

_WRITES = frozenset(["INSERT", "UPDATE", "DELETE", "REPLACE"])


_MANY = 3  # a pair of statements mostly belongs together


def find(context: Context) -> Iterator[Proposal]:
    """The second statement of a script that only writes, without a transaction of its own."""
    before, after = context.before, context.after
    if not context.parsed.tokens or context.passes_parameters or len(before) + 1 + len(after) < _MANY:
        return
    if not before.words() | after.words() | {kind_of(context.parsed.text)} <= _WRITES:
        return
    if len(list(islice(before.starting(*_WRITES), 2))) == 1:
        tokens = context.parsed.tokens
        yield Proposal(Span(tokens[0].start, tokens[-1].end))
