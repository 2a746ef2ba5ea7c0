"""BOO005: TRUE or FALSE stored in a number column, and 1 or 0 stored in a boolean one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._conditions import stored_in, uses
from sqlport.sql import replace, wrap


def find(context: Context) -> Iterator[Proposal]:
    """Values that are stored: in VALUES, SET and DEFAULT."""
    parsed = context.parsed
    for node, use in uses(context):
        if use == "stored" and isinstance(node, exp.Boolean):
            span = parsed.span(node)
            yield Proposal(span, (replace(span, "1" if node.this else "0"),))
    for node in _into_boolean(context):
        span = parsed.span(node)
        if isinstance(node, exp.Placeholder):
            yield Proposal(span, (wrap(span, "CAST(CAST(", " AS int) AS boolean)"),))
        elif isinstance(node, exp.Literal) and not node.is_string and str(node.this) in ("0", "1"):
            yield Proposal(span, (replace(span, "true" if str(node.this) == "1" else "false"),))
        elif context.semantics.kind(node) == "integer":
            yield Proposal(span, (replace(span, "(", span, " <> 0)"),))


def _into_boolean(context: Context) -> Iterator[exp.Expr]:
    """Values whose column is a boolean one."""
    for statement in context.parsed.nodes(exp.Insert):
        values = statement.expression
        rows = values.expressions if isinstance(values, exp.Values) else ()
        for row in rows:
            for index, value in enumerate(row.expressions if isinstance(row, exp.Tuple) else ()):
                if stored_in(context, statement, index) == "boolean":
                    yield value
    for assignment in context.parsed.nodes(exp.EQ):
        if isinstance(assignment.parent, exp.Update | exp.OnConflict) and assignment.arg_key == "expressions":
            if context.semantics.kind(assignment.this) == "boolean":
                yield assignment.expression
