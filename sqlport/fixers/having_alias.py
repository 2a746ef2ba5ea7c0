"""AGG007: HAVING over the label of a result column."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._result_labels import in_clause


def find(context: Context) -> Iterator[Proposal]:
    """Every such name in HAVING."""
    return in_clause(context, exp.Having)
