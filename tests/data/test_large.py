"""Values beyond 8 MB go through in pieces: nothing is lost, a changed byte is found, and memory stays small."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from sqlport.data.large import CAN_OPEN
from tests.data.conftest import Ask, Data

SIZE = 9_000_000
COLUMNS = "id INTEGER PRIMARY KEY, name TEXT, body BLOB, tail BLOB"
Row = tuple[int, str | None, bytes | None, bytes | None]


def rows() -> list[Row]:
    """Small rows between large ones: first, last, side by side, two in one row, a text, and one just not large."""
    blob = os.urandom(SIZE)
    return [
        (1, "first", blob, b"x"),
        (2, None, b"", None),
        (3, "three", b"small", blob[::-1]),
        (4, "four", blob[1:], blob[2:]),
        (5, "five", None, None),
        (6, "é" * (SIZE // 2), b"t", None),
        (7, "seven", blob[: 8 << 20], b""),
        (9, "last", bytes(SIZE), b"z"),
    ]


def made(file: Path, found: Sequence[Row], definition: str = f"CREATE TABLE t ({COLUMNS})") -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(definition)
        connection.executemany("INSERT INTO t VALUES (?, ?, ?, ?)", found)
        connection.commit()
    return file


@pytest.mark.parametrize("options", ["", "WITHOUT ROWID"])
def test_large_values_go_there_and_back(data: Data, ask: Ask, url: str, tmp_path: Path, options: str) -> None:
    found = rows()
    file = made(tmp_path / "app.db", found, f"CREATE TABLE t ({COLUMNS}) {options}")
    assert data("check", file).stdout == "1 tables, 8 rows: every value fits\n"
    copied = data("copy", file, url, "--no-backup")
    assert copied.exit_code == 0, copied.output
    assert copied.stdout == "1 tables, 8 rows, every value compared\n"
    assert ask("SELECT count(*), sum(octet_length(name)), sum(octet_length(body)) FROM t") == [
        (8, sum(len((row[1] or "").encode()) for row in found), sum(len(row[2] or b"") for row in found))
    ]
    assert data("verify", file, url).exit_code == 0
    restored = data("restore", "new.db", url, "--like", file)
    assert restored.exit_code == 0, restored.output
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        assert connection.execute("SELECT * FROM t ORDER BY id").fetchall() == found
        assert connection.execute("SELECT DISTINCT typeof(body) FROM t ORDER BY 1").fetchall() == [("blob",), ("null",)]


def test_one_changed_byte_is_found(data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    file = made(tmp_path / "app.db", rows())
    assert data("copy", file, url, "--no-backup").exit_code == 0
    ask(f"UPDATE t SET body = overlay(body PLACING 'abc' FROM {SIZE // 2}) WHERE id = 1")
    ask("UPDATE t SET name = name || 'x' WHERE id = 6; UPDATE t SET tail = body WHERE id = 4")
    ask("UPDATE t SET body = 'x' WHERE id = 9; DELETE FROM t WHERE id = 3")
    result = data("verify", file, url)
    assert result.exit_code == 1
    said = [line for line in result.stdout.splitlines() if line.startswith("t (")]
    assert [line.partition(" is ")[0] for line in said] == [
        "t (id = 1): body",
        "t (id = 3):",
        "t (id = 4): tail",
        "t (id = 6): name",
        "t (id = 9): body",
    ]
    assert re.fullmatch(r"t \(id = 4\): tail is (8999998) bytes with the SHA-256 (\w{64}) in SQLite, .*", said[2])


def test_a_large_text_that_postgresql_refuses_names_its_row(data: Data, url: str, tmp_path: Path) -> None:
    file = made(tmp_path / "app.db", [(1, "a", None, None), (2, "b" * SIZE + "\0", None, None), (3, "c", None, None)])
    checked = data("check", file)
    assert checked.exit_code == 1
    assert "t.name: 1 nul-in-text" in checked.stdout
    failed = data("copy", file, url, "--no-backup")
    assert failed.exit_code == 2
    assert "id = 2" in failed.output
    rejected = data("copy", file, url, "--no-backup", "--policy", "t.name=reject")
    assert rejected.exit_code == 1, rejected.output
    assert "2 rows" in rejected.stdout


MEASURED = """
import sys
from pathlib import Path
from sqlport.cli import main
try:
    main(sys.argv[1:])
finally:  # the most memory since the program began; getrusage would count its parent's, too
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    Path("memory").write_text(line.split()[1])
"""


@pytest.mark.skipif(not CAN_OPEN, reason="sqlite3 reads values in pieces since Python 3.11")
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from Linux")
def test_memory_does_not_grow_with_the_largest_value(url: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)")
        connection.execute("INSERT INTO t VALUES (1, randomblob(60000000)), (2, x'00')")
        connection.commit()
    steps = (
        ["check", "app.db", "--isolated"],
        ["copy", "app.db", url, "--isolated", "--no-backup"],
        ["verify", "app.db", url, "--isolated"],
        ["restore", "new.db", url, "--like", "app.db"],
    )
    for step in steps:
        subprocess.run([sys.executable, "-c", MEASURED, "data", *step], cwd=tmp_path, check=True)
        assert int((tmp_path / "memory").read_text()) < 130_000, step


@pytest.mark.parametrize("options", ["", "WITHOUT ROWID"])
def test_values_of_all_sizes_keep_their_places(data: Data, ask: Ask, url: str, tmp_path: Path, options: str) -> None:
    """Small rows are taken a few hundred at once; from a larger value on they are not, for a while."""
    sizes = [70_000 if i in (1, 2, 300, 301, 1500) else 500_000 if i == 900 else i % 50 for i in range(3000)]
    found: list[Row] = [
        (i, None if i % 700 == 3 else f"n{i}", os.urandom(size), None if i < 2000 else b"t")
        for i, size in enumerate(sizes)
    ]
    file = made(tmp_path / "app.db", found, f"CREATE TABLE t ({COLUMNS}) {options}")
    assert data("copy", file, url, "--no-backup").exit_code == 0
    assert ask("SELECT id, name, body, tail FROM t ORDER BY id") == found
    assert data("copy", file, url, "--no-backup", "--truncate", "--batch-size", "1000").exit_code == 0
    assert ask("SELECT id, name, body, tail FROM t ORDER BY id") == found
    assert data("verify", file, url).exit_code == 0
