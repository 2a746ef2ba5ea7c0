"""Names in quotes that PostgreSQL does not know, or that it takes literally."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._identifiers import names, written
from sqlport.model import Span
from sqlport.sql import replace


def requoted(context: Context, quoting: str) -> Iterator[Proposal]:
    """Every name in this kind of quotes that PostgreSQL has to read otherwise."""
    for name in names(context):
        if name.quoting == quoting and name.value:
            text = written(context, name)
            if text != name.span.of(context.parsed.text):
                yield Proposal(name.span, (replace(name.span, kept_apart(context.parsed.text, name.span, text)),))


def kept_apart(sql: str, span: Span, text: str) -> str:
    """The name without quotes, with the blanks that `[id]INTEGER` did not need."""
    before, after = sql[max(span.start - 1, 0) : span.start], sql[span.end : span.end + 1]
    left = " " if _is_word(before) and _is_word(text[:1]) else ""
    right = " " if _is_word(after) and _is_word(text[-1:]) else ""
    return f"{left}{text}{right}"


def _is_word(character: str) -> bool:
    return character.isalnum() or character in ("_", "$")
