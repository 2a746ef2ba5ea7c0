"""Where conditions stand: as a condition, among numbers, as a stored value or as a result. BOO rules share it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal as OneOf

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.sql import Rewrite, wrap
from sqlport.sql.match import is_made_up

Use = OneOf["condition", "number", "stored", "result", "free"]
"""What is wanted where a condition stands; `free` where PostgreSQL's boolean does as well as a number."""

_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_FREE = (exp.Ordered, exp.Group, exp.Window, exp.Order, exp.Is, exp.Distinct, exp.Limit, exp.Offset)
_STORED = (exp.DefaultColumnConstraint, exp.ComputedColumnConstraint)
# Nodes that are no conditions, or are left to those who ask: most of what a definition or a long INSERT is made of.
_NO_CONDITION = (
    *(exp.Paren, exp.Column, exp.Identifier, exp.ColumnDef, exp.DataType, exp.ColumnConstraint, exp.Table),
    *(exp.Literal, exp.Tuple, exp.Null),
)
_NEVER_BOOLEAN = frozenset(
    [*_NO_CONDITION, exp.Insert, exp.Values, exp.Schema, exp.Neg, exp.HexString, exp.Placeholder]
)
_INT4 = frozenset(["INT", "INTEGER", "INT4"])
_BRANCHING = frozenset(["coalesce", "ifnull", "nullif", "iif", "likely", "unlikely", "likelihood"])


def uses(context: Context) -> tuple[tuple[exp.Expr, Use], ...]:
    """Every outermost condition of the statement that is no part of a condition, and what is wanted there."""
    return _uses_of(_Key(context))


class _Key:
    """A statement with its meaning as a key of a cache: five rules ask the same of it."""

    def __init__(self, context: Context) -> None:
        self.context = context

    def __hash__(self) -> int:
        return id(self.context.semantics)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.context.semantics is self.context.semantics


@lru_cache(maxsize=4)
def _uses_of(key: _Key) -> tuple[tuple[exp.Expr, Use], ...]:
    return tuple(_uses(key.context))


def _uses(context: Context) -> Iterator[tuple[exp.Expr, Use]]:
    tree = context.parsed.tree
    if tree is None or context.parsed.node_types() <= _NEVER_BOOLEAN:
        return
    for node in tree.dfs():
        if isinstance(node, _NO_CONDITION) or not context.parsed.has_span(node):
            continue
        if isinstance(node.parent, exp.Escape):  # the whole is the condition
            continue
        if context.semantics.kind(node) != "boolean":
            continue
        use = use_of(context, node)
        if use not in ("condition", "free"):
            yield node, use


def use_of(context: Context, node: exp.Expr) -> Use:
    """What is wanted where the node stands."""
    if context.semantics.wants_condition(node):
        return "condition"
    child, parent = node, node.parent
    while isinstance(parent, exp.Paren):
        child, parent = parent, parent.parent
    if isinstance(parent, exp.Alias):
        child, parent = parent, parent.parent
    if isinstance(parent, exp.Ordered) and _is_distinct(parent):
        return "result"
    if parent is None or isinstance(parent, _FREE):
        return "free" if not isinstance(parent, exp.Distinct) else _of_distinct(context, parent)
    if isinstance(parent, exp.Select | exp.Returning):
        return "free" if isinstance(parent.parent, exp.Exists) else "result"
    if isinstance(parent, _COMPARISONS):
        return _of_comparison(context, child, parent)
    if isinstance(parent, exp.Anonymous):
        return _of_argument(context, parent)
    if isinstance(parent, exp.Case | exp.If):
        return _of_branch(context, child, parent)
    if isinstance(parent, exp.Cast):
        written = context.parsed.cast_type(parent).of(context.parsed.text)
        return "free" if written.upper() in _INT4 else "number"
    if isinstance(parent, exp.Tuple) and isinstance(parent.parent, exp.Values):
        return _of_value(context, child, parent)
    if isinstance(parent, _STORED):
        return "free" if _column_kind(context, parent) == "boolean" else "stored"
    if isinstance(parent, exp.Binary | exp.Neg | exp.BitwiseNot | exp.In | exp.Between | exp.Tuple):
        return "number"
    return "free"


def _is_distinct(term: exp.Ordered) -> bool:
    """Whether it sorts a SELECT DISTINCT, so that it has to be one of the results."""
    query = term.parent.parent if term.parent is not None else None
    return isinstance(query, exp.Select) and query.args.get("distinct") is not None


def _of_distinct(context: Context, distinct: exp.Distinct) -> Use:
    call = distinct.parent
    return _of_argument(context, call) if isinstance(call, exp.Anonymous) else "free"


def _of_comparison(context: Context, node: exp.Expr, comparison: exp.Expr) -> Use:
    if isinstance(comparison.parent, exp.Update | exp.OnConflict) and comparison.arg_key == "expressions":
        return "free" if context.semantics.kind(comparison.this) == "boolean" else "stored"
    other = comparison.expression if comparison.this is node else comparison.this
    return "free" if context.semantics.kind(other) in ("boolean", "null") else "number"


def _of_argument(context: Context, call: exp.Anonymous) -> Use:
    if call.this == "count":
        return "free"
    return "free" if call.this in _BRANCHING and context.semantics.kind(call) == "boolean" else "number"


def _of_branch(context: Context, node: exp.Expr, parent: exp.Expr) -> Use:
    case = parent.parent if isinstance(parent, exp.If) else parent
    if parent.this is node or not isinstance(case, exp.Case):
        return "number"
    return "free" if context.semantics.kind(case) == "boolean" else "number"


def _of_value(context: Context, node: exp.Expr, row: exp.Tuple) -> Use:
    statement = row.parent.parent if row.parent is not None else None
    if not isinstance(statement, exp.Insert):
        return "result"
    column = stored_in(context, statement, row.expressions.index(node))
    return "free" if column == "boolean" else "stored"


def stored_in(context: Context, statement: exp.Insert, index: int) -> str:
    """The kind of the column that an INSERT stores its value number `index` in."""
    kinds = stored_kinds(context, statement)
    return kinds[index] if index < len(kinds) else "any"


def stored_kinds(context: Context, statement: exp.Insert) -> tuple[str, ...]:
    """The kinds of the columns that an INSERT stores its values in."""
    from sqlport.catalog.types import column_type
    from sqlport.semantics.kinds import of_type

    target = statement.this
    names = [name.name for name in target.expressions] if isinstance(target, exp.Schema) else None
    table = context.catalog.table((target.this if isinstance(target, exp.Schema) else target).name)
    if table is None:
        return ()
    columns = table.columns if names is None else [table.column(name) for name in names]
    return tuple(
        of_type(column_type(column, table.name, context.target)) if column is not None else "any" for column in columns
    )


def _column_kind(context: Context, constraint: exp.Expr) -> str:
    """The kind of the column that a default or a generated value belongs to."""
    from sqlport.catalog.types import column_type
    from sqlport.semantics.kinds import of_type

    definition, create = constraint.find_ancestor(exp.ColumnDef), constraint.find_ancestor(exp.Create)
    if definition is None or create is None or not isinstance(create.this, exp.Schema):
        return "any"
    table = context.catalog.table(create.this.this.name)
    column = table.column(definition.name) if table is not None else None
    return of_type(column_type(column, table.name, context.target)) if table is not None and column else "any"


def as_number(context: Context, node: exp.Expr) -> Rewrite:
    """The condition given as 1 or 0: `(a > b)::int`."""
    parent = node.parent
    if isinstance(parent, exp.Paren) and context.parsed.has_span(parent) and not is_made_up(context.parsed, parent):
        return wrap(context.parsed.span(parent), "", "::int")
    if isinstance(node, exp.Exists):
        return wrap(context.parsed.span(node), "", "::int")
    return wrap(context.parsed.span(node), "(", ")::int")
