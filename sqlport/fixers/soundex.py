"""FNC015: soundex(), an extension on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._named_calls import named_calls


def find(context: Context) -> Iterator[Proposal]:
    """Every call."""
    return named_calls(context, {"soundex": ""})
