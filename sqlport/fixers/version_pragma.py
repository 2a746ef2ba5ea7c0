"""PRG002: PRAGMA user_version and application_id, numbers in the header of SQLite's file."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._pragmas import pragma


def find(context: Context) -> Iterator[Proposal]:
    """Every one."""
    found = pragma(context)
    if found is not None and found.name in ("user_version", "application_id"):
        yield Proposal(found.span)
