"""FNC009: randomblob(n) and zeroblob(n)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import cast, server_type
from sqlport.fixers._signs import literal
from sqlport.model import Applicability
from sqlport.sql import replace

_UUID_BYTES = 16
_CONDITION = "122 random bits of 128 will do"
_MANY = "PostgreSQL without extensions gives no more than 16 random bytes at once; use gen_random_bytes() of pgcrypto"


def find(context: Context) -> Iterator[Proposal]:
    """Every randomblob(n), as the hexadecimal digits that it is mostly wanted for, and zeroblob(n)."""
    for call in context.parsed.calls("randomblob"):
        yield _random(context, call)
    for call in context.parsed.calls("zeroblob"):
        if len(call.expressions) == 1:
            span, size = context.parsed.span(call), call.expressions[0]
            whole = context.parsed.span(size)
            parts = (whole,) if server_type(context, size) == "int4" else cast(context, size, "int")
            yield Proposal(span, (replace(span, "decode(repeat('00', ", *parts, "), 'hex')"),), Applicability.SAFE)


def _random(context: Context, call: exp.Anonymous) -> Proposal:
    span = context.parsed.span(call)
    size = literal(call.expressions[0]) if len(call.expressions) == 1 else None
    if size is None or size > _UUID_BYTES or size < 1:
        return Proposal(span, message=_MANY)
    hexadecimal = _call_round(call, "hex")
    if hexadecimal is not None and size == _UUID_BYTES:
        lowered = _call_round(hexadecimal, "lower")
        whole = context.parsed.span(lowered if lowered is not None else hexadecimal)
        text = "replace(gen_random_uuid()::text, '-', '')"
        new = text if lowered is not None else f"upper({text})"
        return Proposal(whole, (replace(whole, new),), Applicability.UNSAFE, condition=_CONDITION)
    new = "uuid_send(gen_random_uuid())"
    if size < _UUID_BYTES:
        new = f"substr({new}, 1, {size})"
    return Proposal(span, (replace(span, new),), Applicability.UNSAFE, condition=_CONDITION)


def _call_round(node: exp.Expr, name: str) -> exp.Anonymous | None:
    """The call of that name whose only argument is the node."""
    parent = node.parent
    if isinstance(parent, exp.Anonymous) and parent.this == name and len(parent.expressions) == 1:
        return parent
    return None
