"""BOO005: TRUE or FALSE stored in a number column, and 1 or 0 stored in a boolean one."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._affinity import argument_type
from sqlport.fixers._conditions import stored_kinds, uses
from sqlport.sql import replace, wrap


def find(context: Context) -> Iterator[Proposal]:
    """Values that are stored: in VALUES, SET and DEFAULT."""
    parsed = context.parsed
    for node, use in uses(context):
        if use == "stored" and isinstance(node, exp.Boolean):
            span = parsed.span(node)
            yield Proposal(span, (replace(span, "1" if node.this else "0"),))
    for node, kind in _stored(context):
        if kind == "integer" and not isinstance(node, exp.Placeholder):
            continue
        if not parsed.has_span(node):  # DEFAULT
            continue
        span = parsed.span(node)
        if kind == "integer" and argument_type(context, node) == "bool":
            yield Proposal(span, (wrap(span, "CAST(", " AS int)"),))
        elif kind == "boolean" and isinstance(node, exp.Placeholder):
            if argument_type(context, node) != "bool":
                yield Proposal(span, (wrap(span, "CAST(CAST(", " AS int) AS boolean)"),))
        elif kind == "boolean" and isinstance(node, exp.Literal) and str(node.this) in ("0", "1"):
            if not node.is_string:
                yield Proposal(span, (replace(span, "true" if str(node.this) == "1" else "false"),))
        elif kind == "boolean" and context.semantics.kind(node) == "integer":
            yield Proposal(span, (replace(span, "(", span, " <> 0)"),))


def _stored(context: Context) -> Iterator[tuple[exp.Expr, str]]:
    """Values of VALUES and SET, and the kind of their column."""
    for statement in context.parsed.nodes(exp.Insert):
        values = statement.expression
        rows = values.expressions if isinstance(values, exp.Values) else ()
        kinds = stored_kinds(context, statement)
        if not {"integer", "boolean"}.intersection(kinds):
            continue
        for row in rows:
            values = row.expressions if isinstance(row, exp.Tuple) else ()
            yield from zip(values, kinds, strict=False)
    for assignment in context.parsed.nodes(exp.EQ):
        if isinstance(assignment.parent, exp.Update | exp.OnConflict) and assignment.arg_key == "expressions":
            yield assignment.expression, context.semantics.kind(assignment.this)
