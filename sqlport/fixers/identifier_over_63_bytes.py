"""IDN011: names longer than PostgreSQL keeps."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import is_too_long, truncated
from sqlport.fixers import Context, Proposal
from sqlport.fixers._identifiers import names


def find(context: Context) -> Iterator[Proposal]:
    """Every name of more than 63 bytes."""
    for name in names(context):
        if is_too_long(name.value):
            yield Proposal(
                name.span,
                message=f"PostgreSQL keeps 63 bytes of a name, here {truncated(name.value)!r}; choose a shorter one",
            )
