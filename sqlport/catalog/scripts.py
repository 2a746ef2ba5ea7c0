"""Migrations as scripts: which files they are, in which order, and the tables once all of them have run."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlport.catalog.build import CatalogResult, from_sqlite
from sqlport.catalog.scratch import is_definition, new_scratch

_PROGRAMS = (".go", ".py", ".js", ".ts", ".rb", ".php", ".rs", ".java", ".kt", ".cs")
_DOWN_FILE = re.compile(r"(?i)(?:^|[._-])(?:down|rollback|undo|revert)\.sql$")
# goose, dbmate, sql-migrate and their like keep both directions in one file.
_DOWN_MARK = re.compile(r"(?im)^\s*--\s*(?:\+goose\s+down|migrate:down|\+migrate\s+down|@?undo\b|!downgrade\b).*$")


@dataclass(frozen=True, slots=True)
class Problem:
    """A definition that did not become part of the schema: where it stands, and SQLite's reason."""

    place: str
    reason: str


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
