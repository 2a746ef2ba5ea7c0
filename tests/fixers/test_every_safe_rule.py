"""Every rule whose fix claims to be safe, on 1,000 random rows: both engines give the same values.

A new rule with a safe fix fails here until it has an expression in EXPRESSIONS, or a reason in NO_EXPRESSION why
there is none whose values could differ.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest

import sqlport
from sqlport.engines.server import Server
from sqlport.rulebook import load
from tests.judge import plain

COUNT = 1_000
SCHEMA = """CREATE TABLE v (id INTEGER PRIMARY KEY, i INTEGER, j INTEGER NOT NULL, k INTEGER NOT NULL, r REAL, s TEXT,
 n TEXT NOT NULL, num TEXT, d TEXT, at INTEGER, b BLOB, q TEXT NOT NULL, "Order" TEXT, ok BOOLEAN NOT NULL,
 c TEXT COLLATE NOCASE)"""
_LETTERS = "aAbBzZ%_\\ *?[]19ÄäßKéÉ'\n:-.x"
_INTEGERS = [0, 1, 2, -1, -2, 7, 10, 99, 100, -100, 123456789, 2**31, -(2**31), 2**53]
_REALS = [0.0, 0.5, -0.5, 1.5, -2.5, 2.25, 1e9, -7.0, 0.1, 123456.789, 7.5]

EXPRESSIONS: Mapping[str, tuple[str, ...]] = {
    "IDN001": ('"no such column"', 'n || "it\'s"'),
    "IDN002": ("`n` || `s`",),
    "IDN003": ("[n] || [s]",),
    "IDN004": ("n AS 'label'",),
    "IDN005": ('"Order" || "N"', '"J" + 1'),
    "IDN006": ("(SELECT user.id FROM v AS user WHERE user.id = v.id)",),
    "IDN007": ("n AS Mixed",),
    "IDN008": ('(SELECT "j + 1" FROM (SELECT j + 1))',),
    "IDN009": ("n year",),
    "IDN010": ("(SELECT x.n FROM main.v AS x WHERE x.id = v.id)",),
    "LIT001": ("x'00ff41'", "hex(x'41')", "b = x'41'"),
    "LIT002": ("0xFFFFFFFFFFFFFFFF",),
    "LIT006": ("n -- one\n || s /* two /* nested */",),
    "FNC016": ("lower('ÄÖÜ' || 'A')", "n = upper('é')"),
    "JSN011": ("json_quote(n)", "json_quote(j)"),
    "DTF001": ("date('now') > d",),
    "DTF002": ("date(d, '+40 days')", "datetime(d, 'start of month', '-1 second')", "date(d, 'weekday 0', '-6 days')"),
    "DTF003": ("strftime('%d.%m.%Y %H:%M', d)", "strftime('%j|%w|%W', d)", "CAST(strftime('%Y', d) AS INTEGER) % 4"),
    "DTF005": ("CURRENT_DATE > d",),
    "DTF006": ("unixepoch(d)", "strftime('%s', d)", "unixepoch(d, '-90 minutes') / 60"),
    "DTF008": ("date(d)", "time(d)", "datetime(d)"),
    "DTF009": ("julianday(d)", "julianday(d) - julianday('2000-01-01')"),
    "DTF011": (
        "datetime(at, 'unixepoch')",
        "strftime('%Y-%m', at, 'unixepoch', '+1 day')",
        "date(at / 60, 'unixepoch')",
    ),
    "DTF012": ("date(d, '+1 month')", "date(d, '-13 months')", "datetime(d, '+1 year', 'start of day')"),
    "FNC001": ("ifnull(i, j)", "ifnull(s, '?')"),
    "FNC002": ("iif(i, n, s)", "iif(j > 0, i, r)"),
    "FNC003": ("max(i, j)", "min(s, n)", "max(0, min(i, 9))", "min(i, j, k)"),
    "FNC004": ("instr(s, 'a')", "instr(n, s)"),
    "FNC005": ("substr(n, -3)", "substr(s, j)", "substr(s, -2, 1)", "substr(n, j, k)"),
    "FNC006": ("printf('%d|%s', j, n)", "printf('%05d', j)", "printf('%x', k)", "printf('%,d', i)"),
    "FNC007": ("hex(s)", "hex(b)"),
    "FNC008": ("quote(s)",),
    "FNC011": ("unicode(s)", "char(65)", "char(k + 64)"),
    "FNC013": ("likely(i > 1)", "unlikely(j) + 1"),
    "AGG001": (
        "group_concat(n || 'x', '|') OVER (PARTITION BY k ORDER BY id)",
        "(SELECT group_concat(j) FROM v x WHERE x.id = v.id)",
    ),
    "AGG002": ("total(j) OVER (PARTITION BY k)", "(SELECT total(x.r) FROM v x WHERE x.id = v.id AND v.j > 0)"),
    "AGG003": ("sum(j) OVER (PARTITION BY k)", "(SELECT sum(x.j) FROM v x WHERE x.k = v.k) / 2"),
    "AGG004": ("(SELECT count() FROM v x WHERE x.k = v.k)",),
    "AGG007": ("(SELECT count(*) AS many FROM v x WHERE x.k = v.k HAVING many > 20)",),
    "TYP001": ("num = 7", "n IN (1, 'a', 2)", "num BETWEEN 1 AND 5"),
    "TYP003": ("CAST(num AS INTEGER)", "CAST(num AS REAL)"),
    "TYP004": ("CAST(j AS VARCHAR(2))", "CAST(n AS CHAR(1))", "CAST(j AS REAL)", "CAST(j AS UNSIGNED BIG INT)"),
    "TYP006": ("length(j)", "substr(j, 1, 1)", "replace(i, '1', 'x')"),
    "TYP007": ("CAST(r AS INTEGER)", "CAST(r * 2 AS INT)"),
    "NUM001": ("i / j", "i % j", "r / j"),
    "NUM002": ("r % 7", "(r + 1) % k"),
    "NUM005": ("1 << 40", "5 << 33"),
    "OPR001": ("n == s", "i == 7"),
    "OPR002": ("i IS 7", "s IS n", "i IS NOT j"),
    "OPR003": ("j || i", "1 || 2"),
    "OPR004": ("i NOT NULL", "s || n NOT NULL"),
    "OPR005": ("~j + 1", "2 * ~j - 3"),
    "OPR006": ("j&~i", "j|~k"),
    "OPR008": ("n IN ()", "s NOT IN ()"),
    "PAT001": ("s LIKE 'a%'", "n LIKE '%B_'", "s NOT LIKE n"),
    "PAT002": ("s LIKE '%\\%'", "n LIKE s"),
    "PAT003": ("s GLOB 'a*'", "n GLOB '[a-z]*'", "s GLOB '*[^0-9]'", "n GLOB '?b*'"),
    "PAT005": ("like('a%', s)", "like(n, s)"),
    "COL003": ("n = s COLLATE RTRIM",),
    "COL004": ("n < s COLLATE BINARY",),
    "BOO001": ("CASE WHEN i THEN 1 ELSE 2 END", "NOT i", "i AND j", "CASE WHEN ok THEN n END"),
    "BOO002": ("ok = TRUE", "ok <> FALSE"),
    "BOO003": ("(i > 3) + 1", "sum(j > 0) OVER (PARTITION BY k)"),
    "BOO006": ("i > 3", "EXISTS (SELECT 1)", "n IS NULL"),
    "SEL001": ("(SELECT x.n FROM v x WHERE x.k = v.k ORDER BY x.id LIMIT 1, 1)",),
    "SEL002": ("(SELECT x.n FROM v x WHERE x.id = v.id ORDER BY x.id LIMIT -1 OFFSET 0)",),
    "SEL003": ("(SELECT x.j + 1 AS z FROM v x WHERE z > 0 AND x.id = v.id)",),
    "ORD001": ("row_number() OVER (ORDER BY i, id)", "first_value(s) OVER (PARTITION BY k ORDER BY s DESC, id)"),
    "ROW001": ("rowid + 1", "v._rowid_"),
}
NO_EXPRESSION: Mapping[str, str] = {
    **dict.fromkeys(["PRM001", "PRM003"], "spelling for the driver"),
    **dict.fromkeys(["AGG005", "FNC021"], "functions that this Python's SQLite may lack; their pages run them"),
    **dict.fromkeys(["OPR007", "NUM003", "LIT004"], "a table's name, or a literal: nothing in it is a value of a row"),
    **dict.fromkeys(["SEL004", "ORD003", "ORD004", "ORD005", "ORD006", "ORD007", "ORD008"], "the order or set of rows"),
    **dict.fromkeys(["JOI001", "JOI002", "JOI003", "JOI004", "JOI005", "JOI006", "SEL006"], "the form of FROM"),
    **dict.fromkeys(["CTE001", "CTE002", "CTE003"], "the form of WITH"),
    **dict.fromkeys(["UPS001", "UPS003", "UPS006", "DML001", "DML003", "DML004"], "the form of a write"),
    **dict.fromkeys(["ROW002", "ROW003", "BOO005"], "what is stored"),
    **dict.fromkeys(["DDL001", "DDL002", "DDL003", "DDL004", "DDL005", "DDL006", "DDL007"], "definitions"),
    **dict.fromkeys(["DDL013", "DDL018", "DDL019", "IDX001", "TRG002", "JSN009"], "definitions"),
    **dict.fromkeys(["CAT001", "CAT002", "CAT003", "PRG003", "PRG006", "TXN002"], "catalogue, settings, transactions"),
}
CASES = [(code, expression) for code, expressions in EXPRESSIONS.items() for expression in expressions]


def _rows() -> list[tuple[Any, ...]]:
    dice = random.Random(206)

    def text(most: int) -> str:
        return "".join(dice.choices(_LETTERS, k=dice.randrange(most)))

    def number() -> str:
        return "".join(dice.choices(["", "-", " ", "0", "12", "7", ".5", "x", "1e1"], k=dice.randrange(3)))

    def maybe(value: Any) -> Any:
        return None if dice.random() < 0.1 else value

    def day() -> str:
        at = datetime(1900, 1, 1) + timedelta(seconds=dice.randrange(200 * 365 * 86400))
        at = at.replace(day=1) - timedelta(days=1) if dice.random() < 0.3 else at
        return at.strftime(dice.choice(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]))

    return [
        (
            key,
            maybe(dice.choice([*_INTEGERS, dice.randrange(-999, 999)])),
            dice.randrange(-9, 10),
            dice.randrange(0, 40),
            maybe(dice.choice([*_REALS, round(dice.uniform(-999, 999), 3)])),
            maybe(text(9)),
            text(4),
            maybe(number()),
            maybe(day()),
            maybe(dice.choice([0, -1, 253402214399, 253402300800, 10**13, dice.randrange(-(10**10), 10**10)])),
            maybe(dice.randbytes(dice.randrange(5))),
            dice.choice(['{"a": 1}', "[1, 2]", '"x"', "null", "{", "[1,]", "7"]),
            maybe(text(3)),
            dice.randrange(2),
            maybe("".join(c for c in text(5) if c.isascii())),
        )
        for key in range(1, COUNT + 1)
    ]


Engines = tuple[sqlite3.Connection, "psycopg.Connection[Any]"]


@pytest.fixture(scope="module")
def engines(server: Server) -> Iterator[Engines]:
    rows = _rows()
    marks = ", ".join(["?"] * len(rows[0]))
    sqlite = sqlite3.connect(":memory:")
    sqlite.execute(SCHEMA)
    sqlite.executemany(f"INSERT INTO v VALUES ({marks})", rows)
    with server.database() as name, server.connect(name) as postgres:
        postgres.execute("CREATE EXTENSION IF NOT EXISTS citext")
        postgres.execute(sqlport.port(SCHEMA, driver="none", unsafe=True).sql)
        with postgres.cursor() as cursor:
            cursor.executemany(f"INSERT INTO v VALUES ({marks.replace('?', '%s')})", rows)
        yield sqlite, postgres
        sqlite.close()


@pytest.mark.parametrize(("code", "expression"), CASES, ids=[f"{code} {text}" for code, text in CASES])
def test_safe_rewriting_gives_the_same_for_all_rows(code: str, expression: str, engines: Engines) -> None:
    sqlite, postgres = engines
    sql = f"SELECT v.id, {expression} FROM v ORDER BY v.id"
    port = sqlport.port(sql, schema=SCHEMA, locale="")
    assert code in {finding.code for finding in port.findings if finding.applied}, port.sql
    assert [finding.message for finding in port.findings if not finding.applied] == []
    try:
        expected = [plain(row) for row in sqlite.execute(sql).fetchall()]
    except sqlite3.Error as error:
        pytest.skip(f"this SQLite: {error}")
    got = [plain(row) for row in postgres.execute(port.sql).fetchall()]
    assert len(got) == len(expected) == COUNT
    assert [pair for pair in zip(expected, got, strict=True) if repr(pair[0]) != repr(pair[1])][:5] == [], port.sql


def test_every_rule_with_a_safe_fix_is_here() -> None:
    safe = {rule.code for rule in load().rules if rule.fix is rule.fix.SAFE and not rule.codemod}
    assert sorted(safe - set(EXPRESSIONS) - set(NO_EXPRESSION)) == []


def test_nothing_is_listed_twice_or_for_no_rule() -> None:
    assert set(EXPRESSIONS) & set(NO_EXPRESSION) == set()
    assert sorted((set(EXPRESSIONS) | set(NO_EXPRESSION)) - {rule.code for rule in load().rules}) == []
