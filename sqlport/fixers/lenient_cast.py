"""TYP003: text cast to a number, of which SQLite takes what looks like one and PostgreSQL all or nothing."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog import affinity
from sqlport.fixers import Context, Proposal
from sqlport.fixers._affinity import integer_prefix, is_number, is_whole, real_prefix, text_literal
from sqlport.fixers._patterns import quoted
from sqlport.model import Applicability
from sqlport.sql import replace, wrap

_INTEGER = r", '^\s*([+-]?)([0-9]*).*$', '\10\2')"
_REAL = r", '^\s*([+-]?)((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)?.*$', '\10\2')"
_DIGITS = frozenset("YmdHMSjwWsJuGUVIeklN%")
_PORTED = frozenset("regexp_replace to_char extract".split())
_NO_NUMBER = "no text is a whole number, or a float does as well"


def find(context: Context) -> Iterator[Proposal]:
    """Every CAST of text to an integer, a real or a numeric type."""
    parsed = context.parsed
    for cast in parsed.nodes(exp.Cast):
        if not parsed.has_span(cast) or not parsed.is_sqlite_cast(cast) or context.semantics.kind(cast.this) != "text":
            continue
        kind = affinity(parsed.cast_type(cast).of(parsed.text))
        if kind in ("INTEGER", "REAL"):
            yield from _number(context, cast, whole=kind == "INTEGER")
        elif kind == "NUMERIC" and text_literal(cast.this) is None:
            yield _numeric(context, cast)
        elif kind == "NUMERIC" and not is_number(text_literal(cast.this) or ""):
            yield Proposal(parsed.span(cast), applicability=Applicability.MANUAL)


def _number(context: Context, cast: exp.Cast, *, whole: bool) -> Iterator[Proposal]:
    span = context.parsed.span(cast.this)
    literal = text_literal(cast.this)
    if literal is None:
        if not _is_digits(cast.this):
            pattern = _INTEGER if whole else _REAL
            yield Proposal(context.parsed.span(cast), (wrap(span, "regexp_replace(", pattern),))
    elif not (is_whole(literal) if whole else is_number(literal)):
        prefix = integer_prefix(literal) if whole else real_prefix(literal)
        yield Proposal(context.parsed.span(cast), (replace(span, quoted(prefix)),))


def _is_digits(node: exp.Expr) -> bool:
    """Whether the text is always a number: a part of a date, or what an earlier round made of it."""
    while isinstance(node, exp.Paren):
        node = node.this
    if not isinstance(node, exp.Anonymous):
        return False
    if node.this in _PORTED:
        return True
    form = node.expressions[0] if node.this == "strftime" and node.expressions else None
    if not isinstance(form, exp.Literal) or not form.is_string:
        return False
    text = str(form.this)
    return bool(text) and text.startswith("%") and all(a == "%" and b in _DIGITS for a, b in _couples(text))


def _couples(text: str) -> list[tuple[str, str]]:
    return [(text[i], text[i + 1 : i + 2]) for i in range(0, len(text), 2)]


def _numeric(context: Context, cast: exp.Cast) -> Proposal:
    """NUMERIC gives an integer or a float as the text looks; a float is equal to both."""
    parsed = context.parsed
    if _is_digits(cast.this):
        return Proposal(parsed.span(cast), applicability=Applicability.MANUAL)
    span, type_name = parsed.span(cast.this), parsed.cast_type(cast)
    rewrites = (wrap(span, "regexp_replace(", _REAL), replace(type_name, "double precision"))
    return Proposal(parsed.span(cast), rewrites, Applicability.UNSAFE, "", _NO_NUMBER)
