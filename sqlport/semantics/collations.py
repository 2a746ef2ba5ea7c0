"""By which collation PostgreSQL compares a text: the ported columns have "C", what is made without one has the
database's. https://www.postgresql.org/docs/current/collation.html#COLLATION-CONCEPTS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sqlglot import exp

from sqlport.catalog.types import column_choice, is_sqlites_locale

if TYPE_CHECKING:
    from sqlport.model import Target
    from sqlport.semantics import Semantics

_WRAPPERS = (exp.Paren, exp.Window, exp.Filter, exp.Order, exp.Ordered)
_CONSTANTS = (exp.Literal, exp.Placeholder, exp.Null, exp.HexString, exp.Boolean)
_FIXED = frozenset(
    """date time datetime strftime julianday unixepoch to_char typeof hex char chr sqlite_version timediff
    json json_array json_object json_group_array json_group_object json_set json_insert json_replace json_remove
    json_patch json_quote json_type json_extract encode to_hex length instr count""".split()
)
"""Functions whose result has no collation of an argument: none of text is, or it is read as something else first."""


def has_collation(semantics: Semantics, node: exp.Expr, target: Target) -> bool | None:
    """Whether the text that a node gives brings the collation "C" along, from a column or from a COLLATE.

    None where a name in it is not known. An operator and a function take it from any of their arguments.
    """
    return _found(semantics, node, target, 0)


def _found(semantics: Semantics, node: exp.Expr, target: Target, depth: int) -> bool | None:
    if depth > 40:
        return None
    if isinstance(node, _CONSTANTS):
        return False
    if isinstance(node, exp.Collate):
        return True
    if isinstance(node, _WRAPPERS):
        return _found(semantics, node.this, target, depth + 1)
    if isinstance(node, exp.Column):
        resolved = semantics.scopes.resolve(node)
        if resolved is None:
            return None
        if resolved.column is None:
            return _found(semantics, resolved.expression, target, depth + 1) if resolved.expression else None
        table = resolved.source.table if resolved.source is not None else None
        if table is None or (table.kind == "view" and not resolved.column.declared_type):
            return None
        return bool(column_choice(resolved.column, table.name, target).collation)
    if isinstance(node, exp.Cast):
        return _found(semantics, node.this, target, depth + 1) if semantics.kind(node.this) != "json" else False
    if isinstance(node, exp.JSONExtract | exp.JSONExtractScalar):
        return False
    if isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
        first = next((item for _, item in semantics.scopes.projections(node)), None)
        return _found(semantics, first, target, depth + 1) if first is not None else None
    if isinstance(node, exp.Anonymous) and node.this in _FIXED:
        return False
    return _any(_found(semantics, each, target, depth + 1) for each in _operands(node))


def _operands(node: exp.Expr) -> Iterable[exp.Expr]:
    if isinstance(node, exp.Case):
        branches = [branch.args["true"] for branch in node.args["ifs"]]
        default = node.args.get("default")
        return [*branches, default] if default is not None else branches
    if isinstance(node, exp.Anonymous):
        return node.expressions[1:] if node.this == "iif" else node.expressions
    if isinstance(node, exp.Distinct):
        return node.expressions
    return [side for side in (node.args.get("this"), node.args.get("expression")) if isinstance(side, exp.Expr)]


def _any(found: Iterable[bool | None]) -> bool | None:
    every = list(found)
    return True if True in every else None if None in every else False


def is_loose(semantics: Semantics, node: exp.Expr, target: Target) -> bool:
    """Whether a text that nobody knows beforehand is compared or folded by the database's locale.

    That is a parameter, a value out of JSON or a string with letters beyond ASCII, where no column beside it
    brings its collation along.
    """
    if is_sqlites_locale(target.locale) or has_collation(semantics, node, target) is not False:
        return False
    return any(map(_is_unknown_text, _leaves(node)))


def _leaves(node: exp.Expr) -> Iterator[exp.Expr]:
    if isinstance(node, exp.JSONExtractScalar | exp.Placeholder | exp.Literal):
        yield node
    elif isinstance(node, (exp.Cast, *_WRAPPERS)):
        yield from _leaves(node.this)
    elif not (isinstance(node, exp.Anonymous) and node.this in _FIXED) and not isinstance(node, exp.JSONExtract):
        for each in _operands(node):
            yield from _leaves(each)


def _is_unknown_text(leaf: exp.Expr) -> bool:
    if isinstance(leaf, exp.Literal):
        return bool(leaf.is_string) and not str(leaf.this).isascii()
    return True
