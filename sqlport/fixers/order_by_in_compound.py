"""ORD006: ORDER BY behind UNION, INTERSECT or EXCEPT by more than a label of the first SELECT."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import quote
from sqlport.fixers import Context, Proposal
from sqlport.fixers._ordering import arms, ordinal, position, terms
from sqlport.model import Span
from sqlport.sql import Rewrite, replace, wrap


def find(context: Context) -> Iterator[Proposal]:
    """Every term that PostgreSQL does not take there, by the label or number of the column that it names."""
    for ordered, owner in terms(context):
        if not isinstance(owner, exp.SetOperation):
            continue
        node = ordered.this
        collation = None
        while isinstance(node, exp.Paren | exp.Collate):
            collation = node if isinstance(node, exp.Collate) else collation
            node = node.this
        index = position(owner, node)
        if collation is not None or index is None:
            yield _wrapped(context, ordered, owner, index is not None)
        elif ordinal(node) is None and not _is_label(node, owner):
            yield Proposal(context.parsed.span(node), (replace(context.parsed.span(node), _label(owner, index)),))


def _labels(owner: exp.SetOperation) -> list[str]:
    first = next(arms(owner))
    return [item.alias_or_name.lower() for item in first.expressions]


def _is_label(node: exp.Expr, owner: exp.SetOperation) -> bool:
    return isinstance(node, exp.Column) and not node.table and node.name.lower() in _labels(owner)


def _label(owner: exp.SetOperation, index: int) -> str:
    """The column of the first SELECT by its label if that is clear, else by its number.

    A label with capitals may get quotes at the same time (IDN007), another name may be there twice.
    """
    label = _labels(owner)[index]
    first = next(arms(owner)).expressions[index]
    is_named = isinstance(first, exp.Alias | exp.Column) and first.alias_or_name == label
    plain = is_named and _labels(owner).count(label) == 1
    return quote(label) if plain else str(index + 1)


def _wrapped(context: Context, ordered: exp.Ordered, owner: exp.SetOperation, known: bool) -> Proposal:
    """The compound query as a derived table, whose columns can be sorted by expressions."""
    parsed = context.parsed
    order = ordered.parent
    assert order is not None
    start = min(parsed.span(arm).start for arm in arms(owner))
    end = len(parsed.text[: parsed.span(order).start].rstrip())
    if not known or owner.args.get("with_") is not None:
        return Proposal(parsed.span(ordered))
    body = Span(start, end)
    rewrite: Rewrite = wrap(body, "SELECT * FROM (", ") AS compound")
    return Proposal(parsed.span(ordered), (rewrite,))
