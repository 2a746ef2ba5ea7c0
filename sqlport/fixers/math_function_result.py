"""FNC019: mathematical functions whose result has another type, or which raise where SQLite gives NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import INTEGERS, cast, is_cast_already, server_type
from sqlport.fixers._signs import literal
from sqlport.sql import Rewrite, replace, wrap

_ROUNDING = ("ceil", "ceiling", "floor", "trunc")
_REAL = ("sqrt", "exp", "ln", "log", "log10", "pow", "power")
_DOMAIN = "SQLite gives NULL outside the function's domain, PostgreSQL an error; ask with CASE before calling it"


def find(context: Context) -> Iterator[Proposal]:
    """Every call whose result PostgreSQL gives another type, and those on constants outside the domain."""
    for call in context.parsed.calls(*_ROUNDING, *_REAL, "sign", "mod", "log2", "acos", "asin"):
        if not call.expressions or is_cast_already(context, call):
            continue
        span = context.parsed.span(call)
        if _outside(call):
            yield Proposal(span, message=_DOMAIN)
            continue
        rewrites = _rewrites(context, call)
        if rewrites:
            yield Proposal(span, rewrites)


def _rewrites(context: Context, call: exp.Anonymous) -> tuple[Rewrite, ...]:
    span = context.parsed.span(call)
    name = str(call.this)
    types = [server_type(context, argument) for argument in call.expressions]
    if name == "sign":
        return (wrap(span, "", "::int"),)
    if name == "mod":
        floats = [a for a, found in zip(call.expressions, types, strict=True) if found == "float8"]
        casts = [replace(context.parsed.span(a), *cast(context, a, "numeric")) for a in floats]
        return (*casts, wrap(span, "", "::float8")) if "any" not in types else ()
    if name == "log2" and len(types) == 1:
        value = call.expressions[0]
        number = (context.parsed.span(value),) if types[0] == "numeric" else cast(context, value, "numeric")
        return (replace(span, "log(2, ", *number, ")::float8"),)
    if name in _ROUNDING and types[0] in INTEGERS and len(types) == 1:
        return (wrap(span, "", "::bigint"),)
    if name == "log" and len(types) == 2:
        casts = [
            replace(context.parsed.span(a), *cast(context, a, "numeric"))
            for a, found in zip(call.expressions, types, strict=True)
            if found == "float8"
        ]
        return (*casts, wrap(span, "", "::float8"))
    return (wrap(span, "", "::float8"),) if server_type(context, call) == "numeric" else ()


def _outside(call: exp.Anonymous) -> bool:
    """Whether the argument is a constant for which there is no result."""
    value = literal(call.expressions[-1])
    if value is None:
        return False
    name = str(call.this)
    if name == "sqrt":
        return value < 0
    if name in ("ln", "log", "log10", "log2"):
        return value <= 0
    if name in ("acos", "asin"):
        return not -1 <= value <= 1
    return name == "mod" and value == 0
