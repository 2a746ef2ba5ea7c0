"""`sqlport schema` from end to end: exit codes, files, and what is said."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sqlport.engines.server import Server
from tests.cli.conftest import Run

SCHEMA = """
CREATE TABLE author (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL COLLATE NOCASE UNIQUE);
CREATE TABLE book (
    -- what is lent
    id INTEGER PRIMARY KEY, author INTEGER REFERENCES author (id), price REAL DEFAULT 0, sold BOOLEAN DEFAULT 0
);
CREATE INDEX book_author ON book (author);
CREATE VIEW cheap AS SELECT id FROM book WHERE price < 5;
CREATE TRIGGER sold AFTER INSERT ON book BEGIN UPDATE book SET sold = 1 WHERE id = NEW.id; END;
INSERT INTO author (name) VALUES ('Ann');
"""


@pytest.fixture(autouse=True)
def app(project: Path) -> Path:
    file = project / "app.db"
    connection = sqlite3.connect(file)
    connection.executescript(SCHEMA)
    connection.close()
    return file


def test_port_writes_both_ways_and_diff_finds_nothing(run: Run, project: Path, app: Path) -> None:
    before = app.read_bytes()
    result = run("schema", "port", "app.db", "--out", "out")
    assert result.exit_code == 0, result.output
    assert "2 tables, 1 indexes, 1 views, 1 triggers; applied on PostgreSQL 18" in result.stderr
    up = (project / "out" / "001_initial_schema.up.sql").read_text()
    assert "CREATE EXTENSION IF NOT EXISTS citext" in up
    assert "-- what is lent" in up
    assert "setval(pg_get_serial_sequence('author', 'id'), 1)" in up
    assert (project / "out" / "001_initial_schema.down.sql").read_text().count("DROP") == 4
    compared = run("schema", "diff", "app.db", "out")
    assert (compared.exit_code, compared.stdout) == (0, ""), compared.output
    assert "no differences; compared on PostgreSQL 18" in compared.stderr
    assert app.read_bytes() == before


def test_diff_exits_1_for_drift(run: Run, project: Path) -> None:
    run("schema", "port", "app.db", "--out", "out")
    (project / "out" / "002_more.up.sql").write_text("ALTER TABLE book DROP COLUMN sold CASCADE;\n")
    result = run("schema", "diff", "app.db", "out")
    assert result.exit_code == 1
    assert result.stdout == "missing column book.sold: bigint\n"


def test_what_is_not_ported_makes_the_exit_code_1(run: Run, app: Path) -> None:
    connection = sqlite3.connect(app)
    connection.execute("CREATE VIRTUAL TABLE boxes USING rtree (id, low, high)")
    connection.close()
    assert run("schema", "port", "app.db", "--out", "out").exit_code == 1
    result = run("schema", "diff", "app.db", "out")
    assert result.exit_code == 1
    assert "not ported: virtual table boxes" in result.stderr
    assert run("schema", "diff", "app.db", "out", "--allow-not-ported").exit_code == 0


def test_a_column_that_holds_several_types_is_told_with_what_copy_wants(run: Run, app: Path, project: Path) -> None:
    connection = sqlite3.connect(app)
    connection.executescript(
        "CREATE TABLE odd (id INTEGER PRIMARY KEY, v, at DATETIME, n NUMERIC);"
        "INSERT INTO odd VALUES (1, 'a', 1700000000, 1), (2, 5, NULL, 2.5)"
    )
    connection.close()
    result = run("schema", "port", "app.db", "--out", "out")
    assert result.exit_code == 0
    told = [line for line in result.stderr.splitlines() if "--policy" in line]
    assert len(told) == 1
    assert told[0].startswith("odd.v becomes text: it holds 1 integer, 1 text: what is no text comes back as text;")
    assert "--policy odd.v=coerce:text" in told[0]
    script = (project / "out" / "001_initial_schema.up.sql").read_text()
    assert "-- odd.v is text: it holds 1 integer, 1 text" in script
    assert "-- odd.at is bigint: it holds 1 integer\n" in script
    assert "odd.n is" not in script


def test_port_does_not_replace_what_a_person_changed(run: Run, project: Path) -> None:
    run("schema", "port", "app.db", "--out", "out")
    file = project / "out" / "001_initial_schema.up.sql"
    assert run("schema", "port", "app.db", "--out", "out").exit_code == 0
    file.write_text("-- mine\n")
    refused = run("schema", "port", "app.db", "--out", "out")
    assert (refused.exit_code, file.read_text()) == (2, "-- mine\n")
    assert "--force" in refused.output
    assert run("schema", "port", "app.db", "--out", "out", "--force").exit_code == 0
    assert file.read_text() != "-- mine\n"


def test_apply_runs_on_a_server_and_says_which(run: Run, server: Server) -> None:
    run("schema", "port", "app.db", "--out", "out")
    with server.database() as name:
        result = run("schema", "apply", "out", server.database_url(name))
        assert result.exit_code == 0, result.output
        assert f"applying to {name} on " in result.stderr
        assert run("schema", "diff", "app.db", server.database_url(name)).exit_code == 0
        again = run("schema", "apply", "out", server.database_url(name))
        assert again.exit_code == 2
        assert "already exists; nothing was applied" in again.output


def test_apply_without_a_server_tries_it_on_a_throwaway(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    run("schema", "port", "app.db", "--out", "out")
    result = run("schema", "apply", "out")
    assert result.exit_code == 0, result.output
    assert "1 scripts apply on PostgreSQL 18" in result.stderr
    (project / "out" / "002.sql").write_text("SELECT 1;\nSELECT nothing;\n")
    wrong = run("schema", "apply", "out")
    assert wrong.exit_code == 2
    assert "002.sql:2: 42703" in wrong.output


def test_report_writes_two_documents(run: Run, project: Path) -> None:
    result = run("schema", "report", "app.db", "--out", "docs", "--html")
    assert result.exit_code == 0, result.output
    analysis = (project / "docs" / "sqlite-schema-analysis.md").read_text()
    assert "what is lent" in analysis
    assert "1 text 'Ann' to 'Ann'" in analysis
    assert "author |o--o{ book : author" in analysis
    design = (project / "docs" / "postgres-schema-design.md").read_text()
    assert "| REAL | double precision | book.price | SQLite's REAL has 8 bytes, PostgreSQL's real has 4 |" in design
    assert "| id | INTEGER | bigint | not null | identity |" in design
    assert "| price | REAL | double precision |" in design
    assert "- primary key (id)" in design
    assert "No differences." in design
    assert "<table>" in (project / "docs" / "postgres-schema-design.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("port", "nothing.db", "--out", "out"), "no such file"),
        (("diff", "app.db"), "set DATABASE_URL"),
        (("diff", "app.db", "nothing"), "no such file or folder"),
        (("diff", "app.db", "empty"), "holds no .sql file"),
        (("diff", "app.db", "postgresql://nobody@127.0.0.1:1/none"), "no connection"),
    ],
)
def test_what_cannot_be_done_is_exit_2(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (project / "empty").mkdir()
    result = run("schema", *arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_each_migration_is_ported_in_place(run: Run, project: Path) -> None:
    folder = project / "migrations"
    folder.mkdir()
    (folder / "1_first.sql").write_text("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);\n")
    (folder / "2_more.sql").write_text("PRAGMA user_version = 2;\nALTER TABLE t ADD COLUMN ok BOOLEAN DEFAULT 0;\n")
    result = run("schema", "port", "migrations", "--out", "out", "--per-migration")
    assert result.exit_code == 0, result.output
    assert "applied on PostgreSQL 18" in result.stderr
    assert (project / "out" / "2_more.sql").read_text() == (
        "-- PRAGMA user_version = 2;\nALTER TABLE t ADD COLUMN ok bigint DEFAULT 0;\n"
    )
    assert run("schema", "port", "app.db", "--out", "other", "--per-migration").exit_code == 2
