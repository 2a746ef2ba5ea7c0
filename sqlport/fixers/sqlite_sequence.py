"""CAT005: sqlite_sequence, the counters of AUTOINCREMENT."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _catalogue as catalogue


def find(context: Context) -> Iterator[Proposal]:
    """Every statement that reads or writes the table."""
    for _, table in catalogue.tables(context, "sqlite_sequence"):
        yield Proposal(context.parsed.span(table))
