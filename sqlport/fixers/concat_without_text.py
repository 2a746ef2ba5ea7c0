"""OPR003: `||` between values of which none is text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import NUMBERS, cast, server_type
from sqlport.fixers.blob_literal import text_of
from sqlport.sql import replace

_BLOB = "|| of a blob gives text on SQLite and a blob, or an error, on PostgreSQL; convert it with convert_from() first"


def find(context: Context) -> Iterator[Proposal]:
    """Every `||` whose first operands are numbers, and every one with a blob."""
    for node in context.parsed.nodes(exp.DPipe):
        types = [server_type(context, side) for side in (node.this, node.expression)]
        sides = zip((node.this, node.expression), types, strict=True)
        if any(kind == "bytea" and text_of(side) is None for side, kind in sides):
            yield Proposal(context.parsed.span(node), message=_BLOB)
        elif types[0] in NUMBERS and types[1] in NUMBERS and types[0] != "float8":
            span = context.parsed.span(node.this)
            yield Proposal(context.parsed.span(node), (replace(span, *cast(context, node.this, "text")),))
