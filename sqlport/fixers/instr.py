"""FNC004: instr(text, part) as strpos(), with numbers as text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._as_text import REAL_CONDITION, as_text
from sqlport.fixers._citext import is_citext
from sqlport.fixers._server_types import server_type
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, replace


def find(context: Context) -> Iterator[Proposal]:
    """Every instr() of two arguments."""
    for call in context.parsed.calls("instr"):
        if len(call.expressions) != 2:
            continue
        span = context.parsed.span(call)
        types = {server_type(context, argument) for argument in call.expressions}
        if "bytea" in types:
            yield Proposal(span, message="instr() of a blob counts bytes; use position(part IN value) on PostgreSQL")
            continue
        rewrites: list[Rewrite] = [replace(Span(span.start, span.start + len("instr")), "strpos")]
        for argument in call.expressions:
            whole = context.parsed.span(argument)
            parts = (whole, "::text") if is_citext(context, argument) else as_text(context, argument)
            if parts != (whole,):
                rewrites.append(replace(whole, *parts))
        if "float8" in types:
            yield Proposal(span, tuple(rewrites), Applicability.UNSAFE, condition=REAL_CONDITION)
        else:
            yield Proposal(span, tuple(rewrites))
