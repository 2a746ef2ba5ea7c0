"""DDL018: MATCH in a foreign key, which SQLite reads and ignores."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import foreign_keys, removed


def find(context: Context) -> Iterator[Proposal]:
    """Every MATCH but SIMPLE, which is what both engines do without one."""
    for _, references in foreign_keys(context):
        if references.match is not None and references.match.value != "SIMPLE":
            yield Proposal(references.match.span, (removed(context.parsed.text, references.match.span),))
