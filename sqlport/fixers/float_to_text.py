"""NUM006: floats as text, `2.0` on SQLite and `2` on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog import affinity
from sqlport.fixers import Context, Proposal
from sqlport.fixers._as_text import real_as_text
from sqlport.fixers._server_types import server_type
from sqlport.sql import replace
from sqlport.sql.match import rewrite


def find(context: Context) -> Iterator[Proposal]:
    """Every float that is joined to text or cast to it."""
    parsed = context.parsed
    for node in parsed.nodes(exp.DPipe):
        for side in (node.this, node.expression):
            inner = side
            while isinstance(inner, exp.Paren):
                inner = inner.this
            if server_type(context, inner) == "float8":
                yield Proposal(parsed.span(side), (replace(parsed.span(side), *real_as_text(context, inner)),))
    for cast in parsed.nodes(exp.Cast):
        if not parsed.is_sqlite_cast(cast) or server_type(context, cast.this) != "float8":
            continue
        if affinity(parsed.cast_type(cast).of(parsed.text)) == "TEXT":
            yield Proposal(parsed.span(cast), (rewrite(parsed, cast, *real_as_text(context, cast.this)),))
