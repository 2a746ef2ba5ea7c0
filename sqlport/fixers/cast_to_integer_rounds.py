"""TYP007: CAST of a float to an integer, which SQLite cuts off and PostgreSQL rounds."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog import affinity
from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import server_type
from sqlport.model import Applicability
from sqlport.sql import replace, wrap

_WHOLE = frozenset("trunc round floor ceil ceiling sign count length instr unicode unixepoch".split())


def find(context: Context) -> Iterator[Proposal]:
    """Every CAST to an integer type of what is, or may be, no whole number."""
    parsed = context.parsed
    for cast in parsed.nodes(exp.Cast):
        if not parsed.has_span(cast) or not parsed.is_sqlite_cast(cast) or not parsed.has_span(cast.this):
            continue
        name = parsed.cast_type(cast)
        if affinity(name.of(parsed.text)) != "INTEGER" or _is_whole(cast.this):
            continue
        kind = context.semantics.kind(cast.this)
        fraction = kind in ("real", "numeric") or server_type(context, cast.this) in ("float8", "numeric")
        if fraction or _is_unknown_column(cast.this, kind):
            rewrites = (wrap(parsed.span(cast.this), "trunc(", ")"), replace(name, "bigint"))
            if fraction:
                yield Proposal(parsed.span(cast), rewrites)
            else:
                yield Proposal(parsed.span(cast), rewrites, Applicability.UNSAFE, "", "the value is a number")


def _is_whole(node: exp.Expr) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    return isinstance(node, exp.Anonymous) and node.this in _WHOLE and len(node.expressions) < 2


def _is_unknown_column(node: exp.Expr, kind: str) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    return kind == "any" and isinstance(node, exp.Column | exp.Add | exp.Sub | exp.Mul | exp.Div)
