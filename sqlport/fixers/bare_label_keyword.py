"""IDN009: a result label without AS that is a keyword on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import is_reserved
from sqlport.fixers import Context, Proposal
from sqlport.fixers._identifiers import names
from sqlport.sql import insert


def find(context: Context) -> Iterator[Proposal]:
    """Every such label."""
    for name in names(context):
        if name.role == "bare label" and not name.quoting and is_reserved(name.value, "bare label"):
            yield Proposal(name.span, (insert(name.span.start, "AS "),))
