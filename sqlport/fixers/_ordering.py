"""What an ORDER BY term sorts by: a result column by number or label, or an expression of its own."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context


def terms(context: Context) -> Iterator[tuple[exp.Ordered, exp.Expr]]:
    """Every ORDER BY term of a query, window or aggregate, and the query, window or call that it orders."""
    for ordered in context.parsed.nodes(exp.Ordered):
        order = ordered.parent
        if isinstance(order, exp.Order) and order.parent is not None and context.parsed.has_span(ordered):
            yield ordered, order.parent


def stands_for(context: Context, ordered: exp.Ordered, owner: exp.Expr) -> tuple[exp.Expr, ...]:
    """The expressions that the term sorts by: one, or one for each arm of a compound query."""
    node = _bare(ordered.this)
    if not isinstance(owner, exp.Select | exp.SetOperation):
        return (ordered.this,)
    index = position(owner, node)
    return (ordered.this,) if index is None else tuple(_column(arm, index) for arm in arms(owner))


def position(owner: exp.Expr, node: exp.Expr) -> int | None:
    """The 0-based result column that a term names: by number, by label, or for a compound query by any of its arms."""
    number = ordinal(node)
    width = len(next(arms(owner)).expressions)
    if number is not None:
        return number - 1 if 0 < number <= width else None
    if isinstance(owner, exp.SetOperation):
        for arm in arms(owner):
            for index, item in enumerate(arm.expressions if isinstance(arm, exp.Select) else ()):
                if _names(node, item):
                    return index
    elif isinstance(node, exp.Column) and not node.table:
        labels = [item.alias.lower() if isinstance(item, exp.Alias) else "" for item in owner.expressions]
        if node.name.lower() in labels:
            return labels.index(node.name.lower())
    return None


def _names(node: exp.Expr, item: exp.Expr) -> bool:
    value = item.this if isinstance(item, exp.Alias) else item
    if value == node:
        return True
    if not isinstance(node, exp.Column):
        return False
    if not node.table and item.alias_or_name.lower() == node.name.lower():
        return True
    return isinstance(value, exp.Column) and value.name.lower() == node.name.lower() and not value.table


def ordinal(node: exp.Expr) -> int | None:
    """The number of a result column that a term is."""
    if isinstance(node, exp.Literal) and not node.is_string and str(node.this).isdigit():
        return int(str(node.this))
    return None


def arms(query: exp.Expr) -> Iterator[exp.Expr]:
    """The SELECTs of a compound query, from the left."""
    while isinstance(query, exp.Subquery | exp.Paren):
        query = query.this
    if isinstance(query, exp.SetOperation):
        yield from arms(query.this)
        yield from arms(query.expression)
    else:
        yield query


def _column(arm: exp.Expr, index: int) -> exp.Expr:
    items = arm.expressions
    if isinstance(arm, exp.Values):
        items = items[0].expressions if items else []
    item = items[index] if index < len(items) else exp.Null()
    return item.this if isinstance(item, exp.Alias) else item


def _bare(node: exp.Expr) -> exp.Expr:
    while isinstance(node, exp.Paren | exp.Collate):
        node = node.this
    return node
