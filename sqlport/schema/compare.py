"""Two shapes of a schema side by side: what is missing, what nobody asked for, what is different."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeVar

from sqlport.catalog.names import folded
from sqlport.schema.shape import ColumnShape, KeyShape, Shape, TableShape, TriggerShape

What = OneOf["missing", "extra", "different"]
_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected.

    `kind` says what it is about (`column`, `type`, `foreign key`, ...), `where` the table and the column or
    name; `expected` and `actual` are in words, empty where there is nothing.
    """

    what: What
    kind: str
    where: str
    expected: str = ""
    actual: str = ""

    def __str__(self) -> str:
        if self.what == "missing":
            return f"missing {self.kind} {self.where}" + (f": {self.expected}" if self.expected else "")
        if self.what == "extra":
            return f"extra {self.kind} {self.where}" + (f": {self.actual}" if self.actual else "")
        return f"different {self.kind} {self.where}: expected {self.expected or 'none'}, found {self.actual or 'none'}"


def compare(expected: Shape, actual: Shape) -> tuple[Difference, ...]:
    """All differences, in the order of the expected tables; nothing is told twice."""
    found: list[Difference] = []
    for kind, left, right in (("table", expected.tables, actual.tables), ("view", expected.views, actual.views)):
        found += _named(kind, left, right)
        for name, table in left.items():
            other = right.get(name)
            if other is not None:
                found += _table(table, other) if kind == "table" else _view(table, other)
    return tuple(found)


def _named(kind: str, left: Mapping[str, object], right: Mapping[str, object]) -> Iterator[Difference]:
    yield from (Difference("missing", kind, name) for name in left if name not in right)
    yield from (Difference("extra", kind, name) for name in right if name not in left)


def _table(left: TableShape, right: TableShape) -> Iterator[Difference]:
    name = left.name
    yield from _columns(left, right)
    if left.primary_key != right.primary_key:
        yield _different("primary key", name, _listed(left.primary_key), _listed(right.primary_key))
    yield from _unique(left, right)
    yield from _keys(name, left.foreign_keys, right.foreign_keys)
    yield from _bags("check", name, left.checks, right.checks)
    yield from _indexes(left, right)
    yield from _triggers(name, left.triggers, right.triggers)
    if left.next_id is not None and (right.next_id or 0) < left.next_id:
        shown = str(right.next_id) if right.next_id is not None else "none"
        yield Difference("different", "next value", name, f"above {left.next_id}", f"above {shown}")


def _columns(left: TableShape, right: TableShape) -> Iterator[Difference]:
    for column in left.columns:
        where = f"{left.name}.{column.name}"
        other = right.column(column.name)
        if other is None:
            yield Difference("missing", "column", where, column.type)
        else:
            yield from _column(where, column, other)
    for column in right.columns:
        if left.column(column.name) is None:
            yield Difference("extra", "column", f"{left.name}.{column.name}", actual=column.type)
    both = {each.name for each in left.columns} & {each.name for each in right.columns}
    order = [each.name for each in left.columns if each.name in both]
    other_order = [each.name for each in right.columns if each.name in both]
    if order != other_order:
        yield _different("column order", left.name, _listed(order), _listed(other_order))


def _column(where: str, left: ColumnShape, right: ColumnShape) -> Iterator[Difference]:
    if right.type not in (left.type, left.also or left.type):
        yield _different("type", where, left.type, right.type)
    elif left.collation != right.collation and right.collation:
        yield _different("collation", where, left.collation, right.collation)
    if left.not_null != right.not_null:
        yield _different("nullability", where, _nullability(left), _nullability(right))
    if bool(left.generated) != bool(right.generated) or left.generated != right.generated:
        yield _different("generated column", where, left.generated, right.generated)
    if left.identity != right.identity and not _counts_otherwise(right):
        yield _different("identity", where, _identity(left), _identity(right))
    if left.default != right.default and not (left.identity and _counts_otherwise(right)):
        yield _different("default", where, left.default, right.default)


def _counts_otherwise(column: ColumnShape) -> bool:
    """`serial` is an identity of another name."""
    return column.default.startswith("nextval(")


def _nullability(column: ColumnShape) -> str:
    return "not null" if column.not_null else "null"


def _identity(column: ColumnShape) -> str:
    return "identity" if column.identity else "no identity"


def _unique(left: TableShape, right: TableShape) -> Iterator[Difference]:
    """A unique index over the same columns does what the constraint does, and so does the primary key."""
    indexes = [index for index in right.indexes if index.unique and not index.predicate]
    keys = Counter([*right.unique, *(index.terms for index in indexes)])
    keys[right.primary_key] += len(left.unique)
    for columns in left.unique:
        if keys[columns]:
            keys[columns] -= 1
        else:
            yield Difference("missing", "unique", f"{left.name} {_listed(columns)}")
    wanted = Counter(left.unique) + Counter(index.terms for index in left.indexes if index.unique)
    for columns in right.unique:
        if wanted[columns]:
            wanted[columns] -= 1
        else:
            yield Difference("extra", "unique", f"{left.name} {_listed(columns)}")


def _keys(table: str, left: Sequence[KeyShape], right: Sequence[KeyShape]) -> Iterator[Difference]:
    def side(key: KeyShape) -> tuple[object, ...]:
        return key.columns, key.table, key.references

    yield from _paired("foreign key", table, left, right, side)


def _indexes(left: TableShape, right: TableShape) -> Iterator[Difference]:
    """By name; one that stands in for a unique constraint is no extra one."""
    stands_in = {columns for columns in left.unique if columns not in right.unique}
    others = [each for each in right.indexes if not (each.unique and not each.predicate and each.terms in stands_in)]
    yield from _by_name("index", left.name, left.indexes, others, lambda each: each.name, str)


def _triggers(table: str, left: Sequence[TriggerShape], right: Sequence[TriggerShape]) -> Iterator[Difference]:
    yield from _by_name("trigger", table, left, right, lambda each: each.name, str)
    bodies = {each.name: each for each in right}
    for trigger in left:
        other = bodies.get(trigger.name)
        if other is not None and other.when == trigger.when and other.body != trigger.body:
            yield _different("trigger body", f"{table}.{trigger.name}", _short(trigger.body), _short(other.body))


def _view(left: TableShape, right: TableShape) -> Iterator[Difference]:
    # A view's columns are the labels of its query, which may keep their capitals.
    names, others = ([folded(each.name) for each in side.columns] for side in (left, right))
    if names != others:
        yield _different("view columns", left.name, _listed(names), _listed(others))
    elif left.definition != right.definition:
        yield _different("view", left.name, _short(left.definition), _short(right.definition))
    yield from _triggers(left.name, left.triggers, right.triggers)


def _bags(kind: str, table: str, left: Sequence[str], right: Sequence[str]) -> Iterator[Difference]:
    missing, extra = Counter(left) - Counter(right), Counter(right) - Counter(left)
    if sum(missing.values()) == 1 == sum(extra.values()):
        yield _different(kind, table, next(iter(missing)), next(iter(extra)))
        return
    yield from (Difference("missing", kind, table, each) for each in missing.elements())
    yield from (Difference("extra", kind, table, actual=each) for each in extra.elements())


def _paired(
    kind: str,
    table: str,
    left: Iterable[_Item],
    right: Iterable[_Item],
    side: Callable[[_Item], object],
) -> Iterator[Difference]:
    """What is equal is taken out first; then what is about the same thing is one difference and not two."""
    missing, extra = (
        list((Counter(left) - Counter(right)).elements()),
        list((Counter(right) - Counter(left)).elements()),
    )
    for item in missing:
        other = next((each for each in extra if side(each) == side(item)), None)
        if other is None:
            yield Difference("missing", kind, table, str(item))
        else:
            extra.remove(other)
            yield _different(kind, table, str(item), str(other))
    yield from (Difference("extra", kind, table, actual=str(each)) for each in extra)


def _by_name(
    kind: str,
    table: str,
    left: Sequence[_Item],
    right: Sequence[_Item],
    name: Callable[[_Item], str],
    shown: Callable[[_Item], str],
) -> Iterator[Difference]:
    named = {name(each): each for each in right}
    for item in left:
        other = named.pop(name(item), None)
        where = f"{table}.{name(item)}"
        if other is None:
            yield Difference("missing", kind, where, shown(item))
        elif shown(item) != shown(other):
            yield _different(kind, where, shown(item), shown(other))
    yield from (Difference("extra", kind, f"{table}.{name(each)}", actual=shown(each)) for each in named.values())


def _different(kind: str, where: str, expected: str, actual: str) -> Difference:
    return Difference("different", kind, where, expected, actual)


def _listed(names: Iterable[str]) -> str:
    return f"({', '.join(names)})"


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= 120 else words[:117] + "..."
