"""Types of PostgreSQL's own: what the values say for them, what they cost, and that such a schema applies."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.pricing import prices
from sqlport.rulebook import load
from sqlport.schema import Source, port_schema, read_source
from sqlport.schema.drift import on_server
from sqlport.schema.evidence import Evidence, evidence
from sqlport.schema.native import native
from sqlport.verify import Question, judge

BOOK = load()
UUIDS = [f"0a0a0a0a-1b1b-2c2c-3d3d-{number:012x}" for number in range(9)]
SCRIPT = """
CREATE TABLE task (
    id INTEGER PRIMARY KEY, name TEXT, is_done INTEGER NOT NULL DEFAULT 0, ok BOOLEAN CHECK (ok IN (0, 1)),
    made DATETIME DEFAULT CURRENT_TIMESTAMP, due DATE DEFAULT (date('now')), doc JSON, cost DECIMAL(6, 2), token TEXT,
    odd DATETIME, seen_at TEXT, empty BOOLEAN, note_id TEXT
);
"""


def source(folder: Path, script: str = SCRIPT, *, filled: bool = True) -> Source:
    connection = sqlite3.connect(folder / "app.db")
    connection.executescript(script)
    for number in range(6 if filled else 0):
        row = (number + 1, "n", number % 2, number % 2, f"2024-01-01 00:00:0{number}", "2024-02-29", "[1]", number / 4)
        rest = (UUIDS[number], "soon" if number == 5 else "2024-01-01", f"2024-01-0{number + 1}T00:00:00Z", None, "x1")
        connection.execute(f"INSERT INTO task VALUES ({', '.join('?' * 13)})", (*row, *rest))
    connection.commit()
    connection.close()
    return read_source(folder / "app.db", Config())


def by_column(found: Sequence[Evidence]) -> dict[str, Evidence]:
    return {one.column: one for one in found}


def test_the_values_speak_for_each_type(tmp_path: Path) -> None:
    found = by_column(evidence(source(tmp_path), Config().target))
    assert {name: (one.type, one.holds) for name, one in found.items()} == {
        "is_done": ("boolean", True),
        "ok": ("boolean", True),
        "made": ("timestamptz", True),
        "due": ("date", True),
        "doc": ("jsonb", True),
        "cost": ("numeric(6,2)", True),
        "token": ("uuid", True),
        "odd": ("timestamptz", False),
        "seen_at": ("timestamptz", True),
        "empty": ("boolean", False),
    }
    assert str(found["ok"]) == "all 6 values are 0 or 1"
    assert str(found["odd"]) == "1 of 6 values do not fit, for example 'soon'"
    assert "with a zone" in str(found["seen_at"])
    assert "no values" in str(found["empty"])


def test_of_migrations_only_the_declarations_are_known(tmp_path: Path) -> None:
    (tmp_path / "1.sql").write_text(SCRIPT)
    found = evidence(read_source(tmp_path, Config()), Config().target)
    assert {one.values for one in found} == {0}
    assert "token" not in by_column(found)


@pytest.mark.parametrize("column", ["n INTEGER", "n TEXT", "n REAL", "label TEXT DEFAULT ''", "b BLOB", "is_x TEXT"])
def test_an_ordinary_column_is_no_candidate(tmp_path: Path, column: str) -> None:
    made = source(
        tmp_path, f"CREATE TABLE t (id INTEGER PRIMARY KEY, {column}); INSERT INTO t VALUES (1, 1)", filled=False
    )
    assert evidence(made, Config().target) == ()


def test_the_native_schema_applies_with_its_defaults_and_checks(tmp_path: Path, server: Server) -> None:
    config = Config(profile="native", types={"task.is_done": "boolean"})
    sure, shape = on_server(port_schema(source(tmp_path), config.target, BOOK), server)
    assert sure.schema.not_ported == ()
    columns = {column.name: column for column in shape.tables["task"].columns}
    assert (columns["ok"].type, columns["due"].type, columns["made"].type) == (
        "boolean",
        "date",
        "timestamp with time zone",
    )
    assert (columns["is_done"].type, columns["is_done"].default) == ("boolean", "false")
    assert columns["due"].default


CODE = """
import sqlite3
con = sqlite3.connect("app.db")

def add(name, done):
    con.execute("INSERT INTO task (name, is_done) VALUES (?, ?)", (name, done))

def names():
    return con.execute("SELECT name FROM task").fetchall()

def late():
    return con.execute("SELECT id, is_done FROM task WHERE is_done = 0").fetchall()

def recent():
    return con.execute("SELECT count(*) FROM task WHERE made > date('now', '-7 days')").fetchall()

def everything():
    return con.execute("SELECT * FROM task").fetchall()
"""


def test_the_price_names_the_lines_that_change(tmp_path: Path, server: Server) -> None:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "app.py").write_text(CODE)
    config, read = Config(root=folder), source(tmp_path)

    def judged(types: Mapping[str, str], statements: Sequence[str]) -> list[str]:
        target = Config(types=dict(types)).target
        sure, _ = on_server(port_schema(read, target, BOOK), server)
        verdicts = judge(server, [each.sql for each in sure.schema.definitions], [Question(sql) for sql in statements])
        return [verdict.message if verdict.kind == "rejected" else "" for verdict in verdicts]

    wanted = {"task.is_done": "boolean", "task.made": "timestamptz", "task.cost": "numeric(6,2)", "task.token": "uuid"}
    found = prices([folder], config, read.catalog, wanted, judged)
    lines = {key: [(change.line, change.by_hand) for change in changes] for key, changes in found.items()}
    assert lines == {
        "task.is_done": [(6, False), (12, False), (12, True), (18, True)],
        "task.made": [(15, True), (18, True)],
        "task.cost": [(18, True)],
        "task.token": [(18, True)],
    }
    assert "timestamp with time zone > text" in found["task.made"][0].what
    shown = "\n".join(native(config.target, evidence(read, config.target), found))
    assert '"task.ok" = "boolean"' in shown
    assert '"task.odd"' not in shown
    assert "app.py:12: reads is_done as a bool" in shown


class TestObservedTypes:
    SCRIPT = """
    CREATE TABLE t (id INTEGER PRIMARY KEY, a, b, c DATETIME, d DECIMAL(8, 2),
        e STRING, f BOOLEAN, g NUMERIC, h, i INT);
    INSERT INTO t VALUES (1, 5, x'00', 1700000000, 5, 'x', 1, 'abc', 1, 'text'),
                         (2, NULL, NULL, 1700000001, 2.5, 'y', 0, 3, 2.5, 1);
    """

    def types(self, folder: Path, config: Config) -> dict[str, str]:
        connection = sqlite3.connect(folder / "app.db")
        connection.executescript(self.SCRIPT)
        connection.close()
        schema = port_schema(read_source(folder / "app.db", config), config.target, BOOK)
        return {key.partition(".")[2]: type_ for key, type_ in schema.target.types.items()}

    def test_they_decide_where_the_declaration_leaves_it_open(self, tmp_path: Path) -> None:
        assert self.types(tmp_path, Config()) == {
            "a": "bigint",
            "b": "bytea",
            "c": "bigint",
            "g": "text",
            "h": "double precision",
        }

    def test_the_configuration_counts_before_them(self, tmp_path: Path) -> None:
        types = self.types(tmp_path, Config(types={"t.c": "text", "string": "varchar(9)"}))
        assert (types["c"], types["a"], "e" in types) == ("text", "bigint", False)

    def test_the_schema_has_them_and_does_not_drift(self, tmp_path: Path, server: Server) -> None:
        self.types(tmp_path, Config())
        read = read_source(tmp_path / "app.db", Config())
        sure, shape = on_server(port_schema(read, Config().target, BOOK), server)
        assert sure.schema.not_ported == ()
        assert [column.type for column in shape.tables["t"].columns][1:4] == ["bigint", "bytea", "bigint"]
