"""Where a schema comes from: a SQLite file, migrations that are applied in order, or the definitions in code."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Literal as OneOf

from sqlport.catalog import Catalog, CatalogResult, from_sqlite, is_definition
from sqlport.catalog.names import folded, quoted
from sqlport.model import SqlportError
from sqlport.schema.fulltext import full_text
from sqlport.schema.observed import ObservedType, observed_types, storages

if TYPE_CHECKING:
    from sqlport.config import Config
    from sqlport.model import Target

SourceKind = OneOf["database", "migrations", "code"]

_PROGRAMS = (".go", ".py", ".js", ".ts", ".rb", ".php", ".rs", ".java", ".kt", ".cs")
_HEADER = b"SQLite format 3\0"
_DOWN_FILE = re.compile(r"(?i)(?:^|[._-])(?:down|rollback|undo|revert)\.sql$")
# goose, dbmate, sql-migrate and their like keep both directions in one file.
_DOWN_MARK = re.compile(r"(?im)^\s*--\s*(?:\+goose\s+down|migrate:down|\+migrate\s+down|@?undo\b|!downgrade\b).*$")


@dataclass(frozen=True, slots=True)
class Problem:
    """A definition that did not become part of the schema: where it stands, and SQLite's reason."""

    place: str
    reason: str


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
    found = scripts(path)
    if found:
        return _migrated(path, found)
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


def scripts(path: Path) -> list[Path]:
    """The `.sql` files that are migrations: the file itself, or those of a folder that holds no code."""
    if path.is_file():
        return [path] if path.suffix.lower() == ".sql" else []
    found = [each for each in path.iterdir() if each.suffix.lower() == ".sql" and each.is_file()]
    if not found:  # one folder for each migration (Prisma, diesel)
        found = [each for each in path.glob("*/*.sql") if each.is_file() and not any(path.glob("*.py"))]
    return sorted((each for each in found if not _DOWN_FILE.search(each.name)), key=lambda each: _natural(path, each))


def _natural(folder: Path, file: Path) -> tuple[list[tuple[int, int, str]], str]:
    """2_b before 10_a, as a person numbers them."""
    name = file.relative_to(folder).as_posix() if folder.is_dir() else file.name
    parts = re.findall(r"\d+|\D+", name.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts], name


def _database(path: Path) -> Source:
    from sqlport.engines.sqlite import open_readonly

    try:
        with closing(open_readonly(path)) as connection:
            result = from_sqlite(connection, path.as_posix())
            ids = dict(_largest_ids(connection, result.catalog))
        kinds = storages(path, result.catalog)
    except sqlite3.Error as error:
        raise SqlportError(f"{path}: the schema of this database cannot be read: {error}") from error
    return Source(path.as_posix(), "database", result.catalog, tuple(_problems(result)), ids, path, kinds)


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


def _migrated(path: Path, files: Sequence[Path]) -> Source:
    from sqlport.catalog.scratch import new_scratch

    problems: list[Problem] = []
    with closing(new_scratch()) as connection:
        for script in files:
            problems += _run(connection, script)
        result = from_sqlite(connection, path.as_posix())
    return Source(path.as_posix(), "migrations", result.catalog, (*problems, *_problems(result)))


def advice(folder: Path) -> str:
    """What to do where migrations need a table that no script makes; empty where nothing explains it."""
    if not folder.is_dir():
        return ""
    other = next((each.name for each in sorted(folder.iterdir()) if each.suffix in _PROGRAMS), "")
    return f" (programs like {other} are migrations, too: give a database of the application instead)" if other else ""


def _run(connection: sqlite3.Connection, script: Path) -> Iterator[Problem]:
    """Run a migration; what SQLite refuses is told with its place, and the rest goes on."""
    from sqlport.sql import split

    text = up_part(script)
    for piece in split(text):
        place = f"{script.as_posix()}:{text.count(chr(10), 0, piece.span.start) + 1}"
        if piece.dot_command:
            yield Problem(place, "a command of SQLite's shell, which is not run")
            continue
        sql = piece.span.of(text)
        try:
            connection.execute(sql)
        except (sqlite3.Error, sqlite3.Warning) as error:
            if is_definition(sql):  # rows that do not fit, VACUUM and the like make no schema
                missing = advice(script.parent) if "no such" in str(error) else ""
                yield Problem(place, f"{error}{missing}")


def up_part(script: Path) -> str:
    """The text of a migration without its way back. Raises SqlportError for a file that cannot be read."""
    from sqlport.files import read_source as read_file

    text = read_file(script).text
    down = _DOWN_MARK.search(text)
    return text[: down.start()] if down else text


def _of_code(path: Path, config: Config) -> Source:
    from sqlport import project
    from sqlport.tables import tables_of

    found = project.read([path], config, None)
    catalog = tables_of(found.statements, config).project.catalog
    if not len(catalog):
        raise SqlportError(f"{path}: no table is defined there; give a SQLite file, a folder of migrations, or code")
    return Source(path.as_posix(), "code", catalog)


def _problems(result: CatalogResult) -> Iterator[Problem]:
    for failure in result.failures:
        yield Problem(failure.label, f"{failure.reason}: {' '.join(failure.sql.split())[:80]}")
