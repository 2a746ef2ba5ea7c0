"""VTB002: MATCH, and the functions of full text search."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._virtual import is_made_with

_FUNCTIONS = ("bm25", "highlight", "snippet", "offsets", "matchinfo")


def find(context: Context) -> Iterator[Proposal]:
    """Every query by MATCH, by `table('words')` and `table = 'words'`, and every auxiliary function of a table."""
    parsed, catalog = context.parsed, context.catalog
    for match in parsed.nodes(exp.Match):
        yield Proposal(parsed.span(match))
    for call in parsed.calls(*_FUNCTIONS):
        first = call.expressions[0] if call.expressions else None
        if isinstance(first, exp.Column) and not first.table:
            yield Proposal(parsed.span(call))
    for call in parsed.nodes(exp.Anonymous):
        if isinstance(call.parent, exp.Table) and is_made_with(catalog, str(call.this), "fts"):
            yield Proposal(parsed.span(call))
    for comparison in parsed.nodes(exp.EQ):
        column = comparison.this
        if isinstance(column, exp.Column) and is_made_with(catalog, column.name, "fts"):
            yield Proposal(parsed.span(comparison))
