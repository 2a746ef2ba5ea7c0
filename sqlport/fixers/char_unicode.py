"""FNC011: char() and unicode() as chr() and ascii()."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._as_text import as_text
from sqlport.fixers._server_types import cast, server_type
from sqlport.model import Applicability, Span
from sqlport.sql import replace
from sqlport.sql.match import rewrite

_NO_NULL = "no code is NULL, for which SQLite gives a NUL character"


def find(context: Context) -> Iterator[Proposal]:
    """Every char(code, ...) and unicode(text)."""
    for call in context.parsed.calls("char"):
        yield _char(context, call)
    for call in context.parsed.calls("unicode"):
        if len(call.expressions) == 1:
            span = context.parsed.span(call)
            yield Proposal(span, (replace(span, "nullif(ascii(", *as_text(context, call.expressions[0]), "), 0)"),))


def _char(context: Context, call: exp.Anonymous) -> Proposal:
    span = context.parsed.span(call)
    if not call.expressions:
        return Proposal(span, (replace(span, "''"),))
    if any(isinstance(code, exp.Literal) and str(code.this) == "0" for code in call.expressions):
        return Proposal(span, message="PostgreSQL's text has no NUL character; store a blob, or leave char(0) out")
    parts: list[str | Span] = []
    for code in call.expressions:
        known = server_type(context, code) in ("int4", "unknown") and not isinstance(code, exp.Placeholder)
        number = (context.parsed.span(code),) if known else cast(context, code, "int")
        parts += [" || " if parts else "", "chr(", *number, ")"]
    made = (rewrite(context.parsed, call, *(part for part in parts if part)),)
    if any(context.semantics.nullable(code) for code in call.expressions):
        return Proposal(span, made, Applicability.UNSAFE, condition=_NO_NULL)
    return Proposal(span, made)
