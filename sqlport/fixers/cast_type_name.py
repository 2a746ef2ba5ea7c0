"""TYP004: types in CAST that PostgreSQL does not have, or means something else by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog import affinity
from sqlport.catalog.types import cast_type
from sqlport.fixers import Context, Proposal
from sqlport.fixers._affinity import is_number, is_whole, text_literal
from sqlport.model import Applicability
from sqlport.sql import Rewrite, replace
from sqlport.sql.match import rewrite

_SAME = frozenset("""INTEGER INT BIGINT INT8 INT4 SMALLINT INT2 TEXT VARCHAR FLOAT FLOAT8""".split()) | {
    "DOUBLE PRECISION",
    "CHARACTER VARYING",
}
_WHOLE = "whole numbers may come as floats"
_BYTES = "the bytes are UTF-8"
_DATE = (
    "CAST AS {name} makes a number of the text in SQLite ('2024-05-06' becomes 2024); use date() or"
    " datetime() for a date, or substr() for a part of it"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every CAST of SQLite's whose type is to be another one."""
    parsed = context.parsed
    if context.target.profile == "native":
        return
    for cast in parsed.nodes(exp.Cast):
        if parsed.has_span(cast) and parsed.is_sqlite_cast(cast) and parsed.has_span(cast.this):
            name = " ".join(parsed.cast_type(cast).of(parsed.text).upper().split())
            if name == "REAL" and _is_short(cast):
                continue
            if name not in _SAME and name != "BYTEA":
                yield from _renamed(context, cast, name)
            elif name in ("TEXT", "VARCHAR", "CHARACTER VARYING") and context.semantics.kind(cast.this) == "blob":
                yield _from_bytes(context, cast)


def _is_short(cast: exp.Cast) -> bool:
    """Whether it is a literal that 4 bytes hold exactly, given out as it is."""
    literal = cast.this
    if not isinstance(literal, exp.Literal) or not is_number(str(literal.this)):
        return False
    parent = cast.parent.parent if isinstance(cast.parent, exp.Alias) else cast.parent
    value = float(str(literal.this))
    return isinstance(parent, exp.Select) and abs(value) < 2**24 and (value * 1024).is_integer()


def _renamed(context: Context, cast: exp.Cast, name: str) -> Iterator[Proposal]:
    parsed = context.parsed
    span, kind = parsed.cast_type(cast), context.semantics.kind(cast.this)
    found = affinity(name)
    if kind == "null":
        yield Proposal(parsed.span(cast), (replace(span, cast_type(name, context.target)),))
    elif found == "BLOB":
        yield _to_bytes(context, cast, kind)
    elif found == "TEXT" and kind == "blob":
        yield _from_bytes(context, cast)
    elif found == "NUMERIC":
        yield from _numeric(context, cast, name, kind)
    else:
        yield Proposal(parsed.span(cast), (replace(span, cast_type(name, context.target)),))


def _numeric(context: Context, cast: exp.Cast, name: str, kind: str) -> Iterator[Proposal]:
    """NUMERIC affinity: a number stays what it is, text becomes an integer or a float as it looks."""
    parsed = context.parsed
    span, literal = parsed.span(cast), text_literal(cast.this)
    if kind == "integer":
        yield Proposal(span, (_itself(context, cast),))
    elif kind in ("real", "numeric"):
        new = replace(parsed.cast_type(cast), "double precision")
        yield Proposal(span, (new,), Applicability.UNSAFE, "", _WHOLE)
    elif literal is not None and is_number(literal):
        type_name = "bigint" if is_whole(literal) else "double precision"
        yield Proposal(span, (replace(parsed.cast_type(cast), type_name),))
    elif kind == "text" and re.match(r"(DATE|TIME|STAMP)", name):
        yield Proposal(span, message=_DATE.format(name=name))
    elif (kind not in ("text", "null")) or (literal is not None and name not in ("NUMERIC", "DECIMAL")):
        yield Proposal(span)


def _itself(context: Context, cast: exp.Cast) -> Rewrite:
    return rewrite(context.parsed, cast, context.parsed.span(cast.this))


def _to_bytes(context: Context, cast: exp.Cast, kind: str) -> Proposal:
    parsed = context.parsed
    span, inner = parsed.span(cast), parsed.span(cast.this)
    if kind == "text":
        return Proposal(span, (replace(span, "convert_to(", inner, ", 'UTF8')"),))
    if kind == "integer":
        return Proposal(span, (replace(span, "convert_to(CAST(", inner, " AS text), 'UTF8')"),))
    return Proposal(span, (replace(parsed.cast_type(cast), "bytea"),)) if kind == "blob" else Proposal(span)


def _from_bytes(context: Context, cast: exp.Cast) -> Proposal:
    span = context.parsed.span(cast)
    new = replace(span, "convert_from(", context.parsed.span(cast.this), ", 'UTF8')")
    return Proposal(span, (new,), Applicability.UNSAFE, "", _BYTES)
