"""Whether an expression can be NULL where it is sorted or tested: what the query's own conditions rule out."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context

_REJECTING = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.ILike, exp.Glob, exp.Between, exp.In)


def may_be_null(context: Context, node: exp.Expr, query: exp.Expr | None) -> bool:
    """Whether the node may be NULL in a row that `query` lets through (True where it is not known)."""
    if not context.semantics.nullable(node):
        return False
    if query is None or context.alike:
        return True
    inner = _of_each_group(node, query)
    return not any(_same(inner, other) for other in _rejected(query)) and (
        inner is node or context.semantics.nullable(inner)
    )


def _of_each_group(node: exp.Expr, query: exp.Expr) -> exp.Expr:
    """What min(), max(), sum() or avg() is over in a query with groups, which have a row each; else the node."""
    group = query.args.get("group")
    if group is None or not group.expressions or not isinstance(node, exp.Anonymous) or len(node.expressions) != 1:
        return node
    argument = node.expressions[0]
    plain = isinstance(argument, exp.Expr) and not isinstance(argument, exp.Order)
    return argument if plain and node.this in ("min", "max", "sum", "avg") else node


def _rejected(query: exp.Expr) -> Iterator[exp.Expr]:
    """The expressions whose NULL makes a condition of the query fail."""
    conditions = [query.args.get("where"), query.args.get("having")]
    conditions += [join.args.get("on") for join in query.args.get("joins") or () if not join.side]
    for condition in conditions:
        if condition is not None:
            yield from _of(condition.this if isinstance(condition, exp.Where | exp.Having) else condition)


def _of(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.Paren):
        yield from _of(condition.this)
    elif isinstance(condition, exp.And):
        yield from _of(condition.this)
        yield from _of(condition.expression)
    elif isinstance(condition, exp.Not):
        inner = condition.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            yield inner.this
        elif isinstance(inner, _REJECTING):
            yield from _operands(inner)
    elif isinstance(condition, exp.Escape):
        yield from _of(condition.this)
    elif isinstance(condition, _REJECTING):
        yield from _operands(condition)
    elif isinstance(condition, exp.Column):
        yield condition


def _operands(comparison: exp.Expr) -> Iterator[exp.Expr]:
    yield comparison.this
    if isinstance(comparison, exp.Binary):
        yield comparison.expression


def _same(node: exp.Expr, other: exp.Expr) -> bool:
    """Whether both are one expression (of two column names one may leave the table out)."""
    if isinstance(node, exp.Column) and isinstance(other, exp.Column):
        tables = {node.table.lower(), other.table.lower()} - {""}
        return node.name.lower() == other.name.lower() and len(tables) < 2
    return node == other
