"""Rows into binary COPY, a few hundred at a time, by a function that is made for one table and does not look at rows.

It is one expression for a row, in which `struct` and `join` do the work where every value is of the expected type;
anything else (another type, a NULL that did not occur before) raises in there, and the rows are tried in halves until
the careful way is left with the one at fault.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from sqlport.data.convert import NULL, UnfitError, cell
from sqlport.data.plan import Column, Table, Value

Row = tuple[Value, ...]
Encode = Callable[[Sequence[Row]], list[bytes]]
"""The bytes of each of the rows, of which there is at least one. Raises one of `_UNFIT` where a value is another."""
Careful = Callable[[Row, int], bytes]
"""The careful way of a row, which is given how many came before it in this call."""


class TooLargeError(Exception):
    """The next row holds a value that is too large to be held. `made` are the rows before it in this call."""

    def __init__(self, made: list[bytes]) -> None:
        super().__init__(len(made))
        self.made = made


_AT_ONCE: Final = 256
_WEIGHT: Final = 1 << 18
_UNFIT: Final = (struct.error, TypeError, UnfitError)
_FIXED: Final = {"int2": ("h", 2), "int4": ("i", 4), "int8": ("q", 8)}


def encoder(table: Table, nullable: frozenset[int] = frozenset(), *, strict: bool = False) -> Encode:
    """The function for a table; `nullable` are the places of columns in which there are NULLs.

    Without `strict` the server is left to find NUL and invalid UTF-8 in text, as it looks at every text anyway.
    """
    making = _Making(len(table.columns))
    for place, column in enumerate(table.columns):
        making.column(place, column, nullable=place in nullable, strict=strict)
    return making.compiled()


def encoded(encode: Encode, rows: Iterator[Row], careful: Careful, limit: int, *, measured: bool) -> list[bytes]:
    """Take rows until more than `limit` bytes are made, and give the bytes of each; empty when none are left.

    With `measured` rows are weighed as they are taken; else they are small enough to take a few hundred at once.
    Raises TooLargeError where SQLite does not give a row (`large.nothing_above`).
    """
    made: list[bytes] = []
    size = 0
    while size <= limit:
        taken: list[Row] = []
        refused = False
        try:
            if measured:
                _take(rows, taken)
            else:
                taken.extend(islice(rows, _AT_ONCE))
        except sqlite3.DataError:
            refused = True
        if taken:
            part = _in_halves(encode, careful, taken, len(made))
            made += part
            size += sum(map(len, part))
        if refused:
            raise TooLargeError(made)
        if not taken:
            break
    return made


def _take(rows: Iterator[Row], taken: list[Row]) -> None:
    size = 0
    for row in rows:
        taken.append(row)
        size += sum(len(value) for value in row if isinstance(value, (bytes, bytearray)))
        if size > _WEIGHT or len(taken) >= _AT_ONCE:
            break


def _in_halves(encode: Encode, careful: Careful, rows: Sequence[Row], number: int) -> list[bytes]:
    try:
        return encode(rows)
    except _UNFIT:
        if len(rows) == 1:
            return [careful(rows[0], number)]
    middle = len(rows) // 2
    made = _in_halves(encode, careful, rows[:middle], number)
    return made + _in_halves(encode, careful, rows[middle:], number + middle)


@dataclass(slots=True)
class _Making:
    """The pieces of a row: runs of bytes that one `pack` makes, and texts and BLOBs between them."""

    width: int
    pieces: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    arguments: list[str] = field(default_factory=list)
    constant: bytes = b""

    def __post_init__(self) -> None:
        self.constant = struct.pack(">h", self.width)

    def column(self, place: int, column: Column, *, nullable: bool, strict: bool) -> None:
        """Add a column."""
        value, kind = f"v{place}", column.wire.kind
        fixed = _FIXED.get(kind)
        if kind == "float8" and column.affinity == "REAL":  # SQLite has made a float of every number
            fixed = ("d", 8)
        if fixed is not None:
            code, size = fixed
            length = struct.pack(">i", size)
            if nullable:
                pack = self.name(struct.Struct(f">4s{code}").pack)
                self.piece(f"NULL if {value} is None else {pack}({self.name(length)}, {value})")
            else:
                self.constant += length
                self.packed(code, value)
            return
        measure = {"text": "text_length", "bytea": "blob_length"}.get(kind)
        if measure is None or (kind == "text" and (strict or not column.wire.any_text)):
            self.piece(f"{self.name(cell(column))}({value})")
            return
        # `len` of the wrong type would be taken; these raise TypeError for all but text (bytearray) or a BLOB.
        self.packed("i", f"-1 if {value} is None else {measure}({value})" if nullable else f"{measure}({value})")
        self.piece(f"{value} or b''" if nullable else value)

    def name(self, thing: object) -> str:
        """A name by which the function knows another."""
        name = f"f{len(self.names)}"
        self.names[name] = thing
        return name

    def packed(self, code: str, argument: str) -> None:
        """Add a number to the run, and before it the bytes that are the same in every row."""
        if self.constant:
            self.run += f"{len(self.constant)}s"
            self.arguments.append(self.name(self.constant))
            self.constant = b""
        self.run += code
        self.arguments.append(argument)

    def piece(self, text: str) -> None:
        """End the run and add a piece."""
        if self.run:
            self.pieces.append(f"{self.name(struct.Struct(f'>{self.run}').pack)}({', '.join(self.arguments)})")
        if self.constant:  # behind the run: only before a value that is no number
            self.pieces.append(self.name(self.constant))
        if text:
            self.pieces.append(text)
        self.run, self.arguments, self.constant = "", [], b""

    def compiled(self) -> Encode:
        """The function. Its text is made of our own names only: no name of a table or column is in it."""
        if not self.width:
            return lambda rows: [bytes(2)] * len(rows)
        self.piece("")
        values = "".join(f"v{place}, " for place in range(self.width))
        row = self.pieces[0] if len(self.pieces) == 1 else f"join(({', '.join(self.pieces)}))"
        scope = {
            **self.names,
            "NULL": NULL,
            "join": b"".join,
            "text_length": bytearray.__len__,
            "blob_length": bytes.__len__,
        }
        source = f"def encode(rows):\n    return [{row} for {values}in rows]\n"
        exec(compile(source, "<the rows of a table>", "exec"), scope)  # noqa: S102
        encode: Encode = scope["encode"]
        return encode
