"""LIT006: block comments that do not end, or that hold the beginning of another."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import replace
from sqlport.sql.comments import comments


def find(context: Context) -> Iterator[Proposal]:
    """Every such comment: PostgreSQL nests them, SQLite does not, and ends one that is open by itself."""
    text = context.parsed.text
    for span in comments(text):
        body = span.of(text)
        if not body.startswith("/*"):
            continue
        if not body.endswith("*/") or len(body) < len("/**/"):
            start = span.start
            while start and text[start - 1].isspace():
                start -= 1
            yield Proposal(span, (replace(Span(start, span.end)),))
            continue
        at = body.find("/*", 2)
        if 0 <= at < len(body) - 2:
            place = Span(span.start + at, span.start + at + 2)
            yield Proposal(span, (replace(place, "(*"),))
