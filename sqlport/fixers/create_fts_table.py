"""VTB001: CREATE VIRTUAL TABLE, but for rtree."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._virtual import module

_OTHER = (
    "PostgreSQL has no virtual tables of SQLite's kind; use an ordinary table, a view, or a foreign data wrapper for "
    "the module {name}"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every virtual table; full text search gets the message of the rule."""
    found = module(context.parsed)
    if found is None or found.word.startswith("RTREE"):
        return
    message = "" if found.word.startswith("FTS") else _OTHER.format(name=found.text)
    yield Proposal(context.parsed.tokens[0].span, message=message)
