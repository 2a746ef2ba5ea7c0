"""AGG008: RANGE with an offset over text, which SQLite takes for a range of equals."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import server_type


def find(context: Context) -> Iterator[Proposal]:
    """Every window whose frame is `RANGE n PRECEDING` or `FOLLOWING` and whose order is not one number."""
    for window in context.parsed.nodes(exp.Window):
        spec, order = window.args.get("spec"), window.args.get("order")
        if spec is None or order is None or str(spec.args.get("kind")).upper() != "RANGE":
            continue
        if not any(isinstance(spec.args.get(end), exp.Literal | exp.Placeholder) for end in ("start", "end")):
            continue
        types = [server_type(context, term.this) for term in order.expressions]
        if any(found in ("text", "bytea", "boolean") for found in types):
            yield Proposal(context.parsed.span(window))
