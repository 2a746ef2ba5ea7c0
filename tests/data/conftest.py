"""A SQLite file, an empty database on the real server, and `sqlport data` between them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from sqlport.cli import main
from sqlport.engines.server import Server

Make = Callable[..., Path]
Data = Callable[..., Result]
Ask = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    """The URL of an empty database."""
    with server.database() as name:
        yield server.database_url(name)


@pytest.fixture
def ask(url: str) -> Ask:
    """Run SQL in the empty database and return its rows."""

    def run(sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(url, autocommit=True) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    return run


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a SQLite file from a script."""

    def run(script: str, name: str = "app.db") -> Path:
        file = tmp_path / name
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)
            connection.commit()
        return file

    return run


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Data:
    """Run `sqlport data` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)

    def run(*arguments: str | Path) -> Result:
        isolated = () if arguments[0] == "restore" else ("--isolated",)
        result = CliRunner().invoke(main, ["--debug", "data", *map(str, arguments), *isolated], prog_name="sqlport")
        assert "internal error" not in result.output, result.output
        return result

    return run
