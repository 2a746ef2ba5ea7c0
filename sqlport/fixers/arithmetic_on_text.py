"""NUM004: numbers computed from text, which SQLite reads as far as it is one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import cast, server_type
from sqlport.fixers._unary_plus import plus_signs
from sqlport.model import Applicability
from sqlport.sql import replace, wrap
from sqlport.sql.match import is_made_up

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
_NUMBER = re.compile(r"\s*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?\s*")
_INTEGERS = "every text is a whole number"
_NUMBERS = "every text is a number"
_YEAR = "SQLite computes with the year, the digits that this text begins with; PostgreSQL raises"
_DATES = "SQLite computes with the digits that this text begins with; say which number is meant"


def find(context: Context) -> Iterator[Proposal]:
    """Every operation on text, every sum of text, and `+text`, which changes nothing."""
    yield from plus_signs(context)
    for node in context.parsed.nodes(*_ARITHMETIC):
        yield from _operation(context, node)
    for negation in context.parsed.nodes(exp.Neg):
        if server_type(context, negation.this) == "text":
            yield _cast(context, negation, [negation.this])
    for call in context.parsed.calls("sum", "avg", "abs"):
        if len(call.expressions) == 1 and server_type(context, call.expressions[0]) == "text":
            yield _call(context, call)


def _operation(context: Context, node: exp.Expr) -> Iterator[Proposal]:
    sides = [node.this, node.expression]
    if any(is_made_up(context.parsed, side) for side in sides):
        return  # its parentheses come first
    texts = [side for side in sides if server_type(context, side) == "text"]
    strings = [side for side in sides if isinstance(side, exp.Literal) and side.is_string]
    odd = [side for side in strings if not _NUMBER.fullmatch(str(side.this))]
    if odd:
        yield Proposal(context.parsed.span(node), message=_DATES)
    elif texts:
        yield _cast(context, node, texts)
    elif len(strings) == len(sides):
        changes = [replace(context.parsed.span(side), str(side.this).strip()) for side in strings]
        yield Proposal(context.parsed.span(node), tuple(changes), Applicability.SAFE)


def _cast(context: Context, node: exp.Expr, texts: list[exp.Expr]) -> Proposal:
    rewrites = []
    for text in texts:
        span = context.parsed.span(text)
        if _is_date(text):  # SQLite computes with the digits that it begins with, the year
            rewrites.append(replace(span, "left(", span, ", 4)::bigint"))
        else:
            rewrites.append(replace(span, *cast(context, text, "bigint")))
    if all(map(_is_date, texts)):
        return Proposal(context.parsed.span(node), tuple(rewrites), Applicability.SAFE, _YEAR)
    return Proposal(context.parsed.span(node), tuple(rewrites), Applicability.UNSAFE, condition=_INTEGERS)


def _is_date(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.this in ("date", "datetime")


def _call(context: Context, call: exp.Anonymous) -> Proposal:
    value = call.expressions[0]
    inner = value.expressions[0] if isinstance(value, exp.Distinct) else value
    span = context.parsed.span(inner)
    type_name = "float8" if call.this == "avg" else "bigint"
    rewrites = [replace(span, *cast(context, inner, type_name))]
    whole: exp.Expr = call
    while isinstance(whole.parent, exp.Filter | exp.Window) and whole.parent.this is whole:
        whole = whole.parent
    if call.this == "sum":
        plain = whole is call
        rewrites.append(wrap(context.parsed.span(whole), "" if plain else "(", "::bigint" if plain else ")::bigint"))
    condition = _NUMBERS if call.this == "avg" else _INTEGERS
    return Proposal(context.parsed.span(call), tuple(rewrites), Applicability.UNSAFE, condition=condition)
