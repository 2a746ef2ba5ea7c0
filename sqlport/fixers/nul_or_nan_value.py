"""LIT005: text with a NUL character, and NaN, which SQLite stores as NULL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog import affinity
from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability
from sqlport.sql import wrap

_NAN = "SQLite stores NaN as NULL, PostgreSQL as NaN; pass None, or make NULL of it"


def find(context: Context) -> Iterator[Proposal]:
    """Every string, blob cast to text and known parameter with NUL, and every parameter that is NaN."""
    parsed = context.parsed
    for literal in parsed.nodes(exp.Literal):
        if literal.is_string and "\0" in str(literal.this) and parsed.has_span(literal):
            yield Proposal(parsed.span(literal))
    for cast in parsed.nodes(exp.Cast):
        digits = str(cast.this.this) if isinstance(cast.this, exp.HexString) else ""
        pairs = [digits[at : at + 2] for at in range(0, len(digits), 2)]
        if "00" in pairs and affinity(parsed.cast_type(cast).of(parsed.text)) == "TEXT":
            yield Proposal(parsed.span(cast))
    for placeholder in parsed.placeholders:
        trait = context.arguments.traits.get(placeholder.key)
        if trait == "nul":
            yield Proposal(placeholder.span)
        elif trait == "nan" and not parsed.text[: placeholder.span.start].endswith("nullif(CAST("):
            change = wrap(placeholder.span, "nullif(CAST(", " AS float8), 'NaN')")
            yield Proposal(placeholder.span, (change,), Applicability.UNSAFE, message=_NAN, condition="NULL was meant")
