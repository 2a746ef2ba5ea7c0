"""DDL006: WITHOUT ROWID and STRICT behind a table."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import created, removed
from sqlport.model import Span


def find(context: Context) -> Iterator[Proposal]:
    """The options of a CREATE TABLE; PostgreSQL has neither, and is strict anyway."""
    table = created(context)
    if table and table.options:
        span = Span(table.options[0].span.start, table.options[-1].span.end)
        yield Proposal(span, (removed(context.parsed.text, span),))
