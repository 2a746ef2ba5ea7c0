"""Catalogs built by SQLite itself from definitions and from files."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest

from sqlport.catalog import Catalog, CatalogResult, Column, Table, from_sqlite, from_statements, is_definition

FIXTURE = Path(__file__).parents[2] / "fixtures" / "schemas" / "constructs.jsonl"
SCRIPTS = [json.loads(line) for line in FIXTURE.read_text(encoding="utf-8").splitlines()]


def build(*statements: str) -> CatalogResult:
    return from_statements([(f"app.py:{number}", sql) for number, sql in enumerate(statements, 1)])


def one(*statements: str) -> Table:
    result = build(*statements)
    assert result.failures == ()
    return next(iter(result.catalog))


def column(table: Table, name: str) -> Column:
    found = table.column(name)
    assert found is not None
    return found


def test_columns_as_sqlite_sees_them() -> None:
    table = one(
        "CREATE TABLE Users(id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(20) NOT NULL COLLATE NOCASE DEFAULT 'x',"
        " score REAL DEFAULT (1 + 2), misc, twice INT AS (score * 2) STORED, made TEXT DEFAULT CURRENT_TIMESTAMP)"
    )
    assert (table.name, table.label, table.kind) == ("Users", "app.py:1", "table")
    assert column(table, "ID") == Column(
        "id", "INTEGER", "INTEGER", primary_key=1, rowid_alias=True, autoincrement=True
    )
    assert column(table, "name") == Column("name", "VARCHAR(20)", "TEXT", True, "'x'", "NOCASE")
    assert column(table, "score").default == "1 + 2"
    assert column(table, "misc") == Column("misc", "", "BLOB")
    assert column(table, "twice").generated == "stored"
    assert column(table, "made").default == "CURRENT_TIMESTAMP"
    assert table.column("nothing") is None


@pytest.mark.parametrize(
    ("definition", "alias"),
    [
        ("a INTEGER PRIMARY KEY", "a"),
        ("a integer, PRIMARY KEY (a DESC)", "a"),
        ("a INTEGER PRIMARY KEY ASC", "a"),
        ('"a" "INTEGER" PRIMARY KEY', "a"),
        ("a INTEGER PRIMARY KEY UNIQUE", "a"),
        ("a INTEGER PRIMARY KEY DESC", None),
        ("a INT PRIMARY KEY", None),
        ("a BIGINT PRIMARY KEY", None),
        ("a INTEGER UNIQUE", None),
        ("a INTEGER, b INTEGER, PRIMARY KEY (a, b)", None),
        ("a TEXT UNIQUE, PRIMARY KEY (a)", None),
    ],
)
def test_which_column_is_the_rowid(definition: str, alias: str | None) -> None:
    table = one(f"CREATE TABLE t({definition})")
    found = table.rowid_column
    assert (found.name if found else None) == alias
    resolved = table.column("rowid")
    assert (resolved.name if resolved else None) == alias


def test_a_table_without_rowid_has_no_rowid_column() -> None:
    table = one("CREATE TABLE t(a INTEGER PRIMARY KEY, b ANY) WITHOUT ROWID, STRICT")
    assert table.without_rowid and table.strict
    assert table.rowid_column is None
    assert column(table, "a").not_null
    assert column(table, "b").affinity == "BLOB"


def test_unique_keys_of_every_origin() -> None:
    result = build(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT COLLATE NOCASE UNIQUE, b, c, UNIQUE (b, a COLLATE RTRIM))",
        "CREATE UNIQUE INDEX part ON t(c) WHERE b > 1 AND a IS NOT NULL",
        "CREATE UNIQUE INDEX expr ON t(lower(a), c DESC)",
        "CREATE INDEX plain ON t(b)",
    )
    table = result.catalog.table("T")
    assert table is not None
    found = [(key.columns, key.collations, key.origin, key.predicate, key.is_expression) for key in table.unique]
    assert found == [
        (("id",), ("BINARY",), "pk", None, False),
        (("a",), ("NOCASE",), "unique", None, False),
        (("b", "a"), ("BINARY", "RTRIM"), "unique", None, False),
        (("c",), ("BINARY",), "index", "b > 1 AND a IS NOT NULL", False),
        (("", "c"), ("BINARY", "BINARY"), "index", None, True),
    ]
    expression = next(index for index in table.indexes if index.name == "expr")
    assert [(term.column, term.expression, term.descending) for term in expression.terms] == [
        (None, "lower(a)", False),
        ("c", "", True),
    ]
    over = table.unique_over(("A", "b"))
    assert over is not None and over.columns == ("b", "a")
    partial = table.unique_over(["c"])
    assert partial is not None and not partial.is_plain
    assert table.unique_over(["b"]) is None
    assert table.unique_over([]) is None
    assert [key.columns for key in table.keys_within(["id", "a", "c"])] == [("id",), ("a",)]


def test_primary_key_in_its_own_order() -> None:
    table = one("CREATE TABLE t(a, b, c, PRIMARY KEY (c, a))")
    assert table.primary_key == ("c", "a")
    assert column(table, "a").primary_key == 2
    assert not column(table, "a").never_null


def test_foreign_keys_in_the_order_of_the_text() -> None:
    result = build(
        "CREATE TABLE c(a REFERENCES p ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, b, d,"
        " CONSTRAINT fk FOREIGN KEY (b, d) REFERENCES p(x, y) ON UPDATE SET NULL MATCH FULL,"
        " FOREIGN KEY (d) REFERENCES missing)",
        "CREATE TABLE p(id INTEGER PRIMARY KEY, x, y, UNIQUE (x, y))",
    )
    table = result.catalog.table("c")
    assert table is not None
    first, second, third = table.foreign_keys
    assert (first.columns, first.table, first.references, first.on_delete) == (("a",), "p", ("id",), "CASCADE")
    assert first.deferrable == "DEFERRABLE INITIALLY DEFERRED"
    assert (second.name, second.columns, second.references) == ("fk", ("b", "d"), ("x", "y"))
    assert (second.on_update, second.match) == ("SET NULL", "FULL")
    assert (third.table, third.references) == ("missing", ())


def test_checks_of_columns_and_table() -> None:
    table = one("CREATE TABLE t(a CHECK (a > 0), b, CONSTRAINT k CHECK (b IN (1, 2)))")
    assert table.checks == ("a > 0", "b IN (1, 2)")


def test_alterations_are_applied() -> None:
    result = build(
        "CREATE TABLE old(a, b, c)",
        "ALTER TABLE old RENAME TO fresh",
        "ALTER TABLE fresh ADD COLUMN z DATETIME NOT NULL DEFAULT 0",
        "ALTER TABLE fresh RENAME COLUMN a TO aa",
        "ALTER TABLE fresh DROP COLUMN b",
    )
    assert [table.name for table in result.catalog] == ["fresh"]
    table = next(iter(result.catalog))
    assert [each.name for each in table.columns] == ["aa", "c", "z"]
    assert table.label == "app.py:1"


def test_a_rebuilt_table_is_the_new_one() -> None:
    result = build(
        "CREATE TABLE t(a)",
        "CREATE TABLE new_t(a INTEGER NOT NULL, b)",
        "INSERT INTO new_t SELECT a, 1 FROM t",
        "DROP TABLE t",
        "ALTER TABLE new_t RENAME TO t",
    )
    assert result.failures == () and len(result.catalog) == len(result.known) == 1
    assert column(next(iter(result.catalog)), "a").not_null


def test_dropped_tables_are_remembered() -> None:
    result = build(
        "CREATE TABLE t(a)", "CREATE TABLE u(a)", "DROP TABLE IF EXISTS t", "DROP TABLE u", "CREATE TABLE u(b)"
    )
    assert [table.name for table in result.catalog] == ["u"]
    assert [table.name for table in result.known] == ["t", "u"]
    assert column(next(iter(result.known)), "a").affinity == "BLOB"


def test_the_order_of_files_does_not_matter_for_what_is_added() -> None:
    result = build(
        "ALTER TABLE t ADD COLUMN c",
        "CREATE INDEX i ON t(c)",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN UPDATE t SET a = 1; DELETE FROM t; END",
        "CREATE TABLE copy AS SELECT * FROM t",
        "CREATE TABLE t(a)",
    )
    assert result.failures == ()
    table = result.catalog.table("t")
    assert table is not None and [index.name for index in table.indexes] == ["i"]
    assert [each.name for each in table.columns] == ["a", "c"]
    assert "copy" in result.catalog


def test_a_drop_does_not_wait_for_its_table() -> None:
    result = build("DROP TABLE t", "DROP TABLE IF EXISTS u", "CREATE TABLE t(a)", "CREATE TABLE u(a)")
    assert [failure.kind for failure in result.failures] == ["missing"]
    assert [table.name for table in result.catalog] == ["t", "u"]


def test_a_repeated_definition_is_fine() -> None:
    result = build(
        "CREATE TABLE t(a INT, b)",
        "create table  if not exists T ( a int , b ) -- again",
        "CREATE TABLE t(a INT, b);",
        "ALTER TABLE t ADD COLUMN c INT",
        "ALTER TABLE t ADD c int",
        "CREATE TABLE IF NOT EXISTS t(a INT, b)",
        "CREATE INDEX i ON t(a)",
        "CREATE INDEX IF NOT EXISTS i ON t(a)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE VIEW IF NOT EXISTS v AS SELECT a FROM t",
    )
    assert result.failures == ()


def test_of_different_definitions_the_first_counts() -> None:
    result = build(
        "CREATE TABLE t(a)",
        "CREATE TABLE IF NOT EXISTS t(a, b)",
        "CREATE TABLE T(c)",
        "ALTER TABLE t ADD COLUMN a INT",
        "CREATE INDEX t ON t(a)",
    )
    assert [each.name for each in next(iter(result.catalog)).columns] == ["a"]
    assert [(failure.label, failure.kind) for failure in result.failures] == [
        ("app.py:2", "duplicate"),
        ("app.py:3", "duplicate"),
        ("app.py:4", "duplicate"),
        ("app.py:5", "duplicate"),
    ]
    assert "app.py:1" in result.failures[0].reason


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("CREATE TABLE t(a,)", "syntax"),
        ("CREATE TABLE t(a 'unterminated)", "syntax"),
        ("CREATE TABLE {name}(a)", "syntax"),
        ("CREATE TABLE t(a) ENGINE=InnoDB", "syntax"),
        ("CREATE TABLE t(a INT, a TEXT)", "duplicate"),
        ("CREATE TABLE other.t(a)", "database"),
        ("CREATE VIRTUAL TABLE t USING no_such_module(a)", "module"),
        ("CREATE INDEX i ON nowhere(a)", "missing"),
        ("ALTER TABLE nowhere ADD COLUMN a", "missing"),
        ("CREATE VIEW v AS SELECT * FROM nowhere", "missing"),
        ("CREATE TABLE t AS SELECT load_extension('x')", "refused"),
        ("CREATE TABLE t(a INT PRIMARY KEY AUTOINCREMENT)", "other"),
        ("CREATE TABLE t(a DEFAULT ?)", "syntax"),
        ("CREATE TABLE t(\0a)", "other"),
        ("CREATE TABLE t(\ud800)", "other"),
        (
            "CREATE TABLE t AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c",
            "refused",
        ),
    ],
)
def test_what_sqlite_refuses_is_a_failure_with_its_reason(sql: str, kind: str) -> None:
    result = build("CREATE TABLE good(a)", sql)
    assert "good" in result.catalog
    assert [(failure.label, failure.kind) for failure in result.failures] == [("app.py:2", kind)]
    assert result.failures[0].reason


def test_other_statements_are_passed_over() -> None:
    result = build(
        "PRAGMA foreign_keys = ON",
        "INSERT INTO t VALUES (1)",
        "ATTACH 'x.db' AS y",
        ".tables",
        "VACUUM INTO 'somewhere.db'",
        "-- a comment; CREATE TABLE no(a)\nSELECT 1",
        "",
    )
    assert result == CatalogResult(Catalog())


def test_several_statements_in_one_text() -> None:
    result = build("-- schema\n/* x */ CREATE TABLE a(x); CREATE TABLE b(y);; CREATE INDEX i ON a(x)")
    assert [table.name for table in result.catalog] == ["a", "b"]


def test_functions_and_collations_of_the_application() -> None:
    result = build(
        "CREATE TABLE t(a TEXT COLLATE unicode_ci CHECK (a REGEXP '^x'), b AS (slug(a)) VIRTUAL)",
        "CREATE INDEX i ON t(slug(a), a COLLATE de) WHERE is_live(a)",
    )
    assert result.failures == ()
    assert result.assumed == (
        "collation de",
        "collation unicode_ci",
        "function REGEXP",
        "function is_live",
        "function slug",
    )
    assert column(next(iter(result.catalog)), "a").collation == "UNICODE_CI"


def test_views_know_their_columns() -> None:
    result = build(
        "CREATE VIEW v AS SELECT id, name AS label, count(*) AS n FROM users",
        "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT)",
    )
    view = result.catalog.table("V")
    assert view is not None and view.kind == "view"
    assert [each.name for each in view.columns] == ["id", "label", "n"]
    assert view.columns[1].affinity == "TEXT"


def test_a_virtual_table_without_its_shadows() -> None:
    result = build("CREATE VIRTUAL TABLE docs USING fts5(title, body)")
    assert result.failures == ()
    assert [(table.name, table.kind) for table in result.catalog] == [("docs", "virtual")]
    assert [each.name for each in next(iter(result.catalog)).columns if not each.hidden] == ["title", "body"]


def test_a_broken_view_does_not_stop_a_rename() -> None:
    result = build("CREATE VIEW v AS SELECT * FROM nowhere", "CREATE TABLE a(x)", "ALTER TABLE a RENAME TO b")
    assert [failure.kind for failure in result.failures] == ["missing"]
    assert [table.name for table in result.catalog] == ["b"]


def test_a_temporary_table_does_not_hide_the_real_one() -> None:
    result = build("CREATE TABLE t(a)", "CREATE TEMP TABLE t(b)", "CREATE TEMP TABLE only(c COLLATE NOCASE)")
    assert [each.name for each in result.catalog.tables["t"].columns] == ["a"]
    only = result.catalog.table("only")
    assert only is not None and only.temporary and column(only, "c").collation == "NOCASE"


def test_names_are_found_in_any_case_and_any_quotes() -> None:
    result = build('CREATE TABLE "Odd ""name"(`Sp ace` INT, [select] TEXT COLLATE NOCASE, "é" INT UNIQUE)')
    table = result.catalog.table('odd "NAME')
    assert table is not None and 'ODD "name' in result.catalog
    assert column(table, "sp ACE").name == "Sp ace"
    assert column(table, "SELECT").collation == "NOCASE"
    assert table.column("É") is None  # SQLite folds ASCII only
    assert result.catalog.table("odd") is None


def test_resolve_names_every_owner() -> None:
    catalog = build("CREATE TABLE a(id INTEGER PRIMARY KEY, x)", "CREATE TABLE b(ID, y)").catalog
    assert [(table.name, each.name) for table, each in catalog.resolve("Id")] == [("a", "id"), ("b", "ID")]
    assert [table.name for table, _ in catalog.resolve("id", ["B", "unknown"])] == ["b"]
    assert catalog.resolve("nothing") == ()
    assert [each.name for _, each in catalog.resolve("rowid")] == ["id"]


def test_an_overlay_wins() -> None:
    base = build("CREATE TABLE a(x)", "CREATE TABLE b(x)").catalog
    both = base.overlaid(build("CREATE TABLE B(y)", "CREATE TABLE c(z)").catalog)
    assert sorted(both.tables) == ["a", "b", "c"]
    assert [each.name for each in both.tables["b"].columns] == ["y"]
    assert [each.name for each in base.tables["b"].columns] == ["x"]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("CREATE TABLE t(a)", True),
        ("  -- x\n/* y */ create temp table t(a)", True),
        ("CREATE /* c */ UNIQUE -- d\n INDEX i ON t(a)", True),
        ("DROP VIEW v", True),
        ("ALTER TABLE t ADD a", True),
        ("CREATE VIRTUAL TABLE t USING fts5(a)", True),
        ("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END", True),
        ("CREATE", False),
        ("CREATE USER x", False),
        ("SELECT 'CREATE TABLE t(a)'", False),
        ("-- CREATE TABLE t(a)", False),
        ("CREATETABLE t(a)", False),
        ("", False),
    ],
)
def test_what_is_a_definition(sql: str, expected: bool) -> None:
    assert is_definition(sql) is expected


def test_a_file_gives_what_its_statements_give(tmp_path: Path) -> None:
    statements = [
        "CREATE TABLE p(id INTEGER PRIMARY KEY AUTOINCREMENT, n TEXT COLLATE NOCASE)",
        "CREATE TABLE c(id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE)",
        "CREATE UNIQUE INDEX i ON p(lower(n)) WHERE n > ''",
        "CREATE VIRTUAL TABLE docs USING fts5(title)",
        "CREATE VIEW v AS SELECT n FROM p",
        "CREATE TRIGGER g AFTER INSERT ON p BEGIN SELECT 1; END",
    ]
    connection = sqlite3.connect(tmp_path / "app.db")
    for sql in statements:
        connection.execute(sql)
    connection.execute("INSERT INTO p(n) VALUES ('a')")
    connection.commit()
    before = (tmp_path / "app.db").read_bytes()
    result = from_sqlite(connection, "app.db")
    connection.close()
    assert result.failures == ()
    assert (tmp_path / "app.db").read_bytes() == before
    expected = from_statements([("app.db", sql) for sql in statements])
    assert {table.name: table for table in result.catalog} == {table.name: table for table in expected.catalog}


def test_a_file_with_a_name_that_is_not_utf8() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE good(a)")
    connection.execute("CREATE TABLE bad(a)")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute(
        "UPDATE sqlite_master SET sql = CAST(x'435245415445205441424C4520FF286129' AS TEXT) WHERE name = 'bad'"
    )
    result = from_sqlite(connection, "app.db")
    connection.close()
    assert [table.name for table in result.catalog] == ["good"]
    assert [(failure.label, failure.kind) for failure in result.failures] == [("app.db", "other")]
    assert "UTF-8" in result.failures[0].reason


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script["id"])
def test_builds_what_sqlite_builds(script: dict[str, list[str]]) -> None:
    connection = sqlite3.connect(":memory:")
    for sql in script["statements"]:
        with suppress(sqlite3.Error):
            connection.execute(sql)
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')").fetchall()
    result = build(*script["statements"])
    virtual = {table.name for table in result.catalog if table.kind == "virtual"}
    own = {name for (name,) in rows if not name.startswith("sqlite_")}
    own = {name for name in own if not any(name.startswith(f"{each}_") for each in virtual)}
    unreadable = {
        failure.sql.split()[2] for failure in result.failures if failure.sql.upper().startswith("CREATE VIEW")
    }
    assert {table.name for table in result.catalog if not table.temporary} == own - unreadable
    for table in result.catalog:
        schema = "temp" if table.temporary else "main"
        names = connection.execute("SELECT name FROM pragma_table_xinfo(?, ?)", (table.name, schema)).fetchall()
        assert [each.name for each in table.columns] == [name for (name,) in names]
    connection.close()
