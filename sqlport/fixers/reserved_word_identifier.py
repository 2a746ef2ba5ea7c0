"""IDN006: names that are reserved words on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog.names import is_reserved, quote
from sqlport.fixers import Context, Proposal
from sqlport.fixers._identifiers import names
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every unquoted one (result labels have their own rule)."""
    for name in names(context):
        if name.quoting or name.role in ("label", "bare label") or not is_reserved(name.value):
            continue
        yield Proposal(name.span, (replace(name.span, quote(name.value)),))
