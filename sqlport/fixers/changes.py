"""FNC014: changes() and total_changes(), which ask a connection what its last statement did."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._named_calls import named_calls

_ADVICE = {
    "changes": "PostgreSQL has no changes(); read the driver's rowcount, or count the rows of a RETURNING clause",
    "total_changes": "PostgreSQL has no total_changes(); add up the driver's rowcounts",
}


def find(context: Context) -> Iterator[Proposal]:
    """Every call."""
    return named_calls(context, _ADVICE)
