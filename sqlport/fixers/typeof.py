"""FNC012: typeof(x), which on PostgreSQL follows from the column's type, not from the value."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import server_type
from sqlport.sql import Rewrite, replace
from sqlport.sql.match import operand, rewrite

_NAMES = {"int4": "integer", "int8": "integer", "float8": "real", "text": "text", "bytea": "blob", "boolean": "integer"}
_NO_TYPE = "the type of this value is not known here, and PostgreSQL has one type for a column; decide what is meant"


def find(context: Context) -> Iterator[Proposal]:
    """Every typeof(x)."""
    for call in context.parsed.calls("typeof"):
        if len(call.expressions) != 1:
            continue
        span = context.parsed.span(call)
        name = _name(context, call.expressions[0])
        if name is None:
            yield Proposal(span, message=_NO_TYPE)
        else:
            yield Proposal(span, (_rewrite(context, call, name),))


def _name(context: Context, value: exp.Expr) -> str | None:
    if isinstance(value, exp.Null):
        return "null"
    if isinstance(value, exp.Literal):
        return "text" if value.is_string else "integer" if value.is_int else "real"
    return _NAMES.get(server_type(context, value))


def _rewrite(context: Context, call: exp.Anonymous, name: str) -> Rewrite:
    value = call.expressions[0]
    nullable = context.semantics.nullable(value)
    text = operand(context.parsed, value)
    other = _compared(call)
    if other is not None and nullable and other in (name, "null"):
        comparison = call.parent
        assert comparison is not None
        is_null = (other == "null") == isinstance(comparison, exp.EQ)
        return rewrite(context.parsed, comparison, *text, " IS NULL" if is_null else " IS NOT NULL")
    span = context.parsed.span(call)
    if not nullable or name == "null":
        return replace(span, f"'{name}'")
    return replace(span, "CASE WHEN ", *text, f" IS NULL THEN 'null' ELSE '{name}' END")


def _compared(call: exp.Expr) -> str | None:
    """The string that the type is compared with."""
    parent = call.parent
    if isinstance(parent, exp.EQ | exp.NEQ) and parent.this is call:
        right = parent.expression
        if isinstance(right, exp.Literal) and right.is_string:
            return str(right.this)
    return None
