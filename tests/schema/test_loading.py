"""A schema in two halves takes rows in any order, and is whole afterwards."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.rulebook import load
from sqlport.schema import Loading, Source, loading, port_schema, read_source
from sqlport.schema.drift import drift, on_server
from tests.schema.test_drift import SCHEMA

BOOK = load()


def of_script(folder: Path, script: str) -> Source:
    connection = sqlite3.connect(folder / "app.db")
    connection.executescript(script)
    connection.close()
    return read_source(folder / "app.db", Config())


def parts(source: Source, server: Server) -> Loading:
    return loading(on_server(port_schema(source, Config().target, BOOK), server)[0].schema)


@pytest.mark.parametrize(
    "script",
    [
        SCHEMA,
        "CREATE TABLE a (x TEXT PRIMARY KEY, y INT CONSTRAINT own UNIQUE, z REFERENCES a, -- last\n UNIQUE (x, y));",
        'CREATE TABLE "Order" ("Group" INTEGER PRIMARY KEY, n TEXT COLLATE NOCASE UNIQUE, CHECK (n <> \'\'));',
        "CREATE TABLE p (a, b, CONSTRAINT both PRIMARY KEY (a, b) ON CONFLICT REPLACE);"
        "CREATE TABLE c (a, b, FOREIGN KEY (b, a) REFERENCES p (b, a) ON DELETE SET NULL DEFERRABLE);",
        "CREATE TABLE k (x TEXT, UNIQUE (x COLLATE NOCASE)); CREATE TABLE e (a); CREATE VIEW v AS SELECT a FROM e;",
    ],
)
def test_both_halves_make_the_whole_schema(tmp_path: Path, server: Server, script: str) -> None:
    source = of_script(tmp_path, script)
    found = parts(source, server)
    with server.database() as name:
        with server.connect(name) as connection:
            for definition in (*found.before, *found.behind, *found.sequences):
                connection.execute(definition.sql.encode())
        result = drift(source, port_schema(source, Config().target, BOOK), server.database_url(name), server)
    assert result.differences == ()


def test_rows_come_in_any_order_before_the_keys(tmp_path: Path, server: Server) -> None:
    source = of_script(
        tmp_path,
        "CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER NOT NULL REFERENCES b (id), own INTEGER REFERENCES a (id));"
        "CREATE TABLE b (id INTEGER PRIMARY KEY, n TEXT UNIQUE);"
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN UPDATE b SET n = 'fired'; END;",
    )
    found = parts(source, server)
    with server.database() as name, server.connect(name) as connection:
        for definition in found.before:
            connection.execute(definition.sql.encode())
        connection.execute("INSERT INTO a VALUES (1, 7, 2), (2, 7, 1)")
        connection.execute("INSERT INTO b VALUES (7, 'n')")
        for definition in found.behind:
            connection.execute(definition.sql.encode())
        assert connection.execute("SELECT n FROM b").fetchone() == ("n",)


def test_columns_are_mapped_by_name_and_generated_ones_left_out(tmp_path: Path, server: Server) -> None:
    source = of_script(
        tmp_path,
        'CREATE TABLE T (ID INTEGER PRIMARY KEY, "Full Name" VARCHAR(9) NOT NULL, n AS (length("Full Name")))',
    )
    (table,) = parts(source, server).tables
    assert (table.source, table.name, table.key) == ("T", "t", ("ID",))
    assert [(each.source, each.name, each.type, each.not_null, each.identity) for each in table.columns] == [
        ("ID", "id", "bigint", True, True),
        ("Full Name", "full name", "text", True, False),
    ]
