"""Tables whose names an attribute or a constant gives are known to the statements beside what makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqlport import project
from sqlport.config import Config
from sqlport.results import Report

STORE = """\
import sqlite3

TABLE = "t"


class Store:
    def __init__(self, table):
        self.table = table
        self.db = sqlite3.connect("a.db")
        self.db.execute(f"{create}")

    def put(self, key, value, one=""):
        self.db.execute({run}, (key, value))
"""
CREATE = "CREATE TABLE IF NOT EXISTS {self.table} (key TEXT PRIMARY KEY, value TEXT NOT NULL)"
REPLACE = "REPLACE INTO {self.table} (key, value) VALUES (?, ?)"


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def port(folder: Path, create: str, run: str, more: str = "") -> Report:
    text = STORE.replace("{create}", create).replace("{run}", f"f{run!r}") + more
    Path("store.py").write_text(text, "utf-8")
    return project.fix(["store.py"], Config(root=folder), write=True, unsafe=True)


def ported() -> str:
    return Path("store.py").read_text("utf-8")


UPSERT = "(key, value) VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value"


@pytest.mark.parametrize(
    ("create", "run", "after"),
    [
        (CREATE, REPLACE, "INSERT INTO {self.table} " + UPSERT),
        (
            CREATE.replace("{self.table}", '\\"{self.table}\\"'),
            REPLACE.replace("{self.table}", '"{self.table}"'),
            'INSERT INTO "{self.table}" ' + UPSERT,
        ),
        (
            CREATE.replace("table}", "table}_kept"),
            REPLACE.replace("table}", "table}_kept"),
            "INSERT INTO {self.table}_kept " + UPSERT,
        ),
        (
            CREATE,
            "INSERT OR REPLACE INTO {self.table} (key, value) SELECT key, ? FROM {self.table} WHERE key = ?",
            "INSERT INTO {self.table} (key, value) SELECT key, %s FROM {self.table} WHERE key = %s"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        ),
    ],
)
def test_the_keys_of_a_table_with_a_computed_name_are_known(check: Path, create: str, run: str, after: str) -> None:
    port(check, create, run)
    assert after in ported()
    assert "ħ" not in ported()


def test_a_second_run_changes_nothing(check: Path) -> None:
    port(check, CREATE, REPLACE)
    before = ported()
    report = project.fix(["store.py"], Config(root=check), write=True, unsafe=True)
    assert ported() == before
    assert not report.diffs


@pytest.mark.parametrize(
    ("create", "run", "more"),
    [
        pytest.param(CREATE, REPLACE.replace("self.table", "one"), "", id="a parameter"),
        pytest.param(
            CREATE.replace("self.table", "one"),
            REPLACE.replace("self.table", "one"),
            f"\n\ndef make(db, one):\n    db.execute(f{CREATE.replace('self.table', 'one')!r})\n",
            id="the parameter of a function",
        ),
        pytest.param(CREATE, REPLACE.replace("table}", "table}_old"), "", id="another table"),
        pytest.param(CREATE, REPLACE.replace("self.table", "self.other"), "", id="another attribute"),
        pytest.param(
            CREATE.replace("self.table", "table"),
            REPLACE.replace("self.table", "one"),
            f"\n\nclass Other:\n    def make(self, db):\n        db.execute(f{CREATE!r})\n",
            id="another class",
        ),
        pytest.param(
            CREATE,
            REPLACE,
            "\n    def make(self):\n"
            '        self.db.execute(f"CREATE TABLE {self.table} (value TEXT UNIQUE, key TEXT)")\n',
            id="two meanings",
        ),
    ],
)
def test_a_table_that_may_be_another_one_is_not_known(check: Path, create: str, run: str, more: str) -> None:
    report = port(check, create, run, more)
    assert "REPLACE INTO" in ported()
    assert [one.code for one in report.left if one.code == "UPS002"] == ["UPS002"]


def test_what_stands_for_the_name_is_neither_written_nor_shown(check: Path) -> None:
    create = CREATE.replace("NOT NULL)", "NOT NULL UNIQUE)")
    report = port(check, create, REPLACE)
    assert "ħ" not in ported()
    assert not any("ħ" in one.message for one in report.findings)
