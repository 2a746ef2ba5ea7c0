"""COL004: COLLATE BINARY, which is how PostgreSQL compares text in locale C."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._citext import is_citext
from sqlport.fixers._collations import collations, dropped, others
from sqlport.fixers._nocase_lower import is_lowered
from sqlport.fixers._tables import defined_columns, removed
from sqlport.sql import Rewrite, replace, wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every COLLATE BINARY, of expressions and of columns."""
    for node in collations(context, "BINARY"):
        yield Proposal(context.parsed.span(node), _plain(context, node))
    for _, column in defined_columns(context):
        for clause in column.all("collate"):
            if clause.collation is not None and clause.collation.text.upper() == "BINARY":
                yield Proposal(clause.body, (removed(context.parsed.text, clause.span),))


def _plain(context: Context, node: exp.Collate) -> tuple[Rewrite, ...]:
    parsed = context.parsed
    span, inner = parsed.span(node), parsed.span(node.this)
    compared = others(node) or ()
    sides = (node.this, *compared)
    plain = _is_plain(context, sides) and not any(is_lowered(context, side) for side in sides)
    end = "" if plain else ' COLLATE "C"'
    if is_citext(context, node.this):
        return (replace(span, inner, "::text" + end),)
    casts = tuple(wrap(parsed.span(other), "", "::text") for other in compared if is_citext(context, other))
    if end and context.semantics.kind(node.this) in ("text", "any"):
        return (*casts, replace(span, inner, end))
    return (*casts, dropped(context, node))


def _is_plain(context: Context, sides: tuple[exp.Expr, ...]) -> bool:
    """Whether the database's own order is meant, or one of the columns has that collation."""
    from sqlport.catalog.types import is_sqlites_locale
    from sqlport.semantics.collations import has_collation

    if is_sqlites_locale(context.target.locale):
        return True
    return any(has_collation(context.semantics, side, context.target) for side in sides)
