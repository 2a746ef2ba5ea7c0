"""Whether a divisor can be zero, as far as the statement tells."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.fixers._grouping import is_aggregate
from sqlport.fixers._signs import not_negative

_EMPTY_IS_NULL = frozenset(["sum", "avg", "min", "max"])
_STRICT = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Neg, exp.Paren, exp.Cast, exp.Filter)


def is_never_zero(context: Context, node: exp.Expr) -> bool:
    """Whether the node is never zero (it may be NULL)."""
    while isinstance(node, exp.Paren | exp.Neg | exp.Cast):
        node = node.this
    if isinstance(node, exp.Null):
        return True
    if isinstance(node, exp.Literal):
        return _number(node) not in (0.0, None)
    if isinstance(node, exp.Mul):
        return is_never_zero(context, node.this) and is_never_zero(context, node.expression)
    if isinstance(node, exp.Add):
        return _is_positive(context, node)
    if isinstance(node, exp.Anonymous) and _is_never_zero_call(context, node):
        return True
    return _is_guarded(context, node)


def null_where_empty(node: exp.Expr) -> bool:
    """Whether it is `sum(x) / count(*)`, whose left side is NULL where the right one is zero."""
    divisor = node.expression
    while isinstance(divisor, exp.Paren | exp.Cast):
        divisor = divisor.this
    if not isinstance(divisor, exp.Anonymous) or divisor.this != "count" or isinstance(divisor.parent, exp.Filter):
        return False
    return _has_strict_aggregate(node.this, divisor)


def _has_strict_aggregate(node: exp.Expr, count: exp.Anonymous) -> bool:
    if isinstance(node, exp.Anonymous):
        if node.this not in _EMPTY_IS_NULL or not is_aggregate(node):
            return False
        return bool(count.expressions) and (
            isinstance(count.expressions[0], exp.Star) or count.expressions == node.expressions
        )
    if isinstance(node, _STRICT):
        sides = [node.this, node.args.get("expression")]
        return any(isinstance(side, exp.Expr) and _has_strict_aggregate(side, count) for side in sides)
    return False


def _is_never_zero_call(context: Context, call: exp.Anonymous) -> bool:
    name, arguments = str(call.this), call.expressions
    if name == "nullif" and len(arguments) == 2:
        return _number(arguments[1]) == 0.0
    if name in ("coalesce", "ifnull"):
        return all(is_never_zero(context, argument) for argument in arguments)
    if name in ("greatest", "max") and len(arguments) > 1:
        return any((_number(argument) or 0.0) > 0 for argument in arguments)
    if name in ("row_number", "rank", "dense_rank", "ntile", "pi"):
        return True
    if name == "count" and not isinstance(call.parent, exp.Filter):
        query = call.find_ancestor(exp.Select)
        grouped = query is not None and query.args.get("group") is not None
        return grouped and bool(arguments) and isinstance(arguments[0], exp.Star)
    return False


def _is_positive(context: Context, node: exp.Add) -> bool:
    sides = (node.this, node.expression)
    one = any((_number(side) or 0.0) > 0 for side in sides)
    return one and all(not_negative(context, side) for side in sides)


def _number(node: exp.Expr) -> float | None:
    if isinstance(node, exp.Paren):
        return _number(node.this)
    if isinstance(node, exp.Literal) and not node.is_string:
        try:
            return float(str(node.this).replace("_", ""))
        except ValueError:
            return None
    return None


def _is_guarded(context: Context, node: exp.Expr) -> bool:
    """Whether WHERE, HAVING or an enclosing CASE has asked that it is not zero."""
    return any(_excludes_zero(condition, node) for condition in _conditions(node))


def _conditions(node: exp.Expr) -> Iterator[exp.Expr]:
    """The conditions that hold where the node is computed."""
    child: exp.Expr = node
    parent = node.parent
    while parent is not None:
        if isinstance(parent, exp.If) and child.arg_key == "true":
            yield from _terms(parent.this)
        elif isinstance(parent, exp.Case) and child.arg_key == "default" and parent.this is None:
            for branch in parent.args["ifs"]:
                yield exp.Not(this=branch.this.copy())
        elif isinstance(parent, exp.Anonymous) and parent.this == "iif" and parent.expressions[1:2] == [child]:
            yield from _terms(parent.expressions[0])
        elif isinstance(parent, exp.Select):
            if child.arg_key in ("expressions", "order", "group"):
                for clause in (parent.args.get("where"), parent.args.get("having")):
                    if clause is not None and (clause.arg_key != "where" or not is_aggregate(node)):
                        yield from _terms(clause.this)
            return
        elif isinstance(parent, exp.Update):
            where = parent.args.get("where")
            if where is not None and child.arg_key == "expressions":
                yield from _terms(where.this)
            return
        child, parent = parent, parent.parent


def _terms(condition: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(condition, exp.Paren):
        yield from _terms(condition.this)
    elif isinstance(condition, exp.And):
        yield from _terms(condition.this)
        yield from _terms(condition.expression)
    else:
        yield condition


def _excludes_zero(condition: exp.Expr, node: exp.Expr) -> bool:
    if isinstance(condition, exp.Not):
        inner = condition.this
        while isinstance(inner, exp.Paren):
            inner = inner.this
        return isinstance(inner, exp.EQ) and inner.this == node and _number(inner.expression) == 0.0
    if condition == node:
        return True
    if isinstance(condition, exp.NEQ | exp.GT | exp.LT):
        if condition.this == node and _number(condition.expression) == 0.0:
            return True
        if condition.expression == node and _number(condition.this) == 0.0:
            return True
    if isinstance(condition, exp.GT | exp.GTE) and condition.this == node:
        return (_number(condition.expression) or 0.0) > 0
    if isinstance(condition, exp.EQ) and condition.this == node:
        return _number(condition.expression) not in (0.0, None)
    return False
