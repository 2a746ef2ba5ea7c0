"""Where a schema comes from: a SQLite file, migrations that are applied in order, or the definitions in code."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from sqlport.catalog import Catalog, from_sqlite
from sqlport.catalog.names import folded, quoted
from sqlport.catalog.scripts import Problem, migrated, problems_of, scripts
from sqlport.model import SqlportError
from sqlport.schema.fulltext import full_text
from sqlport.schema.observed import ObservedType, observed_types, storages

if TYPE_CHECKING:
    from sqlport.config import Config
    from sqlport.model import Target

SourceKind = OneOf["database", "migrations", "code"]

_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True)
class Source:
    """A SQLite schema as it is once everything is applied.

    `next_ids` is, by folded table name, the largest id that a table has given out (of `sqlite_sequence` and of
    its rows), known for a database only. `path` is the database file. `storages` are the kinds of its values where
    declarations leave them open.
    """

    label: str
    kind: SourceKind
    catalog: Catalog
    problems: tuple[Problem, ...] = ()
    next_ids: Mapping[str, int] = field(default_factory=dict)
    path: Path | None = None
    storages: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def observed(self, target: Target) -> Mapping[str, ObservedType]:
        """The types that the values ask for, by `table.column`; what the target names itself is not among them."""
        return observed_types(self.storages, self.catalog, target)


def read_source(source: str | Path, config: Config) -> Source:
    """The schema of a SQLite file (which is only read), of a folder or file of migrations, or of code.

    Migrations run whole, in the order of their names, in a database in memory: only SQLite knows what a rebuilt
    table lost on the way. Raises SqlportError for what cannot be read.
    """
    path = Path(source)
    if not path.exists():
        raise SqlportError(f"{source}: no such file or folder; give a SQLite file, migrations or code")
    if path.is_file() and _is_database(path):
        return _database(path)
    if scripts(path):
        result, problems = migrated(path)
        return Source(path.as_posix(), "migrations", result.catalog, problems)
    return _of_code(path, config)


def _is_database(path: Path) -> bool:
    if path.suffix.lower() in (".sql", ".py", ".rs"):
        return False
    try:
        with path.open("rb") as stream:
            header = stream.read(16)
    except OSError as error:
        raise SqlportError(f"{path}: cannot be read: {error.strerror}") from None
    return header == _HEADER or path.suffix.lower() in (".db", ".sqlite", ".sqlite3", ".db3") or b"\0" in header


def _database(path: Path) -> Source:
    from sqlport.engines.sqlite import open_readonly

    try:
        with closing(open_readonly(path)) as connection:
            result = from_sqlite(connection, path.as_posix())
            ids = dict(_largest_ids(connection, result.catalog))
        kinds = storages(path, result.catalog)
    except sqlite3.Error as error:
        way = f": try sqlite3 {path.name} .recover" if "malformed" in str(error) else ""
        raise SqlportError(f"{path}: this database cannot be read: {error}{way}") from error
    return Source(path.as_posix(), "database", result.catalog, tuple(problems_of(result)), ids, path, kinds)


def _largest_ids(connection: sqlite3.Connection, catalog: Catalog) -> Iterator[tuple[str, int]]:
    given: dict[str, int] = {}
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        rows = connection.execute("SELECT name, seq FROM sqlite_sequence WHERE typeof(seq) = 'integer'")
        given = {folded(name): seq for name, seq in rows}
    for table in catalog:
        text = full_text(table, catalog) if table.kind == "virtual" else None
        keeps_text = text is not None and not text.external and not text.reason
        if not keeps_text and (table.kind != "table" or table.rowid_column is None):
            continue
        rowid = table.rowid_column.name if table.rowid_column else "rowid"
        column, name = quoted(rowid), quoted(table.name)
        (largest,) = connection.execute(f"SELECT max({column}) FROM {name}").fetchone()
        yield folded(table.name), max(largest or 0, given.get(folded(table.name), 0))


def _of_code(path: Path, config: Config) -> Source:
    from sqlport import project
    from sqlport.tables import tables_of

    found = project.read([path], config, None)
    catalog = tables_of(found.statements, config).project.catalog
    if not len(catalog):
        raise SqlportError(f"{path}: no table is defined there; give a SQLite file, a folder of migrations, or code")
    return Source(path.as_posix(), "code", catalog)
