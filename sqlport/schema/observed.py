"""What the columns of a SQLite file really hold: SQLite stores any type anywhere."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlport.catalog import Catalog, Table

_SHOWN = 24


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


def _of_table(connection: sqlite3.Connection, table: Table) -> Iterator[tuple[tuple[str, str], tuple[Observed, ...]]]:
    for column in table.columns:
        name, source = _quoted(column.name), _quoted(table.name)
        try:
            rows = connection.execute(
                f"SELECT typeof({name}), count(*), quote(min({name})), quote(max({name}))"
                f" FROM {source} GROUP BY 1 ORDER BY 2 DESC, 1"
            ).fetchall()
        except sqlite3.Error:
            continue  # a generated column may call what only the application has
        yield (table.name, column.name), tuple(Observed(kind, count, *map(_cut, ends)) for kind, count, *ends in rows)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _cut(text: str) -> str:
    one = " ".join(text.split())
    return one if len(one) <= _SHOWN else one[: _SHOWN - 1] + "…"
