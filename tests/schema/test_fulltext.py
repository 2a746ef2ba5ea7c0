"""Full text tables are found again in PostgreSQL: with their text, their index and the rows that words find."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.rulebook import load
from sqlport.schema import PortedSchema, down_sql, loading, port_schema, read_source, up_sql
from sqlport.schema.drift import drift, on_server

BOOK = load()
ROWS = [(3, "red fox", "jumps"), (5, "Lazy dog", "sleeps; foxes do not"), (9, None, "red")]
OWN = "CREATE VIRTUAL TABLE ft USING fts5(title, body, tokenize = 'unicode61')"
EXTERNAL = """
CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT, body TEXT);
CREATE VIRTUAL TABLE ft USING fts5(title, body, content='docs', content_rowid='id');
CREATE TRIGGER docs_ai AFTER INSERT ON docs BEGIN
    INSERT INTO ft (rowid, title, body) VALUES (NEW.id, NEW.title, NEW.body);
END
"""


def database(folder: Path, script: str, table: str = "") -> Path:
    with closing(sqlite3.connect(folder / "app.db")) as connection:
        connection.executescript(script)
        if table:
            key = "rowid" if table == "ft" else "id"
            connection.executemany(f"INSERT INTO {table} ({key}, title, body) VALUES (?, ?, ?)", ROWS)
        connection.commit()
    return folder / "app.db"


def ported(file: Path) -> PortedSchema:
    return port_schema(read_source(file, Config()), Config().target, BOOK)


@pytest.mark.parametrize(("script", "table"), [(OWN, "ft"), (EXTERNAL, "docs")])
def test_words_find_the_same_rows(tmp_path: Path, server: Server, script: str, table: str) -> None:
    file = database(tmp_path, script, table)
    schema = ported(file)
    with closing(sqlite3.connect(file)) as sqlite, server.database() as name, server.connect(name) as connection:
        connection.execute(up_sql(on_server(schema, server)[0].schema).encode())
        key = "rowid" if table == "ft" else "id"
        connection.cursor().executemany(f"INSERT INTO {table} ({key}, title, body) VALUES (%s, %s, %s)".encode(), ROWS)
        for words in ("red", "fox", "lazy", "red fox", "nothing"):
            before = sqlite.execute("SELECT rowid FROM ft WHERE ft MATCH ? ORDER BY rowid", (words,)).fetchall()
            query = b"SELECT rowid FROM ft WHERE words @@ websearch_to_tsquery('simple', %s) ORDER BY rowid"
            assert connection.execute(query, (words,)).fetchall() == before
        connection.execute(down_sql(schema).encode())
        assert connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'ft%'").fetchone() == (0,)


def test_a_table_with_its_own_text_is_loaded_with_its_numbers(tmp_path: Path, server: Server) -> None:
    schema = ported(database(tmp_path, OWN, "ft"))
    parts = loading(schema)
    assert [(table.source, [column.source for column in table.columns]) for table in parts.tables] == [
        ("ft", ["rowid", "title", "body"])
    ]
    assert [each.sql for each in parts.sequences] == ["SELECT setval(pg_get_serial_sequence('ft', 'rowid'), 9)"]


def test_triggers_that_keep_another_tables_index_are_said_to_be_idle(tmp_path: Path) -> None:
    schema = ported(database(tmp_path, EXTERNAL))
    assert [(one.kind, one.name) for one in schema.not_ported] == [("trigger", "docs_ai")]
    assert "by itself" in schema.not_ported[0].reason


def test_triggers_that_write_to_a_table_with_its_own_text_are_ported(tmp_path: Path, server: Server) -> None:
    script = f"""
    CREATE TABLE docs (id INTEGER PRIMARY KEY, title TEXT); {OWN};
    CREATE TRIGGER a AFTER INSERT ON docs BEGIN INSERT INTO ft (rowid, title) VALUES (NEW.id, NEW.title); END;
    CREATE TRIGGER d AFTER DELETE ON docs BEGIN DELETE FROM ft WHERE rowid = OLD.id; END;
    """
    schema = ported(database(tmp_path, script))
    assert schema.not_ported == ()
    with server.database() as name, server.connect(name) as connection:
        connection.execute(up_sql(schema).encode())
        connection.execute("INSERT INTO docs VALUES (1, 'one'), (2, 'two')")
        connection.execute("DELETE FROM docs WHERE id = 1")
        assert connection.execute("SELECT rowid, title FROM ft").fetchall() == [(2, "two")]


@pytest.mark.parametrize("script", [OWN, EXTERNAL])
def test_a_missing_index_is_drift(tmp_path: Path, server: Server, script: str) -> None:
    file = database(tmp_path, script)
    source, schema = read_source(file, Config()), ported(file)
    with server.database() as name:
        with server.connect(name) as connection:
            connection.execute(up_sql(schema).encode())
        assert drift(source, schema, server.database_url(name), server).differences == ()
        with server.connect(name) as connection:
            connection.execute("DROP INDEX ft_words_idx")
        (found,) = drift(source, schema, server.database_url(name), server).differences
        assert str(found).startswith("missing index")


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("CREATE VIRTUAL TABLE c USING fts5(a, content='')", "keeps no text"),
        ("CREATE VIRTUAL TABLE c USING fts5(a, content='gone')", "gone"),
        ("CREATE TABLE d (b TEXT); CREATE VIRTUAL TABLE c USING fts5(a, content='d')", "no table with a column rowid"),
        ("CREATE VIRTUAL TABLE c USING rtree(id, x0, x1)", "GiST"),
    ],
)
def test_what_has_no_port_is_told(tmp_path: Path, script: str, reason: str) -> None:
    (lost,) = ported(database(tmp_path, script)).not_ported
    assert (lost.kind, lost.name) == ("virtual table", "c")
    assert reason in lost.reason
