"""FNC017: round() of floats, half away from zero on SQLite and half to even on PostgreSQL, or not there at all."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import INTEGERS, NUMBERS, cast, is_cast_already, server_type
from sqlport.fixers._signs import literal
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, replace, wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every round() that is not of whole numbers; with PostgreSQL's numeric it rounds as SQLite does."""
    for call in context.parsed.calls("round"):
        if len(call.expressions) in (1, 2) and not is_cast_already(context, call):
            proposal = _proposal(context, call)
            if proposal is not None:
                yield proposal


def _proposal(context: Context, call: exp.Anonymous) -> Proposal | None:
    value = call.expressions[0]
    places = call.expressions[1] if len(call.expressions) == 2 else None
    found = server_type(context, value)
    span = context.parsed.span(call)
    if (found in INTEGERS and places is None) or found == "boolean":
        return None
    if found not in (*NUMBERS, "any", "unknown"):
        return Proposal(span, message="round() of text is an error on PostgreSQL; cast the text to a number first")
    rewrites: list[Rewrite] = []
    if found in ("float8", "any", "unknown"):
        rewrites.append(replace(context.parsed.span(value), *cast(context, value, "numeric")))
    digits = literal(places) if places is not None else 0
    if places is not None and (digits is None or digits < 0):
        rewrites.append(_digits(context, value, places, digits))
    rewrites.append(wrap(span, "", "::float8"))
    if found in INTEGERS:
        return Proposal(span, tuple(rewrites), Applicability.SAFE)
    return Proposal(span, tuple(rewrites))


def _digits(context: Context, value: exp.Expr, places: exp.Expr, digits: int | None) -> Rewrite:
    """SQLite takes a negative number of digits for none, and PostgreSQL wants an int4."""
    span = context.parsed.span(places)
    if digits is not None:
        return replace(Span(context.parsed.span(value).end, span.end))
    number = cast(context, places, "int") if server_type(context, places) != "int4" else (span,)
    return replace(span, "greatest(", *number, ", 0)")
