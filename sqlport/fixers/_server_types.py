"""Which type PostgreSQL gives an expression as it stands: SQLite knows integers, PostgreSQL int4, int8 and numeric."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal as OneOf

from sqlglot import exp

from sqlport.fixers import Context
from sqlport.model import Span

ServerType = OneOf["int4", "int8", "numeric", "float8", "text", "bytea", "boolean", "unknown", "any"]
"""`unknown` is a bare string, NULL or parameter that takes the type of its surroundings, `any` not known."""

NUMBERS = frozenset(["int4", "int8", "numeric", "float8"])
INTEGERS = frozenset(["int4", "int8"])
_RANK: tuple[ServerType, ...] = ("int4", "int8", "numeric", "float8")
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.BitwiseAnd, exp.BitwiseOr)
_SAME = (exp.Paren, exp.Neg, exp.Window, exp.Filter, exp.Order, exp.BitwiseNot, exp.Collate)
_SHIFTS = (exp.BitwiseLeftShift, exp.BitwiseRightShift)
_INT4_CALLS = frozenset("length char_length strpos ascii octet_length instr unicode bit_length position".split())
_UNIFYING = frozenset("coalesce ifnull greatest least max min nullif lag lead abs first_value last_value".split())
_REAL_CALLS = frozenset("sqrt exp ln log log10 log2 pow power".split())
_ROUNDING = frozenset("ceil ceiling floor trunc sign round".split())
_NAMES: dict[str, ServerType] = {
    "bigint": "int8",
    "int8": "int8",
    "integer": "int4",
    "int": "int4",
    "int4": "int4",
    "smallint": "int4",
    "double precision": "float8",
    "float8": "float8",
    "real": "float8",
    "numeric": "numeric",
    "decimal": "numeric",
    "text": "text",
    "citext": "text",
    "varchar": "text",
    "bytea": "bytea",
    "boolean": "boolean",
}
_BY_KIND: dict[str, ServerType] = {
    "integer": "int8",
    "real": "float8",
    "numeric": "numeric",
    "text": "text",
    "blob": "bytea",
    "boolean": "boolean",
    "null": "unknown",
}


def server_type(context: Context, node: exp.Expr, depth: int = 0) -> ServerType:
    """The type of the node's text on PostgreSQL, before any rewriting of it."""
    if depth > 40:
        return "any"
    if isinstance(node, exp.Literal):
        return "unknown" if node.is_string else _of_number(str(node.this))
    if isinstance(node, exp.Null | exp.Placeholder):
        return "unknown"
    if isinstance(node, exp.Column):
        return _of_column(context, node, depth)
    if isinstance(node, _SAME):
        return server_type(context, node.this, depth + 1)
    if isinstance(node, exp.Distinct) and len(node.expressions) == 1:
        return server_type(context, node.expressions[0], depth + 1)
    if isinstance(node, _ARITHMETIC):
        sides = [server_type(context, side, depth + 1) for side in (node.this, node.expression)]
        found = unified(sides)
        return found if found in NUMBERS else "any"
    if isinstance(node, _SHIFTS):
        return server_type(context, node.this, depth + 1)
    if isinstance(node, exp.Cast):
        return _of_cast(context, node)
    if isinstance(node, exp.Case):
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        default = node.args.get("default")
        return unified(server_type(context, b, depth + 1) for b in (*branches, *([default] if default else ())))
    if isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
        first = next((item for _, item in context.semantics.scopes.projections(node)), None)
        return server_type(context, first, depth + 1) if first is not None else "any"
    if isinstance(node, exp.Anonymous):
        return _of_call(context, node, depth)
    return _BY_KIND.get(context.semantics.kind(node), "any")


def unified(types: Iterable[ServerType]) -> ServerType:
    """The type that several expressions have together, as operands or branches."""
    found = set(types)
    if len(found) > 1:
        found.discard("unknown")
    if len(found) == 1:
        return found.pop()
    if found and found <= NUMBERS:
        return max(found, key=_RANK.index)
    return "any"


def _of_number(text: str) -> ServerType:
    digits = text.replace("_", "")
    if not digits.isdigit():
        return "numeric"
    return "int4" if int(digits) < 2**31 else "int8" if int(digits) < 2**63 else "numeric"


def named(type_name: str) -> ServerType:
    """The type of that name."""
    return _NAMES.get(type_name.lower().split("(")[0].strip(), "any")


def _of_column(context: Context, node: exp.Column, depth: int) -> ServerType:
    from sqlport.catalog.types import column_type

    resolved = context.semantics.scopes.resolve(node)
    if resolved is None:
        return "any"
    if resolved.column is not None:
        table = resolved.source.table if resolved.source is not None else None
        if table is not None and table.kind == "view" and not resolved.column.declared_type:
            return _BY_KIND.get(context.semantics.kind(node), "any")
        return named(column_type(resolved.column, table.name if table else "", context.target))
    return server_type(context, resolved.expression, depth + 1) if resolved.expression is not None else "any"


def _of_cast(context: Context, node: exp.Cast) -> ServerType:
    from sqlport.catalog.types import cast_type

    if not context.parsed.has_span(node):
        return "any"
    written = context.parsed.cast_type(node).of(context.parsed.text)
    if not context.parsed.is_sqlite_cast(node):
        return named(written)
    return named(cast_type(written, context.target))


def _of_call(context: Context, node: exp.Anonymous, depth: int) -> ServerType:
    name = str(node.this)
    if name == "strftime":
        from sqlport.fixers._dates_use import number_of

        return named(number_of(context, node) or "text")
    arguments = [server_type(context, argument, depth + 1) for argument in node.expressions]
    first: ServerType = arguments[0] if arguments else "any"
    if name in _INT4_CALLS:
        return "int4"
    if name in ("sum", "avg"):
        if first in INTEGERS:
            return "int8" if name == "sum" and first == "int4" else "numeric"
        return first if first in NUMBERS else "any"
    if name in _UNIFYING:
        return unified(arguments[:1] if name == "nullif" else arguments)
    if name in ("substr", "substring") and first == "bytea":
        return "bytea"
    if name == "iif":
        return unified(arguments[1:])
    if name == "round" and len(arguments) == 2:
        return "numeric"
    if name in _ROUNDING or name in _REAL_CALLS:
        return "numeric" if "numeric" in arguments and "float8" not in arguments else "float8"
    return _BY_KIND.get(context.semantics.kind(node), "any")


def cast(context: Context, node: exp.Expr, type_name: str) -> tuple[str | Span, ...]:
    """The node cast to a type: `x::type`, for parameters `CAST(? AS type)`, which every driver reads."""
    from sqlport.sql.match import is_atom, is_made_up

    span = context.parsed.span(node)
    if isinstance(node, exp.Placeholder):
        return ("CAST(", span, f" AS {type_name})")
    if is_atom(node) and not is_made_up(context.parsed, node):
        return (span, f"::{type_name}")
    return ("(", span, f")::{type_name}")


def is_cast_already(context: Context, node: exp.Expr) -> bool:
    """Whether the node stands in PostgreSQL's `x::type`, maybe in parentheses: an earlier rewriting."""
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.Filter | exp.Window):
        parent = parent.parent
    return isinstance(parent, exp.Cast) and not context.parsed.is_sqlite_cast(parent)
