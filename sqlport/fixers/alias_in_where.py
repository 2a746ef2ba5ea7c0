"""SEL003: WHERE, ON or an expression of GROUP BY over the label of a result column."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._result_labels import in_clause


def find(context: Context) -> Iterator[Proposal]:
    """Every such name in these clauses."""
    return in_clause(context, exp.Where, exp.Join, exp.Group)
