"""FNC007: hex() and unhex() as encode() and decode()."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._as_text import REAL_CONDITION, as_text
from sqlport.fixers._server_types import server_type
from sqlport.model import Applicability, Span
from sqlport.sql import replace

Parts = tuple[str | Span, ...]
_NOT_NULL_CALLS = frozenset(["randomblob", "zeroblob", "decode", "uuid_send"])


def find(context: Context) -> Iterator[Proposal]:
    """Every hex(x), unhex(x)."""
    for call in context.parsed.calls("hex"):
        if len(call.expressions) == 1 and not _is_random_identifier(call.expressions[0]):
            yield _hex(context, call)
    for call in context.parsed.calls("unhex"):
        yield _unhex(context, call)


def _is_random_identifier(value: exp.Expr) -> bool:
    """Whether it is `randomblob(16)`, whose digits FNC009 makes from a UUID."""
    return (
        isinstance(value, exp.Anonymous)
        and value.this == "randomblob"
        and [str(size.this) for size in value.expressions] == ["16"]
    )


def _hex(context: Context, call: exp.Anonymous) -> Proposal:
    span, value = context.parsed.span(call), call.expressions[0]
    found = server_type(context, value)
    inner: Parts = (context.parsed.span(value),)
    if found not in ("bytea", "any"):
        inner = ("convert_to(", *as_text(context, value), ", 'UTF8')")
    parts: Parts = ("upper(encode(", *inner, ", 'hex'))")
    never_null = isinstance(value, exp.Anonymous) and value.this in _NOT_NULL_CALLS
    if context.semantics.nullable(value) and not never_null:
        parts = ("coalesce(", *parts, ", '')")
    if found == "float8":
        return Proposal(span, (replace(span, *parts),), Applicability.UNSAFE, condition=REAL_CONDITION)
    return Proposal(span, (replace(span, *parts),))


def _unhex(context: Context, call: exp.Anonymous) -> Proposal:
    span = context.parsed.span(call)
    if len(call.expressions) != 1:
        message = (
            "PostgreSQL's decode() ignores no characters but white space; take the others out with replace() first"
        )
        return Proposal(span, message=message)
    value = call.expressions[0]
    whole = context.parsed.span(value)
    if isinstance(value, exp.Literal) and value.is_string:
        if re.fullmatch(r"(?:[0-9A-Fa-f]{2})*", str(value.this)):
            return Proposal(span, (replace(span, "decode(", whole, ", 'hex')"),))
        return Proposal(span, (replace(span, "NULL::bytea"),))
    text = as_text(context, value)
    test: Parts = ("regexp_like(", *text, ", '^([0-9A-Fa-f]{2})*$')")
    return Proposal(span, (replace(span, "CASE WHEN ", *test, " THEN decode(", *text, ", 'hex') END"),))
