"""Which rows and cells differ between the two sides, found in tables of any size with little memory.

Rows go into groups by their key; the groups whose checksums differ are read again, and only those are looked at.
"""

from __future__ import annotations

import struct
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from typing import Literal as OneOf

from sqlport.data.careful import literal
from sqlport.data.cells import Cells, cells_of
from sqlport.data.decode import value_of
from sqlport.data.large import is_told
from sqlport.data.plan import Table
from sqlport.data.streams import Rows

_GROUPS: Final = 1 << 16
_MOST_GROUPS: Final = 64
_MOST_SHOWN: Final = 20
_MASK: Final = (1 << 64) - 1
_LENGTH: Final = struct.Struct(">i")


@dataclass(frozen=True, slots=True)
class RowDifference:
    """A row that differs, by its key. `cells` are column, SQLite's value and PostgreSQL's value, as text."""

    kind: OneOf["missing", "extra", "different"]
    table: str
    key: str
    cells: tuple[tuple[str, str, str], ...] = ()

    def __str__(self) -> str:
        where = f"{self.table} ({self.key})"
        if self.kind == "missing":
            return f"{where}: is not in PostgreSQL"
        if self.kind == "extra":
            return f"{where}: is only in PostgreSQL"
        shown = "; ".join(
            f"{column} is {ours} in SQLite, {theirs} in PostgreSQL" for column, ours, theirs in self.cells
        )
        return f"{where}: {shown}"


def differences(table: Table, left: Callable[[], Rows], right: Callable[[], Rows]) -> tuple[list[RowDifference], bool]:
    """The first rows that differ, and whether there may be more. Both sides are read twice."""
    places = [place for place, column in enumerate(table.columns) if column.name in table.key]
    places = places if len(places) == len(table.key) else []
    sums = _summed(left(), places), _summed(right(), places)
    groups = {group for group in range(_GROUPS) if sums[0][group] != sums[1][group]}
    chosen = set(sorted(groups)[:_MOST_GROUPS])
    ours, theirs = _collected(left(), places, chosen), _collected(right(), places, chosen)
    found = list(_differing(table, places, ours, theirs))
    return found[:_MOST_SHOWN], len(found) > _MOST_SHOWN or len(groups) > len(chosen)


def _key_of(places: list[int]) -> Callable[[bytes], bytes]:
    """A function that gives the bytes by which rows are told apart: the cells of the key, or the whole row."""
    if not places:
        return lambda row: row
    last, wanted, length_at = max(places), frozenset(places), _LENGTH.unpack_from

    def key(row: bytes) -> bytes:
        found, at = [], 2
        for place in range(last + 1):
            end = at + 4 + max(0, length_at(row, at)[0])
            if place in wanted:
                found.append(row[at:end])
            at = end
        return found[0] if len(found) == 1 else b"".join(found)

    return key


def _summed(rows: Rows, places: list[int]) -> array[int]:
    sums = array("Q", bytes(8 * _GROUPS))
    key = _key_of(places)
    for part in rows:
        for row in part:
            group = hash(key(row)) % _GROUPS
            sums[group] = (sums[group] + hash(row)) & _MASK
    return sums


def _collected(rows: Rows, places: list[int], groups: set[int]) -> Mapping[Cells, Counter[bytes]]:
    """The rows of the groups, by their keys (without a key: all under one)."""
    found: dict[Cells, Counter[bytes]] = defaultdict(Counter)
    key = _key_of(places)
    for part in rows:
        for row in part:
            if hash(key(row)) % _GROUPS in groups:
                cells = cells_of(row)
                found[tuple(cells[place] for place in places)][row] += 1
    return found


def _differing(
    table: Table, places: list[int], ours: Mapping[Cells, Counter[bytes]], theirs: Mapping[Cells, Counter[bytes]]
) -> Iterator[RowDifference]:
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        left, right = ours.get(key, Counter()), theirs.get(key, Counter())
        missing, extra = list((left - right).elements()), list((right - left).elements())
        if places and len(missing) == len(extra) == 1:
            first, second = cells_of(missing[0]), cells_of(extra[0])
            cells = tuple(
                (column.source, _shown(table, place, first[place]), _shown(table, place, second[place]))
                for place, column in enumerate(table.columns)
                if first[place] != second[place]
            )
            yield RowDifference("different", table.source, _key(table, places, first), cells)
            continue
        for row in missing:
            yield RowDifference("missing", table.source, _key(table, places, cells_of(row)))
        for row in extra:
            yield RowDifference("extra", table.source, _key(table, places, cells_of(row)))


def _key(table: Table, places: list[int], cells: Cells) -> str:
    shown = places or range(min(len(cells), 4))
    return ", ".join(f"{table.columns[place].source} = {_shown(table, place, cells[place])}" for place in shown)


def _shown(table: Table, place: int, cell: bytes | None) -> str:
    if cell is not None and is_told(cell):
        size, _, digest = cell.decode().partition(" ")[2].partition(" ")[2].partition(", ")
        return f"{size} with the SHA-256 {digest}"
    value = value_of(cell, table.columns[place].wire)
    return literal(bytearray(value.encode()) if isinstance(value, str) else value)
