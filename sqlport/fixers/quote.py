"""FNC008: quote(x), a value as a SQL literal."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import INTEGERS, cast, server_type
from sqlport.model import Span
from sqlport.sql import replace

Parts = tuple[str | Span, ...]
_NO_TYPE = "PostgreSQL has no quote(), and its quote_nullable() puts quotes round numbers too; say which type is meant"


def find(context: Context) -> Iterator[Proposal]:
    """Every quote(x)."""
    for call in context.parsed.calls("quote"):
        if len(call.expressions) != 1:
            continue
        span = context.parsed.span(call)
        parts = _quoted(context, call.expressions[0])
        if parts is None:
            yield Proposal(span, message=_NO_TYPE)
        else:
            yield Proposal(span, (replace(span, *parts),))


def _quoted(context: Context, value: exp.Expr) -> Parts | None:
    span = context.parsed.span(value)
    found = server_type(context, value)
    if isinstance(value, exp.Null):
        return ("'NULL'",)
    if found == "text" or (isinstance(value, exp.Literal) and value.is_string):
        # Not quote_literal(), which writes a text with a backslash as E'...'.
        parts: Parts = ("concat('''', replace(", span, ", '''', ''''''), '''')")
    elif found in INTEGERS:
        parts = cast(context, value, "text")
    elif found == "bytea":
        parts = ("concat('X''', upper(encode(", span, ", 'hex')), '''')")
    else:
        return None
    if not context.semantics.nullable(value):
        return parts
    if found in INTEGERS:
        return ("coalesce(", *parts, ", 'NULL')")
    return ("CASE WHEN ", span, " IS NULL THEN 'NULL' ELSE ", *parts, " END")
