"""Whether a name in double quotes is a string: SQLite takes it for one where no column has that name."""

from __future__ import annotations

import re

from sqlglot import exp

from sqlport.fixers import Context

_NAME = re.compile(r"[A-Za-z_\u0080-\U0010ffff][\w$ ]*")
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.Glob, exp.NullSafeEQ, exp.NullSafeNEQ)


def is_double_quoted(context: Context, column: exp.Column) -> bool:
    """Whether it is a bare name in double quotes."""
    parsed = context.parsed
    if column.table or not isinstance(column.this, exp.Identifier) or not parsed.has_span(column):
        return False
    return parsed.text_of(column).startswith('"')


def is_string(context: Context, column: exp.Column) -> bool:
    """Whether SQLite takes the (double-quoted) name for a string, as far as the tables are known."""
    if isinstance(column.parent, exp.DefaultColumnConstraint) or in_values(column):
        return True
    return context.semantics.is_column(column) is False and not names_expression(context, column.name)


def names_expression(context: Context, name: str) -> bool:
    """Whether it is the text of a result column without a label, which is its name then."""
    return any(
        context.parsed.text_of(item) == name
        for query in context.parsed.nodes(exp.Select)
        for item in unlabelled(context, query)
    )


def unlabelled(context: Context, query: exp.Select) -> list[exp.Expr]:
    """The result columns of a query that are expressions without a label."""
    named = (exp.Alias, exp.Column, exp.Star)
    return [item for item in query.expressions if not isinstance(item, named) and context.parsed.has_span(item)]


def in_values(column: exp.Expr) -> bool:
    """Whether it stands in VALUES, where no column is in sight."""
    node = column.find_ancestor(exp.Values, exp.Select, exp.Returning, exp.OnConflict)
    return isinstance(node, exp.Values) and node.find_ancestor(exp.Select) is None


def looks_like_string(context: Context, column: exp.Column) -> bool:
    """Whether the place and the text speak for a string, where a table is not known."""
    if not _NAME.fullmatch(column.name):
        return True
    parent = column.parent
    if isinstance(parent, exp.In):
        return parent.this is not column
    return isinstance(parent, _COMPARISONS) and parent.expression is column and isinstance(parent.this, exp.Column)
