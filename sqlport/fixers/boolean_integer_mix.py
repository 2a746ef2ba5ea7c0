"""BOO002: TRUE or FALSE beside a number, and numbers beside a boolean column."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._affinity import argument_type
from sqlport.fixers._conditions import uses
from sqlport.model import Span
from sqlport.sql import Rewrite, replace, wrap

_COMPARISONS = (exp.EQ, exp.NEQ)
_NUMBERS_ONLY = frozenset("max min sum avg total abs".split())


def find(context: Context) -> Iterator[Proposal]:
    """TRUE and FALSE where a number is wanted; then, for boolean columns, the reverse."""
    for node, use in uses(context):
        if use == "number" and isinstance(node, exp.Boolean) and not _beside_boolean(context, node):
            span = context.parsed.span(node)
            yield Proposal(span, (replace(span, "1" if node.this else "0"),))
    for comparison in (*context.parsed.nodes(exp.EQ), *context.parsed.nodes(exp.NEQ)):
        yield from _passed(context, comparison)
    for column in context.parsed.nodes(exp.Column):
        if context.semantics.kind(column) == "boolean" and context.semantics.column(column) is not None:
            yield from _boolean_column(context, column)


def _beside_boolean(context: Context, node: exp.Expr) -> bool:
    """Whether it stands in the list of `column IN (...)`, and the column is a boolean."""
    return isinstance(node.parent, exp.In) and context.semantics.kind(node.parent.this) == "boolean"


def _passed(context: Context, comparison: exp.Expr) -> Iterator[Proposal]:
    """A parameter that is a bool, which drivers send as a boolean, beside a number."""
    for side, other in (
        (comparison.this, comparison.expression),
        (comparison.expression, comparison.this),
    ):
        if argument_type(context, side) == "bool" and context.semantics.kind(other) == "integer":
            span = context.parsed.span(side)
            if not _is_assignment(comparison):
                yield Proposal(span, (wrap(span, "CAST(", " AS int)"),))


def _boolean_column(context: Context, column: exp.Column) -> Iterator[Proposal]:
    parsed, parent = context.parsed, column.parent
    span = parsed.span(column)
    if isinstance(parent, exp.Anonymous) and parent.this in _NUMBERS_ONLY:
        yield Proposal(span, (wrap(span, "", "::int"),))
    elif isinstance(parent, exp.Anonymous) and parent.this in ("coalesce", "ifnull"):
        numbers = [argument for argument in parent.expressions if _bit(argument) is not None]
        if numbers and len(numbers) == len(parent.expressions) - 1:
            yield Proposal(span, (*(_as_boolean(context, n) for n in numbers), *_outside(context, parent)))
    elif isinstance(parent, _COMPARISONS) and not _is_assignment(parent):
        yield from _compared(context, column, parent)
    elif isinstance(parent, exp.In) and parent.this is column and parent.args.get("query") is None:
        bits = list(parent.expressions)
        if bits and all(_bit(item) is not None for item in bits):
            yield Proposal(span, tuple(_as_boolean(context, item) for item in bits))
    elif isinstance(parent, exp.If | exp.Case) and context.semantics.kind(_case(parent)) != "boolean":
        if not (isinstance(parent, exp.If) and parent.this is column):
            yield Proposal(span, (wrap(span, "", "::int"),))


def _compared(context: Context, column: exp.Column, comparison: exp.Expr) -> Iterator[Proposal]:
    parsed, semantics = context.parsed, context.semantics
    other = comparison.expression if comparison.this is column else comparison.this
    bit = _bit(other)
    span, whole = parsed.span(column), parsed.span(comparison)
    if bit is not None:
        positive = bit == isinstance(comparison, exp.EQ)
        parts: tuple[str | Span, ...] = (span,) if positive else ("NOT ", span)
        yield Proposal(span, (Rewrite(whole.start, whole.end, parts),))
    elif isinstance(other, exp.Placeholder):
        yield Proposal(span, (wrap(parsed.span(other), "(CAST(", " AS int) <> 0)"),))
    elif semantics.kind(other) in ("integer", "any"):
        yield Proposal(span, (wrap(span, "", "::int"),))


def _outside(context: Context, call: exp.Expr) -> tuple[Rewrite, ...]:
    """What `coalesce(...) = 1` needs once its arguments are booleans."""
    parent = call.parent
    if not isinstance(parent, _COMPARISONS):
        return ()
    bit = _bit(parent.expression)
    if bit is None:
        return ()
    call_span, whole = context.parsed.span(call), context.parsed.span(parent)
    parts: tuple[str | Span, ...] = (call_span,) if bit == isinstance(parent, exp.EQ) else ("NOT ", call_span)
    return (Rewrite(whole.start, whole.end, parts),)


def _as_boolean(context: Context, number: exp.Expr) -> Rewrite:
    return replace(context.parsed.span(number), "true" if _bit(number) else "false")


def _bit(node: exp.Expr) -> bool | None:
    """What 1 and 0 say."""
    if isinstance(node, exp.Literal) and not node.is_string and str(node.this) in ("0", "1"):
        return bool(int(str(node.this)))
    return None


def _case(node: exp.Expr) -> exp.Expr:
    return node.parent if isinstance(node, exp.If) and isinstance(node.parent, exp.Case) else node


def _is_assignment(node: exp.Expr) -> bool:
    return isinstance(node.parent, exp.Update | exp.OnConflict) and node.arg_key == "expressions"
