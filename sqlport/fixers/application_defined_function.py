"""FNC020: functions that neither engine has, so the program defines them (`create_function`)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._known_functions import POSTGRES, SQLITE


def find(context: Context) -> Iterator[Proposal]:
    """Every call of such a function."""
    for call in context.parsed.nodes(exp.Anonymous):
        name = str(call.this)
        if name in SQLITE or name in POSTGRES or name.startswith(("sqlport_", "pragma_", "st_", "ƒ", "ħ")):
            continue
        if isinstance(
            call.parent, exp.Dot | exp.Insert | exp.Create | exp.IndexParameters
        ) or not context.parsed.has_span(call):
            continue
        yield Proposal(
            context.parsed.span(call),
            message=f"SQLite has no {name}(), so the program defines it on its connection; write it as a PostgreSQL"
            " function, or compute it in the program",
        )
