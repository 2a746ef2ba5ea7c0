"""PRG002: PRAGMA user_version and application_id, numbers in the header of SQLite's file."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._pragmas import pragma
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, replace

# The number as the comment of the schema: transactional, and every schema has its own, as every file has.
_READ = (
    "SELECT coalesce(substring(obj_description(current_schema()::regnamespace, 'pg_namespace')"
    " FROM '^user_version ([0-9]+)$')::bigint, 0) AS user_version"
)
_BEFORE = "DO $$ BEGIN EXECUTE format('COMMENT ON SCHEMA %I IS %L', current_schema(), 'user_version "
_BEHIND = "'); END $$"
_SET = re.compile(r"(?is)PRAGMA\s+user_version\s*(?:=\s*|\(\s*)(?P<value>\d+|\{\w+\})(?:\s*\))?")


def find(context: Context) -> Iterator[Proposal]:
    """Every one; user_version becomes the comment of the schema."""
    found = pragma(context)
    text = context.parsed.text
    if found is None:
        tokens = context.parsed.tokens
        if context.parsed.kind != "PRAGMA" or not context.parsed.holes or len(tokens) < 2:
            return
        end = next((token.end for token in reversed(tokens) if token.text != ";"), 0)
        span = Span(tokens[0].start, end)
        if tokens[1].word not in ("USER_VERSION", "APPLICATION_ID"):
            return
    else:
        span = found.span
        if found.name not in ("user_version", "application_id"):
            return
        if found.name == "user_version" and found.asks:
            yield Proposal(span, (replace(span, _READ),), Applicability.UNSAFE)
            return
    written = _SET.match(span.of(text))
    if written is None:
        yield Proposal(span)
        return
    start, end = (span.start + at for at in written.span("value"))
    rewrites = (Rewrite(span.start, span.start + written.end(), (_BEFORE, Span(start, end), _BEHIND)),)
    yield Proposal(span, rewrites, Applicability.UNSAFE)
