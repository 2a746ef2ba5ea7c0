"""Rows into binary COPY, a few hundred at a time, by a function that is made for one table and does not look at rows.

Where every value is of the expected type, whole columns go through `struct` and `join` in C; anything else (another
type, a NULL that did not occur before) raises in there, and the rows are tried in halves until the careful way is left
with the one at fault.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
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
    """The pieces of a row, each a column of them: runs that one `pack` makes, and texts and bytes between them."""

    width: int
    pieces: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    arguments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run, self.arguments = "h", [f"repeat({self.width})"]

    def column(self, place: int, column: Column, *, nullable: bool, strict: bool) -> None:
        """Add a column."""
        values, kind = f"c{place}", column.wire.kind
        fixed = _FIXED.get(kind)
        if kind == "float8" and column.affinity == "REAL":  # SQLite has made a float of every number
            fixed = ("d", 8)
        if fixed is not None:
            code, size = fixed
            if not nullable:
                self.run += f"i{code}"
                self.arguments += [f"repeat({size})", values]
                return
            pack = self.name(struct.Struct(f">i{code}").pack)
            self.piece(f"[NULL if v is None else {pack}({size}, v) for v in {values}]")
            return
        measure = {"text": "text_length", "bytea": "blob_length"}.get(kind)
        if measure is None or ((strict or column.wire.length is not None) and kind == "text"):
            self.piece(f"map({self.name(cell(column))}, {values})")
            return
        self.run += "i"
        if nullable:
            self.arguments.append(f"[-1 if v is None else {measure}(v) for v in {values}]")
            self.piece(f"[v or b'' for v in {values}]")
        else:
            self.arguments.append(f"map({measure}, {values})")
            self.piece(values)

    def name(self, thing: object) -> str:
        """A name by which the function knows another."""
        name = f"f{len(self.names)}"
        self.names[name] = thing
        return name

    def piece(self, text: str) -> None:
        """End the run and add a piece."""
        self.flush()
        self.pieces.append(text)

    def flush(self) -> None:
        """End the run."""
        if self.run:
            self.pieces.append(f"map({self.name(struct.Struct(f'>{self.run}').pack)}, {', '.join(self.arguments)})")
        self.run, self.arguments = "", []

    def compiled(self) -> Encode:
        """The function. Its text is made of our own names only: no name of a table or column is in it."""
        if not self.width:
            return lambda rows: [bytes(2)] * len(rows)
        self.flush()
        columns = "".join(f"c{place}, " for place in range(self.width))
        made = self.pieces[0] if len(self.pieces) == 1 else f"map(join, zip({', '.join(self.pieces)}))"
        # `len` of the wrong type would be taken; these raise TypeError for all but text (bytearray) or a BLOB.
        scope = {
            **self.names,
            "NULL": NULL,
            "repeat": repeat,
            "join": b"".join,
            "text_length": bytearray.__len__,
            "blob_length": bytes.__len__,
        }
        source = f"def encode(rows):\n    {columns}= zip(*rows)\n    return list({made})\n"
        exec(compile(source, "<the rows of a table>", "exec"), scope)  # noqa: S102
        encode: Encode = scope["encode"]
        return encode
