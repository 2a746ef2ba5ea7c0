"""Dates that meet a column which PostgreSQL keeps as a date or timestamp (profile `native`): no text then."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.fixers._dates_moment import Moment, Parts, truncated

_TYPES = {
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "timestamp without time zone": "timestamp",
    "timestamptz": "timestamptz",
    "timestamp with time zone": "timestamptz",
}

_OPERATORS: Mapping[type[exp.Expr], tuple[str, str]] = {
    exp.EQ: ("=", "="),
    exp.NEQ: ("<>", "<>"),
    exp.LT: ("<", ">"),
    exp.LTE: ("<=", ">="),
    exp.GT: (">", "<"),
    exp.GTE: (">=", "<="),
}
"""Comparisons as a column on the left sees them, and one on the right."""


def stored_type(context: Context, node: exp.Expr) -> str:
    """The date type of the column that takes the node's value as it is: by a DEFAULT, SET or VALUES; else empty."""
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    parent = node.parent
    if isinstance(parent, exp.DefaultColumnConstraint):
        column, create = parent.find_ancestor(exp.ColumnDef), parent.find_ancestor(exp.Create)
        if column is None or create is None or not isinstance(create.this, exp.Schema):
            return ""
        return _type(context, create.this.this.name, column.name)
    if isinstance(parent, exp.EQ) and parent.expression is node and isinstance(parent.parent, exp.Update):
        return _type(context, parent.parent.this.name, parent.this.name) if parent.arg_key == "expressions" else ""
    if isinstance(parent, exp.Tuple) and isinstance(parent.parent, exp.Values):
        index = next(index for index, item in enumerate(parent.expressions) if item is node)
        return _inserted(context, parent.parent.parent, index)
    return ""


def compared_type(context: Context, node: exp.Expr, form: str) -> str:
    """The date type of the column that the node is compared with; empty where the texts compare otherwise than it.

    A time beside a date without one is behind it in SQLite and equal at midnight in PostgreSQL: then only `<` of the
    time, and `>=`, mean the same. `form` is the function that writes the text.
    """
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    parent = node.parent
    other, operator = None, ""
    if isinstance(parent, exp.Between) and node is not parent.this:
        other, operator = parent.this, ">=" if node is parent.args["low"] else "<="
    elif parent is not None and type(parent) in _OPERATORS:
        left = node is parent.expression
        other = parent.this if left else parent.expression
        operator = _OPERATORS[type(parent)][0 if left else 1]
    column = context.semantics.column(other.unnest()) if other is not None else None
    table = context.semantics.table(other.unnest()) if column is not None and other is not None else None
    found = _type(context, table.name, column.name) if column is not None and table is not None else ""
    if found == "date":
        return found if form == "date" else ""
    if found in ("timestamp", "timestamptz"):
        return found if form != "date" or operator in ("<", ">=") else ""
    return ""


def as_stored(moment: Moment, type_: str, form: str) -> Parts:
    """The moment as a value of that type; `form` is the function whose text was stored (`date` has no time)."""
    if type_ in ("date", "time"):
        return (*moment.closed, f"::{type_}")
    if form == "date" and not moment.midnight:
        moment = truncated(moment, "day")
    if type_ == "timestamp":
        return moment.parts
    return moment.zoned or (*moment.closed, " AT TIME ZONE 'UTC'")


def _inserted(context: Context, insert: exp.Expr | None, index: int) -> str:
    if not isinstance(insert, exp.Insert):
        return ""
    target = insert.this
    if isinstance(target, exp.Schema):
        names = [item.name for item in target.expressions]
        return _type(context, target.this.name, names[index]) if index < len(names) else ""
    table = context.catalog.table(target.name)
    names = [column.name for column in table.columns] if table is not None else []
    return _type(context, target.name, names[index]) if index < len(names) else ""


def _type(context: Context, table_name: str, column_name: str) -> str:
    from sqlport.catalog.types import column_type

    table = context.catalog.table(table_name)
    column = table.column(column_name) if table is not None else None
    if table is None or column is None:
        return ""
    return _TYPES.get(column_type(column, table.name, context.target), "")
