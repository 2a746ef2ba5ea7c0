"""IDN004: names in single quotes, where only a name can stand."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._quoting import requoted


def find(context: Context) -> Iterator[Proposal]:
    """Every such name."""
    return requoted(context, "'")
