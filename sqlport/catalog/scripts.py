"""Migrations as scripts: which files they are, in which order, and the tables once all of them have run."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal as OneOf

from sqlport.catalog.build import CatalogResult, from_sqlite
from sqlport.catalog.scratch import is_definition, new_scratch

_PROGRAMS = (".go", ".py", ".js", ".ts", ".rb", ".php", ".rs", ".java", ".kt", ".cs")
_DOWN_FILE = re.compile(r"(?i)(?:^|[._-])(?:down|rollback|undo|revert)\.sql$")
# goose, dbmate, sql-migrate and their like keep both directions in one file.
_DOWN_MARK = re.compile(r"(?im)^\s*--\s*(?:\+goose\s+down|migrate:down|\+migrate\s+down|@?undo\b|!downgrade\b).*$")
# A folder of its own, or the end of a file's name: `migrations/sqlite3/`, `0001_users.mysql.up.sql`.
_ENGINE = re.compile(
    r"(?i)(?:(?<=/)|^|[._-])(sqlite3?|postgres(?:ql)?|pgsql|psql|pg|mysql|mariadb|cockroach(?:db)?|mssql|sqlserver"
    r"|oracle)(?=/|(?:\.(?:up|down|autocommit))*\.sql$)"
)
_ENGINES = {"sqlite3": "sqlite", **dict.fromkeys(["postgresql", "pgsql", "psql", "pg"], "postgres")}


@dataclass(frozen=True, slots=True)
class Problem:
    """A definition that did not become part of the schema: where it stands, and SQLite's reason."""

    place: str
    reason: str


def scripts(path: Path, engine: OneOf["sqlite", "postgres"] = "sqlite") -> list[Path]:
    """The `.sql` files that are migrations: the file itself, or those of a folder that holds no code.

    Where they are for several engines (`0001_users.mysql.up.sql`, `sqlite3/0001_users.sql`) those for this one.
    """
    if path.is_file():
        return [path] if path.suffix.lower() == ".sql" else []
    found = [each for each in path.iterdir() if each.suffix.lower() == ".sql" and each.is_file()]
    if not found:  # one folder for each migration (Prisma, diesel)
        found = [each for each in path.glob("*/*.sql") if each.is_file() and not any(path.glob("*.py"))]
    ups = [each for each in found if not _DOWN_FILE.search(each.name)]
    return sorted(_of_engine(path, ups, engine), key=lambda each: _natural(path, each))


def _of_engine(folder: Path, files: list[Path], engine: str) -> list[Path]:
    """Those that name the engine, and what names none, unless a file of the same name is for this engine.

    One name of an engine does not make the convention: `0007_import_from_mysql.sql` without a twin is a migration.
    """
    names = {each: each.relative_to(folder).as_posix() for each in files}
    engines = {each: _engine(name) for each, name in names.items()}
    said = set(engines.values()) - {""}
    plain = {each: _ENGINE.sub("", name).partition(".")[0] for each, name in names.items()}
    if len(said) < 2 and not said & {engine}:
        twins = [name for each, name in plain.items() if not engines[each]]
        return [each for each in files if not engines[each] or plain[each] not in twins]
    special = {plain[each] for each in files if engines[each] == engine}
    return [each for each in files if engines[each] in ("", engine) and (engines[each] or plain[each] not in special)]


def _engine(name: str) -> str:
    """The engine that a file's name is for, empty where it names none."""
    found = _ENGINE.search(name)
    return _ENGINES.get(found[1].lower(), found[1].lower()) if found else ""


def for_postgres(name: str) -> str:
    """The name of a ported migration: `0001_users.sqlite3.up.sql` is `0001_users.postgres.up.sql`."""
    found = _ENGINE.search(name)
    return f"{name[: found.start(1)]}postgres{name[found.end(1) :]}" if found and _engine(name) == "sqlite" else name


def _natural(folder: Path, file: Path) -> tuple[list[tuple[int, int, str]], str]:
    """2_b before 10_a, as a person numbers them."""
    name = file.relative_to(folder).as_posix() if folder.is_dir() else file.name
    parts = re.findall(r"\d+|\D+", name.lower())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts], name


def migrated(path: Path) -> tuple[CatalogResult, tuple[Problem, ...]]:
    """What is there once all scripts have run, in the order of their names, in a database in memory.

    What SQLite refuses is among the problems, and the rest goes on. Raises SqlportError for a file that cannot be
    read.
    """
    problems: list[Problem] = []
    with closing(new_scratch()) as connection:
        for script in scripts(path):
            problems += _run(connection, script)
        result = from_sqlite(connection, path.as_posix())
    return result, (*problems, *problems_of(result))


def problems_of(result: CatalogResult) -> Iterator[Problem]:
    for failure in result.failures:
        yield Problem(failure.label, f"{failure.reason}: {' '.join(failure.sql.split())[:80]}")


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
