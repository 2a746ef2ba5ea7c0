"""A row of binary COPY taken apart, and the form in which rows are compared where equal values can differ in bytes."""

from __future__ import annotations

import json
import struct
from decimal import Decimal
from typing import Final

from sqlport.data.plan import Table

Cells = tuple[bytes | None, ...]

_COUNT: Final = struct.Struct(">h")
_LENGTH: Final = struct.Struct(">i")


def cells_of(row: bytes) -> Cells:
    """The cells of a row."""
    (count,) = _COUNT.unpack_from(row)
    cells: list[bytes | None] = []
    at = 2
    for _ in range(count):
        (length,) = _LENGTH.unpack_from(row, at)
        at += 4
        if length < 0:
            cells.append(None)
        else:
            cells.append(row[at : at + length])
            at += length
    return tuple(cells)


def row_of(cells: Cells) -> bytes:
    """The row that the cells make."""
    parts = [_COUNT.pack(len(cells))]
    for cell in cells:
        parts += (_LENGTH.pack(-1),) if cell is None else (_LENGTH.pack(len(cell)), cell)
    return b"".join(parts)


def is_exact(table: Table) -> bool:
    """Whether equal rows are equal bytes: PostgreSQL writes a jsonb in its own words."""
    return all(column.wire.kind != "jsonb" for column in table.columns)


def normal(row: bytes, table: Table) -> bytes:
    """The row with each jsonb in a form that only its meaning decides."""
    cells = [
        json_normal(cell) if cell is not None and column.wire.kind == "jsonb" else cell
        for cell, column in zip(cells_of(row), table.columns, strict=True)
    ]
    return row_of(tuple(cells))


def json_normal(cell: bytes) -> bytes:
    """A jsonb's bytes with sorted keys, no blanks, and numbers without zeros at the end."""
    read = json.loads(cell[1:], parse_float=Decimal, parse_int=Decimal)
    return cell[:1] + json.dumps(read, sort_keys=True, separators=(",", ":"), default=_number).encode()


def _number(number: Decimal) -> str:
    return f"number {number.normalize()}"
