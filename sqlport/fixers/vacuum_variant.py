"""PRG005: VACUUM of a schema or into a file."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.model import Span

_INTO = "PostgreSQL has no VACUUM INTO; pg_dump makes a copy of a database"
_SCHEMA = "VACUUM takes a table on PostgreSQL, no schema; write VACUUM alone"


def find(context: Context) -> Iterator[Proposal]:
    """Every VACUUM with something behind it."""
    tokens = context.parsed.tokens
    if context.parsed.kind == "VACUUM" and len(tokens) > 1:
        into = any(token.word == "INTO" for token in tokens)
        yield Proposal(Span(tokens[0].start, tokens[-1].end), message=_INTO if into else _SCHEMA)
