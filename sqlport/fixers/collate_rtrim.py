"""COL003: COLLATE RTRIM, which compares without blanks at the end, as rtrim()."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._collations import collations, dropped, other_under, others, under
from sqlport.fixers._tables import defined_columns
from sqlport.model import Applicability


def find(context: Context) -> Iterator[Proposal]:
    """Every COLLATE RTRIM of an expression; that of a column is only shown."""
    for node in collations(context, "RTRIM"):
        span = context.parsed.span(node)
        compared = others(node)
        if compared is None:
            yield Proposal(span, (dropped(context, node),))
            continue
        rewrites = [under(context, node, "rtrim(", ", ' ')", _trimmed)]
        for other in compared:
            rewrites.extend(other_under(context, other, "rtrim(", ", ' ')", _trimmed))
        yield Proposal(span, tuple(rewrites))
    for _, column in defined_columns(context):
        for clause in column.all("collate"):
            if clause.collation is not None and clause.collation.text.upper() == "RTRIM":
                yield Proposal(clause.body, applicability=Applicability.MANUAL)


def _trimmed(text: str) -> str:
    return text.rstrip(" ")
