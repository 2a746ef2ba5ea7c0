"""DDL003: text types with a length, which only PostgreSQL enforces."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import retyped


def find(context: Context) -> Iterator[Proposal]:
    """Every column that is declared so, with the type of the profile."""
    return retyped(context, "DDL003")
