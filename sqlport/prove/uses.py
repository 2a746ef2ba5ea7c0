"""What a value of a statement is for: the columns that it is compared with or stored in, and how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from sqlglot import exp

from sqlport.catalog.names import folded

if TYPE_CHECKING:
    from sqlport.catalog import Table
    from sqlport.semantics import Semantics

Key = tuple[str, str]
"""A column: folded names of its table and its own."""

Role = OneOf[
    "compared", "pattern", "glob", "part", "stored", "limit", "date", "modifier", "path", "number", "list", "document",
    "other",
]  # fmt: skip
"""`list` and `document` are JSON texts, `part` is a piece of a text."""

DATE_CALLS = frozenset(["date", "datetime", "time", "strftime", "julianday", "unixepoch", "timediff"])
JSON_CALLS = frozenset(
    """json json_extract json_array_length json_type json_valid json_each json_tree json_set json_insert
    json_replace json_remove json_patch""".split()
)
_COMPARISONS = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Is, exp.NullSafeEQ, exp.NullSafeNEQ)
_PASSES = (exp.Paren, exp.Neg, exp.Cast, exp.Collate, exp.Case, exp.If, exp.Not)
_BITS = (exp.BitwiseAnd, exp.BitwiseOr, exp.BitwiseXor, exp.BitwiseNot, exp.BitwiseLeftShift, exp.BitwiseRightShift)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, *_BITS)
_ALIKE = frozenset("coalesce ifnull nullif iif min max lower upper trim ltrim rtrim abs".split())


@dataclass(frozen=True, slots=True)
class Use:
    """`columns` are what the value meets in the `role`; `row` counts the tuples of a VALUES."""

    role: Role = "other"
    columns: tuple[Key, ...] = ()
    row: int = 0


def key_of(table: Table, column: str) -> Key:
    """The key of a column of a table."""
    return folded(table.name), folded(column)


def use_of(node: exp.Expr, semantics: Semantics) -> Use:
    """What a literal or placeholder is for."""
    child, parent = node, node.parent
    role: Role = "compared"
    while parent is not None:
        if isinstance(parent, exp.Limit | exp.Offset):
            return Use("limit")
        if isinstance(parent, exp.Tuple):
            return _in_tuple(child, parent, semantics)
        if isinstance(parent, _COMPARISONS):
            other = parent.expression if parent.this is child else parent.this
            return Use(role, columns_in(other, semantics))
        if isinstance(parent, exp.Like | exp.ILike | exp.Glob):
            if parent.this is child:
                return Use("part", columns_in(parent.expression, semantics))
            whole: Role = "glob" if isinstance(parent, exp.Glob) else "pattern"
            return Use("part" if role == "part" else whole, columns_in(parent.this, semantics))
        if isinstance(parent, exp.In | exp.Between):
            return Use(role, columns_in(parent.this, semantics))
        if isinstance(parent, exp.Anonymous):
            found = _in_call(child, parent, semantics)
            if found is not None:
                return Use("number") if (role, found.role) == ("part", "modifier") else found
        elif isinstance(parent, exp.DPipe):
            role = "part"
        elif isinstance(parent, _ARITHMETIC):
            other = parent.expression if parent.this is child else parent.this
            return Use("number", columns_in(other, semantics))
        elif isinstance(parent, exp.JSONExtract | exp.JSONExtractScalar):
            return Use("path", columns_in(parent.this, semantics)) if parent.this is not child else Use()
        elif isinstance(parent, exp.Select):
            return _in_select(child, parent, semantics)
        elif not isinstance(parent, (*_PASSES, exp.Alias, exp.Escape)):
            return Use()
        child, parent = parent, parent.parent
    return Use()


def columns_in(node: exp.Expr | None, semantics: Semantics) -> tuple[Key, ...]:
    """The table columns that an expression is made of, through derived tables and aliases."""
    return tuple(dict.fromkeys(_columns(node, semantics, 0)))


def _columns(node: exp.Expr | None, semantics: Semantics, depth: int) -> Iterator[Key]:
    if node is None or depth > 4:
        return
    if isinstance(node, exp.Subquery | exp.Select | exp.SetOperation):
        for _, item in semantics.scopes.projections(node):
            yield from _columns(item, semantics, depth + 1)
        return
    for found in node.find_all(exp.Column):
        resolved = semantics.scopes.resolve(found)
        if resolved is None:
            continue
        if resolved.column is not None:
            if resolved.source is not None and resolved.source.table is not None:
                yield key_of(resolved.source.table, resolved.column.name)
        elif resolved.expression is not None and resolved.expression is not node:
            yield from _columns(resolved.expression, semantics, depth + 1)


def _in_call(child: exp.Expr, call: exp.Anonymous, semantics: Semantics) -> Use | None:
    """The use of an argument; None where the call passes its arguments on."""
    name, arguments = str(call.this), list(call.expressions)
    place = next((index for index, each in enumerate(arguments) if each is child), 0)
    if name in DATE_CALLS:
        first = 1 if name == "strftime" else 0
        return Use("date" if place == first else "modifier")
    if name in _ALIKE:
        others = [each for each in arguments if each is not child]
        found = tuple(key for each in others for key in columns_in(each, semantics))
        return Use("compared", found) if found else None
    if name in JSON_CALLS or name.startswith("json"):
        if place:
            return Use("path", columns_in(arguments[0], semantics))
        if name != "json_each":
            return Use("document")
        choice = call.find_ancestor(exp.In)
        return Use("list", columns_in(choice.this, semantics) if choice is not None else ())
    if name in ("substr", "substring", "round"):
        return Use("number") if place else None
    if name in ("instr", "replace"):
        return Use("part", columns_in(arguments[0], semantics)) if place == 1 else Use()
    if name in ("glob", "like"):
        role: Role = "glob" if name == "glob" else "pattern"
        return Use(role, columns_in(arguments[1], semantics)) if place == 0 and len(arguments) > 1 else Use()
    return Use()


def _in_tuple(child: exp.Expr, row: exp.Tuple, semantics: Semantics) -> Use:
    place = next((index for index, each in enumerate(row.expressions) if each is child), 0)
    parent = row.parent
    if isinstance(parent, exp.Values):
        number = next((index for index, each in enumerate(parent.expressions) if each is row), 0)
        stored = _target_column(parent.parent, place, semantics)
        return Use("stored", (stored,), number) if stored else Use(row=number)
    other: exp.Expr | None = None
    if isinstance(parent, exp.In):
        other = parent.this
    elif isinstance(parent, _COMPARISONS):
        other = parent.expression if parent.this is row else parent.this
    if isinstance(other, exp.Tuple) and place < len(other.expressions):
        return Use("compared", columns_in(other.expressions[place], semantics))
    return Use()


def _in_select(child: exp.Expr, select: exp.Select, semantics: Semantics) -> Use:
    """A value in a select list is stored where the SELECT is the source of an INSERT."""
    place = next((index for index, each in enumerate(select.expressions) if each is child), None)
    if place is None:
        return Use()
    stored = _target_column(select.parent, place, semantics)
    return Use("stored", (stored,)) if stored else Use()


def _target_column(insert: exp.Expr | None, place: int, semantics: Semantics) -> Key | None:
    """The column that the value at a place of an INSERT goes to."""
    if not isinstance(insert, exp.Insert):
        return None
    source = next(iter(semantics.scopes.sources(insert)), None)
    if source is None or source.table is None:
        return None
    names = target_columns(insert, source.table)
    return key_of(source.table, names[place]) if place < len(names) else None


def target_columns(insert: exp.Insert, table: Table) -> tuple[str, ...]:
    """The columns that an INSERT fills, in its order."""
    if isinstance(insert.this, exp.Schema):
        return tuple(each.name for each in insert.this.expressions)
    return tuple(column.name for column in table.columns if not column.generated and not column.hidden)
