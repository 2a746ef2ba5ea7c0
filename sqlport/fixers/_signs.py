"""Whether a number can be negative or zero, as far as its expression tells."""

from __future__ import annotations

from sqlglot import exp

from sqlport.fixers import Context

_NOT_NEGATIVE = frozenset(
    """length octet_length instr strpos position unicode ascii count row_number rank dense_rank ntile abs
    json_array_length char_length""".split()
)


def literal(node: exp.Expr) -> int | None:
    """The whole number that a node spells, with its sign."""
    if isinstance(node, exp.Paren):
        return literal(node.this)
    if isinstance(node, exp.Neg):
        inner = literal(node.this)
        return None if inner is None else -inner
    if isinstance(node, exp.Literal) and not node.is_string and str(node.this).replace("_", "").isdigit():
        return int(str(node.this).replace("_", ""))
    return None


def not_negative(context: Context, node: exp.Expr) -> bool:
    """Whether the node is never below zero (it may be NULL)."""
    value = literal(node)
    if value is not None:
        return value >= 0
    if isinstance(node, exp.Paren):
        return not_negative(context, node.this)
    if isinstance(node, exp.Cast):
        return not_negative(context, node.this)
    if isinstance(node, exp.Add | exp.Mul | exp.Div):
        return all(not_negative(context, side) for side in (node.this, node.expression))
    if isinstance(node, exp.Anonymous):
        if node.this in ("coalesce", "ifnull", "max", "min", "greatest", "least", "nullif"):
            sides = [not_negative(context, argument) for argument in node.expressions]
            return any(sides) if node.this in ("greatest",) else bool(sides) and all(sides)
        return node.this in _NOT_NEGATIVE
    if isinstance(node, exp.Case):
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        default = node.args.get("default")
        return all(not_negative(context, branch) for branch in (*branches, *([default] if default else ())))
    return isinstance(node, exp.Null)
