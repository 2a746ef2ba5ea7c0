"""VTB004: rtree tables, and what is asked of them."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._virtual import is_made_with, module

_QUERY = (
    "this table is an R*Tree, which PostgreSQL has as a GiST index over a box; compare boxes with && and @> "
    "(or ST_Intersects of PostGIS) instead of the coordinates"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every rtree table, and every statement about one."""
    found = module(context.parsed)
    if found is not None and found.word.startswith("RTREE"):
        yield Proposal(context.parsed.tokens[0].span)
    for table in context.parsed.nodes(exp.Table):
        if is_made_with(context.catalog, table.name, "rtree"):
            yield Proposal(context.parsed.span(table), message=_QUERY)
