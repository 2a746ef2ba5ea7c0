"""What the columns of a SQLite file really hold: SQLite stores any type anywhere."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlport.catalog.names import quoted
from sqlport.catalog.types import column_type, depends_on_values

if TYPE_CHECKING:
    from sqlport.catalog import Catalog, Column, Table
    from sqlport.model import Target

_SHOWN = 24
_STORAGES = ("blob", "integer", "real", "text")
_AT_ONCE = 400  # SQLite gives 2,000 results at most
_OTHERS = 2**32  # more than rows of the likely kind
_OF_STORAGE = {"integer": "bigint", "real": "double precision", "text": "text", "blob": "bytea"}
_IN_WORDS = {"integer": "integers", "real": "reals", "text": "texts", "blob": "blobs"}
_EXACT = ("numeric", "decimal", "dec", "number", "fixed", "money", "smallmoney", "currency")


@dataclass(frozen=True, slots=True)
class Observed:
    """The values of one storage class in a column: how many, and the smallest and largest as SQL text."""

    storage: str
    count: int
    least: str
    most: str

    def __str__(self) -> str:
        if self.storage in ("null", "blob"):
            return f"{self.count} {self.storage}"
        return f"{self.count} {self.storage} {self.least} to {self.most}"


@dataclass(frozen=True, slots=True)
class ObservedType:
    """The type that the values of a column ask for, and why, in words.

    `mixed` tells that no type of PostgreSQL's holds them as they are: rows come back otherwise.
    """

    type: str
    reason: str
    mixed: bool = False


def observe(path: Path, catalog: Catalog) -> Mapping[tuple[str, str], tuple[Observed, ...]]:
    """The values by (table, column), every row read once for each column. Raises SqlportError."""
    from sqlport.engines.sqlite import open_readonly

    found: dict[tuple[str, str], tuple[Observed, ...]] = {}
    with closing(open_readonly(path)) as connection:
        connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        for table in catalog:
            if table.kind == "table" and not table.temporary:
                found.update(_of_table(connection, table))
    return found


def storages(path: Path, catalog: Catalog) -> Mapping[str, Mapping[str, int]]:
    """How many values of each storage class there are in columns whose declaration leaves open what they hold.

    By `table.column`; those are columns without a type and with NUMERIC affinity: SQLite keeps what is written
    there. NULL does not count. Raises SqlportError.
    """
    from sqlport.engines.sqlite import open_readonly

    asked: dict[str, list[Column]] = {}
    for table, column in _open(catalog):
        if not column.generated and not column.rowid_alias:
            asked.setdefault(table.name, []).append(column)
    if not asked:
        return {}
    found: dict[str, Mapping[str, int]] = {}
    with closing(open_readonly(path)) as connection:
        for name, columns in asked.items():
            for at in range(0, len(columns), _AT_ONCE):
                some = columns[at : at + _AT_ONCE]
                counted = _storages(connection, name, some)
                found.update((f"{name}.{column.name}", counts) for column, counts in zip(some, counted, strict=True))
    return found


def observed_types(
    counts: Mapping[str, Mapping[str, int]], catalog: Catalog, target: Target
) -> Mapping[str, ObservedType]:
    """The types that these values ask for, by `table.column`.

    Columns are passed over whose type the configuration names, or for which the profile has one of its own.
    """
    found: dict[str, ObservedType] = {}
    for table, column in _open(catalog) if counts else ():
        key = f"{table.name}.{column.name}"
        chosen = _wanted(column, counts.get(key, {})) if depends_on_values(column, table.name, target) else None
        if chosen is None or (column.declared_type and chosen.type == column_type(column, table.name, target)):
            continue
        found[key] = chosen
    return found


def _open(catalog: Catalog) -> Iterator[tuple[Table, Column]]:
    for table in catalog:
        if table.kind == "table" and not table.temporary:
            yield from ((table, column) for column in table.columns if column.affinity in ("NUMERIC", "BLOB"))


def _wanted(column: Column, counts: Mapping[str, int]) -> ObservedType | None:
    """The type for these values; None where there are none, or the declared type's own choice holds them."""
    there = set(counts)
    if not there:
        return None
    named = ((count, _IN_WORDS[storage]) for storage, count in sorted(counts.items()))
    shown = ", ".join(f"{count:,} {words if count > 1 else words[:-1]}" for count, words in named)
    words = column.declared_type.lower().partition("(")[0].split()
    if words and words[0] in _EXACT and there <= {"integer", "real"}:
        return None  # numeric holds both, and what comes later
    if len(there) == 1:
        return ObservedType(_OF_STORAGE[there.pop()], f"it holds {shown}")
    if there == {"integer", "real"}:
        return ObservedType("double precision", f"it holds {shown}")
    return ObservedType("text", f"it holds {shown}: what is no text comes back as text", mixed=True)


def _storages(connection: sqlite3.Connection, table: str, columns: Sequence[Column]) -> Iterator[Mapping[str, int]]:
    """The counts of each column. Most hold one storage class: the likely one is counted alone first."""
    # Neither by GROUP BY nor by count(column): with typeof() alone SQLite does not even read a large value.
    likely = [_likely(column) for column in columns]
    terms = [
        f"total(CASE typeof({quoted(column.name)}) WHEN '{storage}' THEN 1 WHEN 'null' THEN 0 ELSE {_OTHERS} END)"
        for column, storage in zip(columns, likely, strict=True)
    ]
    for column, storage, total in zip(columns, likely, _counted(connection, table, terms), strict=True):
        if total < _OTHERS:
            yield {storage: total} if total else {}
            continue
        each = [f"count(CASE typeof({quoted(column.name)}) WHEN '{storage}' THEN 1 END)" for storage in _STORAGES]
        counts = _counted(connection, table, each)
        yield {storage: count for storage, count in zip(_STORAGES, counts, strict=True) if count}


def _counted(connection: sqlite3.Connection, table: str, terms: Sequence[str]) -> list[int]:
    return list(map(int, connection.execute(f"SELECT {', '.join(terms)} FROM {quoted(table)}").fetchone()))


def _likely(column: Column) -> str:
    if column.affinity == "BLOB":
        return "blob" if column.declared_type else "text"
    return "text" if re.match("date|time", column.declared_type, re.IGNORECASE) else "integer"


def _of_table(connection: sqlite3.Connection, table: Table) -> Iterator[tuple[tuple[str, str], tuple[Observed, ...]]]:
    for column in table.columns:
        name, source = quoted(column.name), quoted(table.name)
        try:
            rows = connection.execute(
                f"SELECT typeof({name}), count(*), quote(min({name})), quote(max({name}))"
                f" FROM {source} GROUP BY 1 ORDER BY 2 DESC, 1"
            ).fetchall()
        except sqlite3.Error:
            continue  # a generated column may call what only the application has
        yield (table.name, column.name), tuple(Observed(kind, count, *map(_cut, ends)) for kind, count, *ends in rows)


def _cut(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= _SHOWN else one[: _SHOWN - 1] + "…"
