"""Which tables the statements of each file mean: the project's, or other ones of the same name in their own file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlport.catalog import Catalog, from_sqlite, from_statements, is_definition
from sqlport.model import SqlportError, Statement

if TYPE_CHECKING:
    from pathlib import Path

    from sqlport.config import Config

_MAKES = re.compile(
    r"(?i)\s*(?:CREATE\s+(?:OR\s+REPLACE\s+|UNIQUE\s+)?(?P<kind>TABLE|INDEX|VIEW|FUNCTION|TRIGGER)\s+"
    r"(?:IF\s+NOT\s+EXISTS\s+)?(?P<name>[\w\".]+)|ALTER\s+TABLE\s.*?\sADD\s)"
)


@dataclass(frozen=True, slots=True)
class Schema:
    """The tables that some files share, under a name of its own (empty for the project's).

    `postgres` are statements of a schema that is PostgreSQL's already: nothing but the server reads them, and what it
    does not take, since it is there, is left out.
    """

    name: str
    catalog: Catalog
    postgres: tuple[str, ...] = ()

    @property
    def definitions(self) -> tuple[str, ...]:
        """The SQLite statements that make these tables with their indexes and triggers, as SQLite itself keeps them."""
        tables = [table for table in self.catalog if table.sql and table.kind == "table"]
        indexes = [index.sql for table in tables for index in table.indexes if index.sql]
        views = [table.sql for table in self.catalog if table.sql and table.kind == "view"]
        triggers = [trigger.sql for table in self.catalog for trigger in table.triggers]
        return (*(table.sql for table in tables), *indexes, *views, *triggers)


@dataclass(frozen=True, slots=True)
class Tables:
    """The project's schema, and those of files (tests, mostly) that define some tables otherwise."""

    project: Schema
    own: Mapping[str, Schema]

    def of(self, path: str) -> Schema:
        """The schema that the statements of a file mean."""
        return self.own.get(path, self.project)


def tables_of(statements: Sequence[Statement], config: Config) -> Tables:
    """All tables that the configuration names and the statements define, in order.

    Tables that are dropped and not made again stay: a downgrade or the end of a test looks like that.
    Raises SqlportError for a schema file or a database that cannot be read.
    """
    ready = {path: scripts for path in config.schema if (scripts := _of_postgres(path, config))}
    definitions: list[tuple[str, str]] = []
    for path in config.schema:
        if path.is_dir() and path not in ready:
            definitions += _migrated(path)
        elif path not in ready:
            definitions.append((path.as_posix(), _text(path)))
    by_path: dict[str, list[tuple[str, str]]] = {}
    moved: dict[str, list[str]] = {}
    for statement in statements:
        if not statement.resolved or statement.holes:
            continue
        if statement.dialect == "postgres":
            if _MAKES.match(statement.sql):
                moved.setdefault(statement.path, []).append(_as_sent(statement))
        elif is_definition(statement.sql):
            by_path.setdefault(statement.path, []).append((statement.path, statement.sql))
    definitions += [definition for found in by_path.values() for definition in found]
    result = from_statements(definitions)
    catalog = result.known
    if config.sqlite is not None:
        catalog = catalog.overlaid(_database(config.sqlite))
    if any(one.dialect != "postgres" for one in statements if not one.branch):
        moved = {}  # what SQLite still runs is judged by what SQLite knows, and that is not these
    ported = [sql for found in moved.values() for sql in found]
    postgres = tuple(dict.fromkeys([*(sql for scripts in ready.values() for sql in scripts), *ported]))
    project = Schema("", catalog, postgres)
    others = {failure.label for failure in result.failures if failure.kind == "duplicate"}
    own = {
        path: Schema(path, catalog.overlaid(from_statements(found).known), postgres)
        for path, found in by_path.items()
        if path in others
    }
    for name, texts in _otherwise(moved).items():
        own[name] = Schema(name, own.get(name, project).catalog, tuple(dict.fromkeys([*texts, *postgres])))
    return Tables(project, own)


def with_observed_types(config: Config, database: Path) -> Config:
    """The settings with the types that only the values of a database tell, as its schema is ported with them.

    A type that the settings name counts before these. Raises SqlportError for a database that cannot be read.
    """
    from sqlport.schema.observed import observed_types, storages

    catalog = _database(database)
    seen = observed_types(storages(database, catalog), catalog, config.target)
    types = {**{key: one.type for key, one in seen.items()}, **config.types}
    return config.override(f"the values in {database}", types=types) if seen else config


def _otherwise(moved: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """The files that define a table otherwise than a file before them."""
    first: dict[str, str] = {}
    found: dict[str, Sequence[str]] = {}
    for path, texts in moved.items():
        for sql in texts:
            named = _MAKES.match(sql)
            if named is None or (named["kind"] or "").upper() != "TABLE":
                continue
            name = named["name"].strip('"').lower()
            if "".join(first.setdefault(name, sql).split()) != "".join(sql.split()):
                found[path] = texts
    return found


def _as_sent(statement: Statement) -> str:
    """The text as the server gets it: psycopg makes one `%` of two where it is given parameters."""
    return statement.sql.replace("%%", "%") if statement.arguments.passed else statement.sql


def _of_postgres(path: Path, config: Config) -> list[str]:
    """The statements of a script, or of a folder of them, that is PostgreSQL's already; none of SQLite's."""
    from sqlport.catalog.scripts import scripts
    from sqlport.hosts.python.dialects import dialect_of_text
    from sqlport.sql import split

    texts = [(each, _text(each)) for each in (scripts(path) if path.is_dir() else [path])]
    said = {config.dialect_of(str(each)) or dialect_of_text(text, any_format=True) for each, text in texts}
    if "postgres" not in said or "sqlite" in said:
        return []
    return [piece.span.of(text) for _, text in texts for piece in split(text)]


def _migrated(folder: Path) -> list[tuple[str, str]]:
    """The definitions of what is there once all migrations of a folder have run."""
    from sqlport.catalog.scripts import migrated, scripts

    if not scripts(folder):
        raise SqlportError(
            f"{folder}: there is no `.sql` file in this folder; `schema` names scripts and folders of them"
        )
    result, _ = migrated(folder)
    return [(folder.as_posix(), sql) for sql in Schema("", result.catalog).definitions]


def _text(path: Path) -> str:
    from sqlport.files import read_source

    return read_source(path).text


def _database(path: Path) -> Catalog:
    import sqlite3
    from contextlib import closing

    from sqlport.engines.sqlite import open_readonly

    try:
        with closing(open_readonly(path)) as connection:
            return from_sqlite(connection, path.as_posix()).catalog
    except sqlite3.Error as error:
        raise SqlportError(f"{path}: the schema of this database cannot be read: {error}") from error
