"""A loop made for one table that turns its rows into binary COPY at a microsecond each, and stops for none.

Where every value is of the expected type, `struct` packs whole runs of columns at once; everything else (another
type, a NULL that did not occur before) raises in there and goes to the careful way, which judges it cell by cell.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from sqlport.data.convert import NULL, UnfitError, cell
from sqlport.data.plan import Column, Table, Value

Row = tuple[Value, ...]
Encode = Callable[[Iterator[Row], Callable[[Row, int], bytes], int], list[bytes]]
"""Takes rows until more than so many bytes are made, and returns the bytes of each; empty when none are left.

The careful way is given the row and how many came before it in this call. Raises TooLargeError where SQLite
does not give a row (`large.nothing_large`).
"""


class TooLargeError(Exception):
    """The next row holds a value that is too large to be held. `made` are the rows before it in this call."""

    def __init__(self, made: list[bytes]) -> None:
        super().__init__(len(made))
        self.made = made


_FIXED: Final = {"int2": ("h", 2), "int4": ("i", 4), "int8": ("q", 8)}


def encoder(table: Table, nullable: frozenset[int] = frozenset(), *, strict: bool = False) -> Encode:
    """The loop for a table; `nullable` are the places of columns in which NULL is common.

    Without `strict` the server is left to find NUL and invalid UTF-8 in text, as it looks at every text anyway.
    """
    making = _Making(len(table.columns))
    for place, column in enumerate(table.columns):
        making.column(place, column, nullable=place in nullable, strict=strict)
    return making.compiled()


@dataclass(slots=True)
class _Making:
    """The pieces of a row: runs that one `pack` makes, and texts and bytes that stand between them."""

    width: int
    pieces: list[str] = field(default_factory=list)
    names: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    arguments: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.run, self.arguments = "h", [str(self.width)]

    def column(self, place: int, column: Column, *, nullable: bool, strict: bool) -> None:
        """Add a column."""
        value, kind = f"c{place}", column.wire.kind
        fixed = _FIXED.get(kind)
        if kind == "float8" and column.affinity == "REAL":  # SQLite has made a float of every number
            fixed = ("d", 8)
        if fixed is not None:
            code, size = fixed
            if not nullable:
                self.run += f"i{code}"
                self.arguments += [str(size), value]
                return
            pack = self.name(struct.Struct(f">i{code}").pack)
            self.piece(f"NULL if {value} is None else {pack}({size}, {value})")
            return
        measure = {"text": "text_length", "bytea": "blob_length"}.get(kind)
        if measure is None or ((strict or column.wire.length is not None) and kind == "text"):
            self.piece(f"{self.name(cell(column))}({value})")
            return
        self.run += "i"
        length = f"{measure}({value})"
        self.arguments.append(f"-1 if {value} is None else {length}" if nullable else length)
        self.piece(f"{value} or b''" if nullable else value)

    def name(self, thing: object) -> str:
        """A name by which the loop knows a function."""
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
            self.pieces.append(f"{self.name(struct.Struct(f'>{self.run}').pack)}({', '.join(self.arguments)})")
        self.run, self.arguments = "", []

    def compiled(self) -> Encode:
        """The loop. Its text is made of our own names only: no name of a table or column is in it."""
        self.flush()
        columns = "".join(f"c{place}, " for place in range(self.width)) or "_, "
        row = self.pieces[0] if len(self.pieces) == 1 else f"join(({', '.join(self.pieces)}))"
        source = _LOOP.format(columns=columns, row=row)
        # `len` of the wrong type would be taken; these raise TypeError for all but text (bytearray) or a BLOB.
        scope = {
            **self.names,
            "NULL": NULL,
            "join": b"".join,
            "text_length": bytearray.__len__,
            "blob_length": bytes.__len__,
            "error": struct.error,
            "UnfitError": UnfitError,
            "DataError": sqlite3.DataError,
            "TooLargeError": TooLargeError,
        }
        exec(compile(source, "<the loop of a table>", "exec"), scope)  # noqa: S102
        made: Encode = scope["encode"]
        return made


_LOOP: Final = """
def encode(rows, careful, limit):
    made = []
    add = made.append
    size = 0
    try:
        for {columns} in rows:
            try:
                line = {row}
            except (error, TypeError, UnfitError):
                line = careful(({columns}), len(made))
            add(line)
            size += len(line)
            if size > limit:
                break
    except DataError:
        raise TooLargeError(made) from None
    return made
"""
