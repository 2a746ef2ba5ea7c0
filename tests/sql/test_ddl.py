"""CREATE TABLE, CREATE INDEX and ALTER TABLE read word by word, checked against SQLite itself."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlport.model import Span
from sqlport.sql.ddl import read_alter_table, read_create_index, read_create_table, unquoted
from sqlport.sql.definitions import AlterTable, CreateIndex, CreateTable, Name
from sqlport.sql.tokens import tokenize

FIXTURE = Path(__file__).parents[2] / "fixtures" / "schemas" / "constructs.jsonl"
COMMENT = re.compile(r"/\*.*?\*/|--[^\n]*|\s+")
SCRIPTS = [json.loads(line) for line in FIXTURE.read_text(encoding="utf-8").splitlines()]


def table(sql: str) -> CreateTable:
    read = read_create_table(sql, tokenize(sql))
    assert read is not None
    return read


def index(sql: str) -> CreateIndex:
    read = read_create_index(sql, tokenize(sql))
    assert read is not None
    return read


def alter(sql: str) -> AlterTable:
    read = read_alter_table(sql, tokenize(sql))
    assert read is not None
    return read


def made(connection: sqlite3.Connection) -> int:
    """How much is defined so far."""
    return int(connection.execute("SELECT count(*) + total(length(sql)) FROM sqlite_master").fetchone()[0])


def check_against_sqlite(connection: sqlite3.Connection, read: CreateTable) -> None:
    """What was read is what SQLite's PRAGMAs say of the table, which exists in `connection`."""
    rows = connection.execute("SELECT * FROM pragma_table_xinfo(?)", (read.name.text,)).fetchall()
    assert [column.name.text for column in read.columns] == [row[1] for row in rows]
    for column, (_, _, type_name, not_null, default, key, hidden) in zip(read.columns, rows, strict=True):
        written = unquoted(column.type.name) if column.type else ""
        if column.type and column.type.arguments:
            written += "(" + ",".join(column.type.arguments) + ")"
        # SQLite keeps comments that stand between the words of a type, and some behind it
        assert COMMENT.sub("", written).upper() == COMMENT.sub("", type_name).upper()
        if not key and not (read.strict and read.without_rowid):
            assert bool(column.first("not null")) == bool(not_null)
        assert bool(column.first("generated")) == (hidden in (2, 3))
        stated = [each for each in column.all("default") if each.expression]
        assert bool(stated) == (default is not None)
    keyed = [row[1].lower() for row in sorted(rows, key=lambda row: row[5]) if row[5]]
    assert list(dict.fromkeys(name.lower() for name in read.primary_key())) == keyed
    foreign = connection.execute("SELECT DISTINCT id FROM pragma_foreign_key_list(?)", (read.name.text,)).fetchall()
    clauses = [each for column in read.columns for each in column.all("references")]
    clauses += [each for each in read.constraints if each.kind == "foreign key"]
    assert len(clauses) == len(foreign)


def check_spans(node: Any, text: str, outer: Span) -> None:
    """Every span lies inside its owner's and begins and ends with a word, never with a blank or a comment."""
    for each in fields(node):
        value = getattr(node, each.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Span):
                # the comma before a table constraint stands outside it
                if each.name != "comma":
                    assert outer.contains(item)
                assert item.of(text) == item.of(text).strip()
            elif isinstance(item, Name):
                assert unquoted(item.span.of(text)) == item.text
            elif is_dataclass(item):
                check_spans(item, text, getattr(item, "span", outer))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script["id"])
def test_reads_what_sqlite_reads(script: dict[str, Any]) -> None:
    connection = sqlite3.connect(":memory:")
    for sql in script["statements"]:
        tokens = tokenize(sql)
        read = read_create_table(sql, tokens) or read_create_index(sql, tokens) or read_alter_table(sql, tokens)
        before = made(connection)
        try:
            connection.execute(sql)
        except sqlite3.Error:
            continue
        head = " ".join(sql.split()[:2]).upper()
        if head in ("CREATE TABLE", "CREATE TEMP", "CREATE INDEX", "CREATE UNIQUE", "ALTER TABLE"):
            assert read is not None
        if read is not None:
            assert read.span == Span(0, len(sql.rstrip("; \n")))
            check_spans(read, sql, read.span)
        if made(connection) == before:
            continue  # IF NOT EXISTS: what is there has another definition
        if isinstance(read, CreateTable) and not read.select:
            check_against_sqlite(connection, read)
        if isinstance(read, CreateIndex):
            rows = connection.execute('SELECT * FROM pragma_index_xinfo(?) WHERE "key"', (read.name.text,)).fetchall()
            # a lone name in double quotes that is no column is a string for SQLite
            assert [
                term.name.text if term.name and row[2] else None for term, row in zip(read.terms, rows, strict=True)
            ] == [row[2] for row in rows]
            assert [bool(term.order and term.order.value == "DESC") for term in read.terms] == [
                bool(row[3]) for row in rows
            ]
    connection.close()


GAPS = st.sampled_from([" ", "\n", "  ", " /* c, ) */ ", " -- it's (\n", "\t"])
NAMES = st.sampled_from(["a", "Bc", '"x y"', "[k]", "`q``r`", "'s'", "key", "text", "é", "left", "a$1", '"da""sh"'])
TYPES = st.sampled_from(
    [
        "",
        "INTEGER",
        "INT ( 11 )",
        "FLOAT(10, -2)",
        "UNSIGNED BIG INT",
        "DOUBLE PRECISION",
        "CHARACTER VARYING(20)",
        '"my type"',
        "timestamp with time zone",
        "[b]",
        "desc",
        "NATIVE CHARACTER(70)",
    ]
)
COLUMN_CONSTRAINTS = st.sampled_from(
    [
        "NOT NULL",
        "NULL",
        "NOT NULL ON CONFLICT FAIL",
        "UNIQUE",
        "UNIQUE ON CONFLICT REPLACE",
        "CHECK (1 > (0))",
        "DEFAULT 1",
        "DEFAULT - 2.5e-3",
        "DEFAULT +.5",
        "DEFAULT 'it''s'",
        "DEFAULT (1 + (2))",
        "DEFAULT x'00ff'",
        "DEFAULT CURRENT_TIMESTAMP",
        "DEFAULT word",
        "DEFAULT 0x1F",
        "DEFAULT NULL",
        "COLLATE NOCASE",
        "COLLATE 'RTRIM'",
        "REFERENCES o",
        "REFERENCES o(x) ON DELETE SET NULL ON UPDATE NO ACTION MATCH full DEFERRABLE INITIALLY DEFERRED",
        "REFERENCES o (x) ON INSERT CASCADE NOT DEFERRABLE",
        "CONSTRAINT c NOT NULL",
        "CONSTRAINT c CONSTRAINT d",
        "DEFERRABLE",
        "GENERATED ALWAYS AS (1) STORED",
        "AS (2)",
        "AS (2) VIRTUAL",
        "PRIMARY KEY",
        "PRIMARY KEY DESC ON CONFLICT ABORT",
        "PRIMARY KEY AUTOINCREMENT",
    ]
)
TABLE_CONSTRAINTS = st.sampled_from(
    [
        "UNIQUE (zz COLLATE NOCASE DESC)",
        "UNIQUE (zz, yy) ON CONFLICT IGNORE",
        "PRIMARY KEY (zz, yy DESC)",
        "PRIMARY KEY (zz AUTOINCREMENT)",
        "CONSTRAINT k CHECK (zz > ',)' ) ON CONFLICT FAIL",
        "FOREIGN KEY (zz) REFERENCES o ON DELETE CASCADE",
        "CONSTRAINT [f k] FOREIGN KEY (zz, yy) REFERENCES o(a, b) NOT DEFERRABLE INITIALLY IMMEDIATE",
        "CONSTRAINT lonely",
    ]
)


@st.composite
def create_tables(draw: st.DrawFn) -> str:
    """CREATE TABLE as people and tools write it; SQLite may still refuse it (two keys, a name given twice)."""

    def gap() -> str:
        return draw(GAPS)

    columns = ["zz INTEGER", "yy"]
    for _ in range(draw(st.integers(0, 3))):
        words = [draw(NAMES), draw(TYPES), *draw(st.lists(COLUMN_CONSTRAINTS, max_size=3))]
        columns.insert(0, gap().join(word for word in words if word))
    text = f"{gap()},{gap()}".join(columns)
    constraints = draw(st.lists(TABLE_CONSTRAINTS, max_size=3))
    for place, constraint in enumerate(constraints):
        comma = "," if place == 0 else draw(st.sampled_from([",", ""]))
        text += comma + gap() + constraint
    start = draw(
        st.sampled_from(["CREATE TABLE", "create temp table", "CREATE TABLE IF NOT EXISTS", "create TEMPORARY table"])
    )
    options = draw(st.sampled_from(["", "WITHOUT ROWID", "without rowid"]))
    return f"{start}{gap()}{draw(NAMES)}{gap()}({gap()}{text}{gap()}){gap()}{options}"


@given(create_tables())
@settings(max_examples=400, deadline=None)
def test_agrees_with_sqlite_on_generated_tables(sql: str) -> None:
    connection = sqlite3.connect(":memory:")
    read = read_create_table(sql, tokenize(sql))
    try:
        connection.execute(sql)
    except sqlite3.OperationalError as error:
        if "syntax error" in str(error):
            assert read is None
        return
    finally:
        if read is None:
            connection.close()
    assert read is not None
    check_spans(read, sql, read.span)
    check_against_sqlite(connection, read)
    connection.close()


def test_every_word_of_a_column_has_its_place() -> None:
    sql = (
        "CREATE TABLE t(id INT(11) /* why */ CONSTRAINT k PRIMARY KEY DESC ON CONFLICT FAIL,"
        " x DEFAULT (1+(2)) CHECK( x>0 ))"
    )
    one, two = table(sql).columns
    assert one.type is not None
    assert (one.type.name, one.type.arguments, one.type.span.of(sql)) == ("INT", ("11",), "INT(11)")
    key = one.first("primary key")
    assert key is not None and key.name is not None and key.order is not None and key.conflict is not None
    assert key.span.of(sql) == "CONSTRAINT k PRIMARY KEY DESC ON CONFLICT FAIL"
    assert key.body.of(sql) == "PRIMARY KEY DESC ON CONFLICT FAIL"
    assert (key.name.text, key.order.value, key.conflict.value) == ("k", "DESC", "FAIL")
    assert two.type is None
    assert two.type_position == sql.index("x DEFAULT") + 1
    default, check = two.first("default"), two.first("check")
    assert default is not None and default.expression is not None and default.enclosed
    assert default.expression.of(sql) == "1+(2)"
    assert check is not None and check.expression is not None
    assert check.expression.of(sql) == "x>0"


@pytest.mark.parametrize(
    ("default", "value"),
    [
        ("-1", "-1"),
        ("- 1.5e-3", "- 1.5e-3"),
        (".5", ".5"),
        ("5.", "5."),
        ("foo", "foo"),
        ("x'00'", "x'00'"),
        ("NULL", "NULL"),
    ],
)
def test_a_default_without_parentheses(default: str, value: str) -> None:
    sql = f"CREATE TABLE t(a INT DEFAULT {default} NOT NULL, b)"
    column = table(sql).columns[0]
    found = column.first("default")
    assert found is not None and found.expression is not None and not found.enclosed
    assert found.expression.of(sql) == value
    assert column.first("not null") is not None


def test_a_foreign_key_of_a_column() -> None:
    sql = (
        "CREATE TABLE t(a REFERENCES p(x) ON DELETE SET NULL ON UPDATE CASCADE MATCH FULL"
        " NOT DEFERRABLE INITIALLY DEFERRED NOT NULL)"
    )
    key = table(sql).columns[0].first("references")
    assert key is not None and key.references is not None
    references = key.references
    assert references.table.text == "p"
    assert [term.name.text for term in references.columns if term.name] == ["x"]
    assert (references.on("DELETE"), references.on("UPDATE")) == ("SET NULL", "CASCADE")
    assert references.match is not None and references.match.value == "FULL"
    assert references.deferrable is not None
    assert references.deferrable.value == "NOT DEFERRABLE INITIALLY DEFERRED"
    assert references.actions[0].span.of(sql) == "ON DELETE SET NULL"


def test_of_two_actions_for_one_event_the_last_counts() -> None:
    read = table("CREATE TABLE t(a REFERENCES p ON DELETE CASCADE ON DELETE SET NULL)")
    key = read.columns[0].first("references")
    assert key is not None and key.references is not None
    assert key.references.on("DELETE") == "SET NULL"
    assert key.references.on("UPDATE") == "NO ACTION"


def test_table_constraints_without_a_comma() -> None:
    sql = "CREATE TABLE a(x INTEGER, y INTEGER, UNIQUE(x) UNIQUE(y), CHECK(x))"
    read = table(sql)
    assert [each.comma is not None for each in read.constraints] == [True, False, True]
    assert read.constraints[1].span.of(sql) == "UNIQUE(y)"


def test_options_in_any_order() -> None:
    sql = "CREATE TABLE a(x INT PRIMARY KEY) strict , without  rowid ;"
    read = table(sql)
    assert read.without_rowid is not None and read.without_rowid.span.of(sql) == "without  rowid"
    assert read.strict is not None and read.strict.span.of(sql) == "strict"
    assert read.body is not None and read.body.of(sql) == "(x INT PRIMARY KEY)"


def test_generated_columns() -> None:
    sql = "CREATE TABLE a(x, y INT GENERATED ALWAYS AS (x*2) STORED, z AS (x), generated)"
    read = table(sql)
    y, z = (column.first("generated") for column in read.columns[1:3])
    assert y is not None and y.always is not None and y.storage is not None and y.expression is not None
    assert (y.storage.value, y.expression.of(sql)) == ("STORED", "x*2")
    assert z is not None and z.always is None and z.storage is None
    assert read.columns[1].type is not None and read.columns[1].type.name == "INT"
    assert read.columns[3].name.text == "generated"


def test_a_query_instead_of_columns() -> None:
    sql = "CREATE TEMP TABLE IF NOT EXISTS temp.x AS SELECT 1 AS a"
    read = table(sql)
    assert read.select is not None and read.select.of(sql) == "SELECT 1 AS a"
    assert read.schema is not None and read.schema.text == "temp"
    assert read.temporary is not None and read.if_not_exists is not None
    assert read.body is None and read.columns == ()


def test_names_in_all_quotes() -> None:
    read = table("""CREATE TABLE "my ""t"(`a``b` INT, [c d] INT, 'e''f' INT, "G" INT)""")
    assert read.name.text == 'my "t'
    assert [column.name.text for column in read.columns] == ["a`b", "c d", "e'f", "G"]
    assert all(column.name.quoted for column in read.columns)
    assert read.column("g") is read.columns[3]


def test_the_terms_of_an_index() -> None:
    sql = (
        "CREATE UNIQUE INDEX IF NOT EXISTS main.i ON t(a COLLATE NOCASE DESC, lower(b) , c NULLS LAST)"
        " WHERE a > 1 AND b"
    )
    read = index(sql)
    assert (read.name.text, read.table.text) == ("i", "t")
    assert read.unique is not None and read.if_not_exists is not None
    a, b, c = read.terms
    assert a.name is not None and a.collation is not None and a.collate is not None and a.order is not None
    assert (a.name.text, a.collation.text, a.collate.of(sql), a.order.value) == (
        "a",
        "NOCASE",
        "COLLATE NOCASE",
        "DESC",
    )
    assert b.name is None and b.expression.of(sql) == "lower(b)"
    assert c.nulls is not None and c.nulls.value == "NULLS LAST"
    assert read.where is not None and read.where.of(sql) == "a > 1 AND b"


def test_what_alter_table_says() -> None:
    sql = "ALTER TABLE main.kv ADD COLUMN z DATETIME DEFAULT 0"
    added = alter(sql)
    assert added.action == "add column" and added.word is not None and added.column is not None
    assert added.column.span.of(sql) == "z DATETIME DEFAULT 0"
    assert alter("ALTER TABLE kv ADD z").column is not None
    renamed = alter("ALTER TABLE a RENAME TO b")
    assert renamed.action == "rename table" and renamed.new is not None and renamed.new.text == "b"
    column = alter("ALTER TABLE a RENAME b TO c")
    assert column.action == "rename column" and column.old is not None and column.new is not None
    dropped = alter("ALTER TABLE a DROP COLUMN b")
    assert dropped.action == "drop column" and dropped.old is not None and dropped.old.text == "b"


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE t",
        "CREATE TABLE t()",
        "CREATE TABLE t(a,)",
        "CREATE TABLE t(a INT,, b)",
        "CREATE TABLE t(a) garbage",
        "CREATE TABLE t(a) STRICT,",
        "CREATE TABLE t(a DEFAULT 1 - 2)",
        "CREATE TABLE t(UNIQUE(a))",
        "CREATE TABLE t(a, UNIQUE())",
        "CREATE TABLE t(a, CHECK(1), b INT)",
        "CREATE TABLE t(a CHECK())",
        "CREATE TABLE t(a INT(x))",
        "CREATE TABLE select(a)",
        "CREATE TABLE t(a REFERENCES)",
        "CREATE TABLE t(a REFERENCES p ON DELETE EXPLODE)",
        "CREATE TABLE t(a",
        "CREATE VIRTUAL TABLE t USING fts5(a)",
        "CREATE VIEW v AS SELECT 1",
        "SELECT 1",
        "",
    ],
)
def test_what_is_no_create_table(sql: str) -> None:
    assert read_create_table(sql, tokenize(sql)) is None


@pytest.mark.parametrize(
    "sql", ["CREATE INDEX i ON t", "CREATE INDEX i ON t()", "CREATE INDEX ON t(a)", "CREATE TABLE t(a)"]
)
def test_what_is_no_create_index(sql: str) -> None:
    assert read_create_index(sql, tokenize(sql)) is None


@pytest.mark.parametrize(
    "sql", ["ALTER TABLE t", "ALTER TABLE t ADD", "ALTER TABLE t RENAME a b", "ALTER TABLE t ALTER a"]
)
def test_what_is_no_alter_table(sql: str) -> None:
    assert read_alter_table(sql, tokenize(sql)) is None
