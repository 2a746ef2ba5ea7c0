"""Whether the text of a date function is used as a number where it stands."""

from __future__ import annotations

import re

from sqlglot import exp

from sqlport.fixers import Context

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Neg)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ISO = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_NUMERIC = ("INTEGER", "REAL", "NUMERIC")


def numeric_cast(context: Context, node: exp.Expr) -> exp.Cast | None:
    """The `CAST(node AS INTEGER)` round a node."""
    cast = _outside_parentheses(node).parent
    if not isinstance(cast, exp.Cast) or not context.parsed.is_sqlite_cast(cast):
        return None
    from sqlport.catalog import affinity

    kind = affinity(context.parsed.cast_type(cast).of(context.parsed.text))
    return cast if kind in ("INTEGER", "NUMERIC") else None


def wants_number(context: Context, node: exp.Expr) -> bool:
    """Whether SQLite makes a number of the text there: in arithmetic, in a cast, beside or into a numeric column."""
    if numeric_cast(context, node) is not None:
        return True
    node = _outside_parentheses(node)
    parent = node.parent
    if isinstance(parent, _ARITHMETIC):
        return True
    if isinstance(parent, _COMPARISONS):
        other = parent.expression if parent.this is node else parent.this
        return _is_numeric_column(context, other)
    if isinstance(parent, exp.Between):
        return parent.this is not node and _is_numeric_column(context, parent.this)
    if isinstance(parent, exp.Anonymous):
        if parent.this in ("sum", "avg", "total", "abs", "round"):
            return True
        words = [str(item.this).lower() for item in parent.expressions[1:] if isinstance(item, exp.Literal)]
        return parent.this in ("date", "time", "datetime", "strftime") and "unixepoch" in words
    if isinstance(parent, exp.DefaultColumnConstraint):
        return _is_numeric_default(context, parent)
    if isinstance(parent, exp.Tuple) and isinstance(parent.parent, exp.Values):
        return _goes_to_number(context, parent.parent.parent, _index(parent.expressions, node))
    if isinstance(parent, exp.Alias):
        node, parent = parent, parent.parent
    if isinstance(parent, exp.Select) and isinstance(parent.parent, exp.Insert):
        return _goes_to_number(context, parent.parent, _index(parent.expressions, node))
    return False


def number_of(context: Context, node: exp.Anonymous) -> str:
    """The type of the number that `strftime()` becomes where one is wanted of it; empty where it stays text."""
    from sqlport.fixers._dates_format import number_type

    fmt = node.expressions[0] if node.expressions else None
    if not isinstance(fmt, exp.Literal) or not fmt.is_string or not wants_number(context, node):
        return ""
    return number_type(str(fmt.this))


def stays_date(context: Context, node: exp.Anonymous) -> bool:
    """Whether a `date(x)` is only compared with dates that are written out, as PostgreSQL's own date(x) can be."""
    if not _is_plain_date(context, node):
        return False
    others = _compared_with(node)
    return bool(others) and all(_is_iso(other) for other in others)


def _is_plain_date(context: Context, node: exp.Expr) -> bool:
    """`date(x)` of a column that PostgreSQL reads without asking for the session's time zone."""
    if not _is_date_call(node) or len(node.expressions) != 1 or not isinstance(node.expressions[0], exp.Column):
        return False
    value = node.expressions[0]
    return context.semantics.kind(value) in ("text", "time", "any") and column_type_of(context, value) != "timestamptz"


def column_type_of(context: Context, node: exp.Expr) -> str:
    """The PostgreSQL type of the column that a node is; empty for other expressions."""
    from sqlport.catalog.types import column_type

    column = context.semantics.column(node)
    table = context.semantics.table(node) if isinstance(node, exp.Column) else None
    return column_type(column, table.name if table else "", context.target) if column else ""


def _is_date_call(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.this == "date"


def _is_iso(node: exp.Expr) -> bool:
    return isinstance(node, exp.Literal) and node.is_string and _ISO.fullmatch(str(node.this)) is not None


def _compared_with(node: exp.Expr) -> list[exp.Expr]:
    """The other operands of the comparison that a node stands in."""
    node = _outside_parentheses(node)
    parent = node.parent
    if isinstance(parent, (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)):
        found = [parent.this, parent.expression]
    elif isinstance(parent, exp.Between):
        found = [parent.this, parent.args["low"], parent.args["high"]]
    elif isinstance(parent, exp.In) and parent.expressions:
        found = [parent.this, *parent.expressions]
    else:
        return []
    return [other for other in found if other is not node]


def _outside_parentheses(node: exp.Expr) -> exp.Expr:
    while isinstance(node.parent, exp.Paren):
        node = node.parent
    return node


def _index(items: list[exp.Expr], node: exp.Expr) -> int:
    return next((index for index, item in enumerate(items) if item is node), -1)


def _is_numeric_column(context: Context, node: exp.Expr) -> bool:
    column = context.semantics.column(node)
    return column is not None and column.affinity in _NUMERIC and context.semantics.kind(node) != "text"


def _goes_to_number(context: Context, insert: exp.Expr | None, index: int) -> bool:
    """Whether the value at `index` of an INSERT goes to a numeric column."""
    if not isinstance(insert, exp.Insert) or index < 0:
        return False
    target = insert.this
    names: list[str] | None = None
    if isinstance(target, exp.Schema):
        names, target = [item.name for item in target.expressions], target.this
    table = context.catalog.table(target.name)
    if table is None:
        return False
    wanted = names if names is not None else [column.name for column in table.columns]
    return index < len(wanted) and _is_numeric_named(context, table.name, wanted[index])


def _is_numeric_default(context: Context, constraint: exp.Expr) -> bool:
    column = constraint.find_ancestor(exp.ColumnDef)
    create = constraint.find_ancestor(exp.Create)
    if column is None or create is None or create.this is None:
        return False
    table = create.this.this if isinstance(create.this, exp.Schema) else create.this
    return _is_numeric_named(context, table.name, column.name)


def _is_numeric_named(context: Context, table_name: str, column_name: str) -> bool:
    from sqlport.catalog.types import column_type
    from sqlport.semantics import kinds

    table = context.catalog.table(table_name)
    column = table.column(column_name) if table is not None else None
    if table is None or column is None:
        return False
    return kinds.of_type(column_type(column, table.name, context.target)) in ("integer", "real", "numeric")
