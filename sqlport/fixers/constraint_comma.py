"""DDL019: constraints of a table that follow each other without a comma."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import created
from sqlport.sql import insert


def find(context: Context) -> Iterator[Proposal]:
    """Every table constraint behind another one without a comma, which only SQLite reads."""
    table = created(context)
    for before, constraint in zip(table.constraints, table.constraints[1:], strict=False) if table else ():
        if constraint.comma is None:
            yield Proposal(constraint.span, (insert(before.span.end, ","),))
