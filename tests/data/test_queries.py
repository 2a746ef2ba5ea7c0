"""`data verify --queries`: the queries of a code base on both sides with the real rows."""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.data.conftest import Ask, Data

CODE = """
import sqlite3

def shop(db: sqlite3.Connection, name, order):
    db.execute("SELECT id, name FROM item WHERE name = ?", (name,)).fetchall()
    db.execute("SELECT ifnull(price, 0) FROM item ORDER BY id LIMIT 5").fetchall()
    db.execute("SELECT count(*) FROM item WHERE price > ?", (3,)).fetchone()
    db.execute("SELECT name FROM item WHERE name = 'nobody has this'").fetchall()
    db.execute("UPDATE item SET price = price + 1")
    db.execute("DELETE FROM item WHERE id = ?", (1,))
    db.execute(f"SELECT id FROM {order}").fetchall()
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "app.db")) as connection:
        connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)")
        rows = [(i, f"Name {i}", i % 7 or None) for i in range(1, 301)]
        connection.executemany("INSERT INTO item VALUES (?, ?, ?)", rows)
        connection.commit()
    (tmp_path / "shop.py").write_text(CODE)
    return tmp_path / "app.db"


def test_the_queries_answer_alike_and_are_timed(data: Data, ask: Ask, url: str, file: Path) -> None:
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    assert data("copy", file, url, "--no-backup").exit_code == 0
    result = data("verify", file, url, "--queries", "shop.py")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "1 tables, 300 rows: every value is the same"
    assert lines[1].split() == ["query", "rows", "SQLite", "ms", "PostgreSQL", "ms"]
    told = {line.split()[0]: (line.split()[1], " ".join(line.split()[4:])) for line in lines[2:6]}
    assert told == {
        "shop.py:5": ("1", "same"),
        "shop.py:6": ("5", "same"),
        "shop.py:7": ("1", "same"),
        "shop.py:8": ("0", "no rows"),
    }
    assert lines[6].startswith("shop.py:11: not compared (hole: the text of {order}")
    assert lines[7] == "5 queries: 3 same, 1 no rows, 1 not compared"
    assert ask("SELECT count(*), sum(price) FROM item") == [(300, sum(i % 7 for i in range(301)))]
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before


def test_a_query_that_answers_otherwise_is_shown_with_its_parameters(
    data: Data, ask: Ask, url: str, file: Path
) -> None:
    assert data("copy", file, url, "--no-backup").exit_code == 0
    ask("UPDATE item SET name = upper(name)")
    result = data("verify", file, url, "--queries", "shop.py")
    assert result.exit_code == 1
    assert "in SQLite, 'NAME " in result.stdout.splitlines()[0]
    lines = result.stdout.splitlines()
    (at,) = (number for number, line in enumerate(lines) if line.startswith("shop.py:5 "))
    assert lines[at].endswith("differs")
    assert "only SQLite has (" in lines[at + 1] and "with $1 = 'Name " in lines[at + 1]
    assert "1 differs" in lines[-1]


def test_views_functions_and_writes_of_other_code_change_nothing(data: Data, ask: Ask, url: str, file: Path) -> None:
    assert data("copy", file, url, "--no-backup").exit_code == 0
    (file.parent / "more.py").write_text(
        "import sqlite3\n"
        "def f(db: sqlite3.Connection):\n"
        '    db.execute("WITH gone AS (SELECT 1) DELETE FROM item")\n'
        "    db.execute(\"REPLACE INTO item VALUES (1, 'x', 2)\")\n"
        '    db.execute("DROP TABLE item")\n'
        '    db.execute("PRAGMA user_version = 7")\n'
    )
    result = data("verify", file, url, "--queries", "more.py")
    assert result.exit_code == 0, result.output
    assert "0 queries: none found" in result.stdout
    assert ask("SELECT count(*) FROM item") == [(300,)]
