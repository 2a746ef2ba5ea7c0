"""ORD004: a constant in ORDER BY or GROUP BY, which sorts or groups nothing and PostgreSQL refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.model import Span
from sqlport.sql import replace


def find(context: Context) -> Iterator[Proposal]:
    """Every list of terms in which a constant stands that is no column number."""
    for order in context.parsed.nodes(exp.Order):
        if context.parsed.has_span(order):
            yield from _without(context, order, [term.this for term in order.expressions], order.expressions, "")
    for group in context.parsed.nodes(exp.Group):
        if context.parsed.has_span(group):
            having = _having(context, group)
            yield from _without(context, group, group.expressions, group.expressions, having)


def _without(
    context: Context, clause: exp.Expr, values: Sequence[exp.Expr], terms: Sequence[exp.Expr], instead: str | None
) -> Iterator[Proposal]:
    """The clause without its constants; `instead` stands for it when nothing else is left of it."""
    parsed = context.parsed
    constant = [_is_constant(value) for value in values]
    for index, term in enumerate(terms):
        if not constant[index]:
            continue
        span = parsed.span(term)
        if all(constant):
            whole = parsed.span(clause)
            if instead is None:
                yield Proposal(span)
            else:
                start = whole.start if instead else len(parsed.text[: whole.start].rstrip())
                yield Proposal(span, (replace(Span(start, whole.end), instead),))
            return
        if index + 1 < len(terms):
            gone = Span(span.start, parsed.span(terms[index + 1]).start)
        else:
            gone = Span(parsed.span(terms[index - 1]).end, span.end)
        yield Proposal(span, (replace(gone),))


def _having(context: Context, group: exp.Group) -> str | None:
    """What GROUP BY a constant says: one group, and none where there are no rows."""
    query = group.parent
    if isinstance(query, exp.Select) and query.args.get("having") is None:
        return "HAVING count(*) > 0"
    return None


def _is_constant(node: exp.Expr) -> bool:
    while isinstance(node, exp.Paren | exp.Collate):
        node = node.this
    if isinstance(node, exp.Literal):
        return node.is_string or not str(node.this).isdigit()
    return isinstance(node, exp.Null | exp.Boolean | exp.HexString)
