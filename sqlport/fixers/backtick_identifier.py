"""IDN002: names in backticks, MySQL's quotes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._quoting import requoted


def find(context: Context) -> Iterator[Proposal]:
    """Every such name."""
    return requoted(context, "`")
