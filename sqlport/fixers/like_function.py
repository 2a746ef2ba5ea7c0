"""PAT005: the function like(pattern, value), as the operator."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._patterns import insensitive, is_case_free, may_have_backslash
from sqlport.model import Span
from sqlport.sql.match import operand, rewrite


def find(context: Context) -> Iterator[Proposal]:
    """Every call of like() with two or three arguments."""
    parsed = context.parsed
    for call in parsed.calls("like"):
        if len(call.expressions) not in (2, 3):
            continue
        pattern, value = call.expressions[:2]
        word = " LIKE " if is_case_free(pattern) else " ILIKE "
        parts: list[str | Span] = [*operand(parsed, value), word, *operand(parsed, pattern)]
        parts.append(insensitive(context, value, pattern) if word == " ILIKE " else "")
        if len(call.expressions) == 3:
            parts += [" ESCAPE ", parsed.span(call.expressions[2])]
        elif may_have_backslash(pattern):
            parts.append(" ESCAPE ''")
        yield Proposal(parsed.span(call), (rewrite(parsed, call, *(part for part in parts if part)),))
