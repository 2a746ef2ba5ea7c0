"""A user's file is only read: whatever state it is in, it has the same bytes afterwards, and the message is clear."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from sqlport.config import Config
from sqlport.model import SqlportError
from sqlport.rulebook import load
from sqlport.schema import port_schema, read_source
from sqlport.schema.evidence import evidence
from sqlport.schema.observed import observe

BOOK = load()
SCRIPT = "CREATE TABLE t (id INTEGER PRIMARY KEY, a, made DATETIME); INSERT INTO t VALUES (1, 'x', '2024-01-01')"


def made(path: Path, script: str = SCRIPT) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
    return path


def encrypted(path: Path) -> Path:
    made(path)
    path.write_bytes(bytes(byte ^ 0x5A for byte in path.read_bytes()))
    return path


def truncated(path: Path) -> Path:
    made(path, "CREATE TABLE t (a); " + "INSERT INTO t VALUES (zeroblob(9000)); " * 9)
    path.write_bytes(path.read_bytes()[:5000])
    return path


def scrambled(path: Path) -> Path:
    made(path)
    data = bytearray(path.read_bytes())
    data[100:400] = b"\xff" * 300
    path.write_bytes(bytes(data))
    return path


def empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def text(path: Path) -> Path:
    path.write_text("these are\nmy notes\n")
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def everything(path: Path) -> None:
    """All that reads a file: its schema, its values, the evidence."""
    source = read_source(path, Config())
    port_schema(source, Config().target, BOOK)
    evidence(source, Config().target)
    assert source.path is not None
    observe(source.path, source.catalog)


@pytest.mark.parametrize("make", [made, empty])
def test_a_readable_file_has_the_same_bytes_afterwards(tmp_path: Path, make: Callable[[Path], Path]) -> None:
    file = make(tmp_path / "app.db")
    before = digest(file)
    everything(file)
    assert digest(file) == before
    assert [each.name for each in tmp_path.iterdir()] == ["app.db"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (encrypted, "encrypted"),
        (truncated, r"damaged|malformed|cannot be read"),
        (scrambled, r"damaged|malformed|cannot be read"),
        (text, "not a SQLite 3 database"),
    ],
)
def test_another_file_is_told_and_left_alone(tmp_path: Path, make: Callable[[Path], Path], message: str) -> None:
    file = make(tmp_path / "app.db")
    before = digest(file)
    with pytest.raises(SqlportError, match=message) as told:
        everything(file)
    assert str(file) in str(told.value)
    assert digest(file) == before


def test_a_locked_file_has_the_same_bytes_afterwards(tmp_path: Path) -> None:
    file = made(tmp_path / "app.db")
    before = digest(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SqlportError, match="locked by another process"):
            read_source(file, Config())
    assert digest(file) == before


def test_rows_that_only_the_log_holds_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "app.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.executescript(SCRIPT)
        before = digest(file), digest(tmp_path / "app.db-wal")
        assert read_source(file, Config()).next_ids == {"t": 1}
        assert (digest(file), digest(tmp_path / "app.db-wal")) == before


def test_a_read_only_file_is_read(tmp_path: Path) -> None:
    file = made(tmp_path / "app.db")
    file.chmod(0o400)
    before = digest(file)
    everything(file)
    assert digest(file) == before


@pytest.mark.parametrize("name", ["with space.db", "50%?#.db", "ünï.sqlite", "quote'.db"])
def test_any_name_of_a_file_is_taken(tmp_path: Path, name: str) -> None:
    everything(made(tmp_path / name))


@pytest.mark.parametrize("encoding", ["UTF-8", "UTF-16le", "UTF-16be"])
def test_a_database_in_any_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "app.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(f"PRAGMA encoding = '{encoding}'")
        connection.executescript(
            "CREATE TABLE \"größe\" (ä TEXT DEFAULT 'ö', v); INSERT INTO \"größe\" VALUES ('ü', 5)"
        )
    source = read_source(file, Config())
    assert source.problems == ()
    (table,) = source.catalog
    assert (table.name, [(column.name, column.default) for column in table.columns]) == (
        "größe",
        [("ä", "'ö'"), ("v", None)],
    )
    assert source.observed(Config().target)["größe.v"].type == "bigint"


def test_text_that_is_no_utf8_in_a_value_is_no_obstacle(tmp_path: Path) -> None:
    file = made(tmp_path / "app.db", "CREATE TABLE t (a, d DATETIME); INSERT INTO t VALUES (CAST(x'ff' AS TEXT), 'x')")
    everything(file)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
class TestFolderWithoutPermission:
    def folder(self, tmp_path: Path, *, log: bool) -> Path:
        with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as writer:
            writer.execute("PRAGMA journal_mode = WAL")
            writer.executescript(SCRIPT)
            (tmp_path / "closed").mkdir()
            if log:
                for name in ("a.db", "a.db-wal"):
                    shutil.copy(tmp_path / name, tmp_path / "closed" / name)
        if not log:
            shutil.copy(tmp_path / "a.db", tmp_path / "closed")
        (tmp_path / "closed").chmod(0o500)
        return tmp_path / "closed" / "a.db"

    def test_a_file_without_a_log_is_read(self, tmp_path: Path) -> None:
        everything(self.folder(tmp_path, log=False))

    def test_newer_rows_in_a_log_are_told(self, tmp_path: Path) -> None:
        with pytest.raises(SqlportError, match="holds newer rows"):
            read_source(self.folder(tmp_path, log=True), Config())
