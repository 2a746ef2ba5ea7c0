"""SQLite files are opened without harm, and every file that cannot be is told apart."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqlport.engines.sqlite import open_readonly, scratch
from sqlport.model import SqlportError


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "a b?#%.db"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE t (a); INSERT INTO t VALUES (1), (2);")
    connection.close()
    return path


@pytest.fixture
def memory() -> Iterator[sqlite3.Connection]:
    connection = scratch()
    yield connection
    connection.close()


def test_a_file_is_read_whatever_its_name(database: Path) -> None:
    assert open_readonly(database).execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_a_relative_path_is_read(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(database.parent)
    assert open_readonly(database.name).execute("SELECT count(*) FROM t").fetchone() == (2,)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t VALUES (3)",
        "DELETE FROM t",
        "CREATE TABLE u (a)",
        "DROP TABLE t",
        "PRAGMA user_version = 7",
        "VACUUM",
        "PRAGMA journal_mode = WAL",
    ],
)
def test_nothing_is_written(database: Path, statement: str) -> None:
    before = database.read_bytes()
    connection = open_readonly(database)
    try:
        connection.execute(statement).fetchall()
    except sqlite3.OperationalError as error:
        assert "readonly" in str(error) or "read-only" in str(error)
    connection.close()
    assert database.read_bytes() == before
    assert sorted(path.name for path in database.parent.iterdir()) == [database.name]


def test_rows_that_are_only_in_the_wal_are_seen(database: Path) -> None:
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("INSERT INTO t VALUES (3)")
    assert open_readonly(database).execute("SELECT count(*) FROM t").fetchone() == (3,)
    writer.close()


def _as_nobody(tmp_path: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run Python without rights over `tmp_path`; as root only, where permissions mean nothing to ourselves."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    program = f"import os, sys; sys.path[:0] = {sys.path!r}\nos.setgid(65534); os.setuid(65534)\n{code}"
    program = "import sqlport.engines.sqlite, sqlport.model, sqlite3\n" + program
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)


def _open_up(folder: Path) -> None:
    for each in (folder, *folder.parents):
        if each.stat().st_uid == os.geteuid() and each != Path("/") and not each.stat().st_mode & 0o001:
            each.chmod(each.stat().st_mode | 0o011)


def test_a_wal_database_in_a_directory_that_cannot_be_written_is_read(tmp_path: Path, database: Path) -> None:
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    _open_up(tmp_path)
    database.chmod(0o644)
    code = (
        f"print(sqlport.engines.sqlite.open_readonly({str(database)!r}).execute('SELECT count(*) FROM t').fetchone())"
    )
    answer = _as_nobody(tmp_path, code)
    assert answer.stdout == "(2,)\n", answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == [database.name]


def test_a_missing_file_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(SqlportError, match="no such file"):
        open_readonly(tmp_path / "none.db")
    assert not list(tmp_path.iterdir())


def test_a_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(SqlportError, match="is a directory"):
        open_readonly(tmp_path)


def test_an_empty_file_is_an_empty_database(tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    assert open_readonly(path).execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)


@pytest.mark.parametrize("data", [b"hello", bytes(range(1, 256)) * 16, b"SQLite format 2\0" + b"\0" * 100])
def test_what_is_not_a_database_or_encrypted_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "other.db"
    path.write_bytes(data)
    with pytest.raises(SqlportError, match=r"other\.db: is not a SQLite 3 database, or it is encrypted"):
        open_readonly(path)


def test_a_damaged_schema_is_told(tmp_path: Path, database: Path) -> None:
    data = bytearray(database.read_bytes())
    data[100:200] = b"\xff" * 100
    path = tmp_path / "damaged.db"
    path.write_bytes(bytes(data))
    with pytest.raises(SqlportError, match="is damaged"):
        open_readonly(path)


def test_a_locked_database_is_told(database: Path) -> None:
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    with pytest.raises(SqlportError, match="is locked by another process"):
        open_readonly(database)
    writer.close()


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH 'x.db' AS x",
        "ATTACH ':memory:' AS x",
        "ATTACH 'x' || '.db' AS x",
        "VACUUM INTO 'x.db'",
        "DETACH main",
        "SELECT load_extension('x')",
        "SELECT writefile('x', 'y')",
        "PRAGMA writable_schema = ON",
        "PRAGMA trusted_schema = ON",
        "PRAGMA temp_store_directory = '/'",
    ],
)
def test_a_scratch_database_stays_in_memory(
    memory: sqlite3.Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sqlite3.Error):
        memory.execute(statement)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",
        "VACUUM",
        "ANALYZE",
        "PRAGMA foreign_keys = ON",
        "PRAGMA table_info(t)",
        "CREATE TEMP TABLE x (a)",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END",
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3) SELECT x FROM c",
        "SELECT json_extract('{\"a\": 1}', '$.a'), strftime('%Y', 'now'), printf('%d', 1)",
    ],
)
def test_a_scratch_database_takes_what_programs_say(memory: sqlite3.Connection, statement: str) -> None:
    memory.execute("CREATE TABLE t (a)")
    memory.execute(statement).fetchall()
