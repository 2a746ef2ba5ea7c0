"""Which rows go where: the tables and columns of SQLite beside those of PostgreSQL, fixed before a row is read."""

from __future__ import annotations

from dataclasses import dataclass

from sqlport.catalog.names import quote, quoted
from sqlport.catalog.tables import Affinity
from sqlport.data.wire import Wire

Value = int | float | bytes | bytearray | None
"""What SQLite stores: text arrives as bytearray, a BLOB as bytes, so that the two can be told apart."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that is copied: `source` is its name in SQLite, `name` in PostgreSQL, `declared` its type in SQLite.

    `form` is how its moments are written there, where that is known (`moments.form`).
    """

    source: str
    name: str
    wire: Wire
    affinity: Affinity = "BLOB"
    not_null: bool = False
    identity: bool = False
    declared: str = ""
    form: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is copied. `key` are columns that tell its rows apart, in PostgreSQL's names, where there are.

    `order` is the SQL by which SQLite gives the rows, always in the same order.
    """

    source: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    order: str = ""
    rowid: str = ""

    @property
    def select(self) -> str:
        """SQLite's query of all rows, with one parameter: how many of the first ones to leave out."""
        names = ", ".join(quoted(column.source) for column in self.columns) or "NULL"
        order = f" ORDER BY {self.order}" if self.order else ""
        return f"SELECT {names} FROM {quoted(self.source)}{order} LIMIT -1 OFFSET ?"

    @property
    def select_after(self) -> str:
        """SQLite's query of the rows behind a rowid, its parameter; for a table with one."""
        names = ", ".join(quoted(column.source) for column in self.columns) or "NULL"
        return f"SELECT {names} FROM {quoted(self.source)} WHERE {self.rowid} > ? ORDER BY {self.order}"

    def label(self, column: Column) -> str:
        """How policies and messages name a column."""
        return f"{self.source}.{column.source}"


def in_schema(schema: str, name: str) -> str:
    """A name of PostgreSQL with its schema."""
    return f"{exact(schema)}.{exact(name)}"


def exact(name: str) -> str:
    """The name as PostgreSQL keeps it, written so that it is not folded again."""
    written = quote(name)
    return written if written.strip('"').replace('""', '"') == name else quoted(name)
