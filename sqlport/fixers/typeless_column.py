"""DDL008: columns without a type."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import computed_definitions, retyped


def find(context: Context) -> Iterator[Proposal]:
    """Every column that is declared so, with the type of the profile."""
    yield from retyped(context, "DDL008")
    for span in sorted(computed_definitions(context)):
        message = (
            "the program computes what is defined here; see that each column has a type there, and one of PostgreSQL's"
        )
        yield Proposal(span, message=message)
