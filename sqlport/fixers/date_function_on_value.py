"""DTF008: date(), time(), datetime() of a value."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._dates import proposals


def find(context: Context) -> Iterator[Proposal]:
    """Every call of a date function that this rule is about."""
    return proposals(context, "DTF008")
