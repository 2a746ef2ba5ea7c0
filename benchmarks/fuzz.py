"""Random statements on both engines: `python -m benchmarks.fuzz --count 2000 --seed 1 --list`.

A seeded grammar of SQLite's functions, operators and clauses writes statements over a small schema. Each runs on
SQLite as it is, and ported on PostgreSQL. What counts is what nobody would notice: other rows, or a refusal, with
no finding that says so.
"""

from __future__ import annotations

import argparse
import math
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg

import sqlport
from sqlport.engines.postgres import throwaway
from tests.judge import plain

SCHEMA = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, i INTEGER, j INTEGER NOT NULL, r REAL, s TEXT, d TEXT, ok BOOLEAN)",
    "CREATE TABLE u (id INTEGER PRIMARY KEY, tid INTEGER REFERENCES t (id), n INTEGER, name TEXT NOT NULL)",
)
ROWS = (
    "INSERT INTO t VALUES (1, 7, 2, 2.5, 'abc', '2024-01-31', 1), (2, -7, 3, -2.5, 'ABC', '2024-02-29 23:59:59', 0),"
    " (3, 0, -4, 0.0, '', '2023-12-31 08:30', NULL), (4, NULL, 5, NULL, NULL, NULL, 1),"
    " (5, 7, 0, 10.0, 'a_%b', '2021-03-14T07:08:09', 0), (6, 100, 100, 1e10, '12', '2000-01-01', 1),"
    " (7, 3, 7, 0.1, ' x ', '1999-11-30 00:00:00', NULL), (8, 2, 2, -0.5, 'äÖ\\', '2024-12-30', 1)",
    "INSERT INTO u VALUES (1, 1, 5, 'abc'), (2, 1, NULL, 'B'), (3, 2, 0, ''), (4, NULL, 3, 'x'), (5, 8, -1, 'ABC')",
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one statement: `equal`, `flagged`, `silent` (other rows), `refused`; or SQLite `skipped` it."""

    sql: str
    kind: str
    ported: str = ""
    detail: str = ""
    codes: tuple[str, ...] = ()


class Grammar:
    """Random statements. Expressions have a kind, so that most of them make sense."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def statement(self) -> str:
        """One SELECT, with a total order where its rows are not a set."""
        return self.dice.choice([self._rows, self._rows, self._grouped, self._joined, self._compound, self._cte])()

    def _rows(self) -> str:
        columns = ", ".join(self.any(2) for _ in range(self.dice.randint(1, 3)))
        where = f" WHERE {self.condition(2)}" if self.dice.random() < 0.6 else ""
        order = self.dice.choice(["", " ORDER BY id", f" ORDER BY {self.any(1)}, id", " ORDER BY id DESC LIMIT 3"])
        return f"SELECT {columns} FROM t{where}{order}"

    def _grouped(self) -> str:
        key = self.any(1)
        having = f" HAVING {self.aggregate()} > {self.integer(0)}" if self.dice.random() < 0.3 else ""
        where = f" WHERE {self.condition(1)}" if self.dice.random() < 0.4 else ""
        name = self.dice.choice(["k", "1", key])
        order = self.dice.choice(["k", "1"])
        return f"SELECT {key} AS k, {self.aggregate()} FROM t{where} GROUP BY {name}{having} ORDER BY {order}"

    def _joined(self) -> str:
        kind = self.dice.choice(["JOIN", "LEFT JOIN", "INNER JOIN"])
        columns = ", ".join([self.any(1), self.dice.choice(["u.name", "u.n", "count(*) OVER ()", "u.n + j"])])
        where = f" WHERE {self.condition(1)}" if self.dice.random() < 0.5 else ""
        return f"SELECT {columns} FROM t {kind} u ON u.tid = t.id{where} ORDER BY t.id, u.id".replace(" id", " t.id")

    def _compound(self) -> str:
        word = self.dice.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
        kind = self.dice.choice([self.integer, self.text, self.real])
        return f"SELECT {kind(1)} FROM t {word} SELECT {kind(1)} FROM t"

    def _cte(self) -> str:
        inner = f"SELECT id, {self.any(1)} AS v FROM t"
        return f"WITH c AS ({inner}) SELECT v, (SELECT count(*) FROM c AS d WHERE d.id < c.id) FROM c ORDER BY id"

    def _pick(self, *made: Callable[[], str]) -> str:
        return self.dice.choice(made)()

    def any(self, depth: int) -> str:
        """An expression of any kind."""
        return self.dice.choice([self.integer, self.integer, self.text, self.text, self.real, self.condition])(depth)

    def aggregate(self) -> str:
        """An aggregate call."""
        name = self.dice.choice(["count", "sum", "avg", "min", "max", "total", "count(DISTINCT", "group_concat"])
        value = self.text(1) if name in ("group_concat", "count(DISTINCT") else self.integer(1)
        call = f"{name} {value})" if name.startswith("count(") else f"{name}({value})"
        return call if name != "group_concat" else f"length({call})"

    def condition(self, depth: int) -> str:
        """A condition, or a number that serves as one."""
        dice = self.dice
        if depth <= 0:
            return dice.choice(["ok", "i", "j > 2", "s IS NULL", "id IN (1, 2, 3)", "s = 'abc'"])
        low = depth - 1
        pair = dice.choice([self.integer, self.text, self.real])
        return self._pick(
            lambda: (
                f"{pair(low)} {dice.choice(['=', '==', '<>', '!=', '<', '<=', '>', '>=', 'IS', 'IS NOT'])} {pair(low)}"
            ),
            lambda: f"{self.text(low)} {dice.choice(['LIKE', 'NOT LIKE', 'GLOB'])} {self._pattern()}",
            lambda: f"{pair(low)} {dice.choice(['IN', 'NOT IN'])} ({pair(low)}, {pair(0)})",
            lambda: f"{pair(low)} BETWEEN {pair(low)} AND {pair(low)}",
            lambda: f"{pair(low)} {dice.choice(['IS NULL', 'NOTNULL', 'ISNULL', 'NOT NULL'])}",
            lambda: f"({self.condition(low)}) {dice.choice(['AND', 'OR'])} ({self.condition(low)})",
            lambda: f"NOT ({self.condition(low)})",
            lambda: f"EXISTS (SELECT 1 FROM u WHERE u.tid = t.id AND {pair(0)} <= {pair(0)})",
            lambda: f"{self.integer(low)} IN (SELECT n FROM u)",
            lambda: "ok",
        )

    def _pattern(self) -> str:
        return self.dice.choice(["'a%'", "'%B%'", "'a_c'", "'[a-c]*'", "'*b*'", "s", "''", "'a\\%b'", "'Ä%'", "s"])

    def integer(self, depth: int) -> str:
        """A whole number, mostly."""
        dice = self.dice
        if depth <= 0:
            return dice.choice(["i", "j", "id", "ok", "0", "1", "-3", "42", "t.i"])
        low = depth - 1
        return self._pick(
            lambda: f"({self.integer(low)} {dice.choice('+-*/%')} {self.integer(low)})",
            lambda: f"({self.integer(low)} {dice.choice(['&', '|', '<<', '>>'])} {dice.choice(['1', '2', 'j'])})",
            lambda: f"abs({self.integer(low)})",
            lambda: f"length({self.text(low)})",
            lambda: f"instr({self.text(low)}, {self.text(0)})",
            lambda: f"CAST({self.real(low)} AS INTEGER)",
            lambda: f"CAST({self.text(low)} AS INTEGER)",
            lambda: f"coalesce({self.integer(low)}, {self.integer(low)})",
            lambda: f"ifnull({self.integer(low)}, {self.integer(0)})",
            lambda: f"nullif({self.integer(low)}, {self.integer(0)})",
            lambda: f"{dice.choice(['max', 'min'])}({self.integer(low)}, {self.integer(low)})",
            lambda: f"iif({self.condition(low)}, {self.integer(low)}, {self.integer(low)})",
            lambda: f"CASE WHEN {self.condition(low)} THEN {self.integer(low)} ELSE {self.integer(low)} END",
            lambda: f"CASE {self.integer(low)} WHEN {self.integer(0)} THEN {self.integer(low)} END",
            lambda: f"CAST(strftime('{dice.choice(['%Y', '%m', '%d', '%w', '%j', '%s'])}', d) AS INTEGER)",
            lambda: f"unixepoch({self._date(low)})",
            lambda: f"sign({self.integer(low)})",
            lambda: f"unicode({self.text(low)})",
            lambda: f"(SELECT {dice.choice(['max', 'count', 'min', 'sum'])}(n) FROM u WHERE u.tid = t.id)",
            lambda: f"-{self.integer(0)}",
            lambda: f"~{self.integer(0)}".replace("~-", "~ -"),
            lambda: f"({self.condition(low)}) + {self.integer(low)}",
            lambda: f"likely({self.integer(0)} + 1)",
        )

    def real(self, depth: int) -> str:
        """A float, mostly."""
        dice = self.dice
        if depth <= 0:
            return dice.choice(["r", "r", "i", "1.5", "0.1", "-2.25", "1e3"])
        low = depth - 1
        return self._pick(
            lambda: f"({self.real(low)} {dice.choice('+-*/')} {self.real(low)})",
            lambda: f"round({self.real(low)}{dice.choice(['', ', 1', ', 2', ', 0'])})",
            lambda: f"abs({self.real(low)})",
            lambda: f"CAST({self.integer(low)} AS REAL)",
            lambda: f"CAST({self.text(low)} AS REAL)",
            lambda: f"coalesce({self.real(low)}, {self.real(low)})",
            lambda: f"{dice.choice(['max', 'min'])}({self.real(low)}, {self.real(low)})",
            lambda: f"julianday({self._date(low)})",
            lambda: f"{self.integer(low)} / {dice.choice(['2.0', '2', 'j'])}",
            lambda: f"{self.integer(low)} * 1.0 / {self.integer(0)}",
            lambda: f"sqrt(abs({self.real(low)}))",
            lambda: f"(SELECT avg(n) FROM u WHERE n > {self.integer(0)})",
        )

    def text(self, depth: int) -> str:
        """Text, mostly."""
        dice = self.dice
        if depth <= 0:
            return dice.choice(["s", "s", "d", "'abc'", "'B'", "''", "'12'", "'ä'", "t.s"])
        low = depth - 1
        return self._pick(
            lambda: f"{dice.choice(['upper', 'lower', 'trim', 'ltrim', 'rtrim', 'hex', 'quote'])}({self.text(low)})",
            lambda: f"substr({self.text(low)}, {self._place()}{dice.choice(['', ', 1', ', 2', ', j'])})",
            lambda: f"({self.text(low)} || {self.text(low)})",
            lambda: f"({self.text(low)} || {self.integer(low)})",
            lambda: f"replace({self.text(low)}, 'b', {self.text(0)})",
            lambda: f"trim({self.text(low)}, 'a ')",
            lambda: f"coalesce({self.text(low)}, {self.text(low)})",
            lambda: f"CAST({self.integer(low)} AS TEXT)",
            lambda: (
                f"printf('%d|%s|%05d|%x', {self.integer(low)}, {self.text(low)}, {self.integer(0)}, {self.integer(0)})"
            ),
            lambda: f"typeof({dice.choice([self.integer, self.text, self.real])(low)})",
            lambda: f"iif({self.condition(low)}, {self.text(low)}, {self.text(low)})",
            lambda: f"CASE WHEN {self.condition(low)} THEN {self.text(low)} END",
            lambda: f"{dice.choice(['max', 'min'])}({self.text(low)}, {self.text(low)})",
            lambda: self._date(low),
            lambda: f"char({dice.choice(['65', '97, 98', 'id + 64'])})",
            lambda: "(SELECT group_concat(name, '-') FROM u WHERE u.tid = t.id)",
            lambda: f"{self.text(low)} COLLATE BINARY",
        )

    def _place(self) -> str:
        return self.dice.choice(["1", "2", "-2", "0", "j", "i"])

    def _date(self, depth: int) -> str:
        dice = self.dice
        value = dice.choice(["d", "d", "'2024-01-31'", "'2023-03-01 10:20:30'", "date(d)", "datetime(d)"])
        modifiers = dice.choice(
            ["", "", ", '+1 month'", ", '-3 days'", ", 'start of month'", ", '+90 minutes'",
             ", 'start of year', '+1 year'", ", 'weekday 1'", ", '-1 day', 'start of month', '-1 day'"]
        )  # fmt: skip
        if dice.random() < 0.4:
            fmt = dice.choice(["%Y-%m", "%H:%M", "%w", "%j", "%d.%m.%Y", "%Y W%W", "%s", "%S"])
            return f"strftime('{fmt}', {value}{modifiers})"
        return f"{dice.choice(['date', 'datetime', 'time'])}({value}{modifiers})"


def verdicts(count: int, seed: int, connection: psycopg.Connection[Any], *, unsafe: bool = True) -> Iterator[Verdict]:
    """Judge `count` statements on tables that are made in the connection's database."""
    local = sqlite3.connect(":memory:")
    for sql in SCHEMA + ROWS:
        local.execute(sql)
    schema = ";\n".join(SCHEMA)
    for sql in SCHEMA + ROWS:
        connection.execute(sqlport.port(sql, schema=schema, driver="none", unsafe=True).sql)
    connection.execute("SET statement_timeout = '5s'")
    grammar = Grammar(seed)
    for _ in range(count):
        sql = grammar.statement()
        try:
            before = [plain(row) for row in local.execute(sql).fetchall()]
        except sqlite3.Error as error:
            yield Verdict(sql, "skipped", detail=str(error))
            continue
        yield _judged(sql, before, schema, connection, unsafe=unsafe)


def _judged(sql: str, before: list[Any], schema: str, connection: psycopg.Connection[Any], *, unsafe: bool) -> Verdict:
    ported = sqlport.port(sql, schema=schema, driver="none", unsafe=unsafe)
    said = tuple(f.code for f in ported.findings if not f.applied or f.applicability.value != "safe")
    codes = tuple(sorted({f"{f.code}{'' if f.applied else '!'}" for f in ported.findings}))
    try:
        after = [plain(row) for row in connection.execute(ported.sql.encode()).fetchall()]
    except psycopg.Error as error:
        first = str(error).splitlines()[0]
        raised = isinstance(error, psycopg.errors.DataError) and "DTF" in "".join(codes)
        kind = "flagged" if said or raised else "refused"
        return Verdict(sql, kind, ported.sql, first, codes)
    ordered = "ORDER BY" in sql
    if _same(before, after, ordered=ordered):
        return Verdict(sql, "equal", ported.sql, "", codes)
    shown = next(
        ((a, b) for a, b in zip(_sorted(before, ordered), _sorted(after, ordered), strict=False) if not _near(a, b)),
        (len(before), len(after)),
    )
    return Verdict(sql, "flagged" if said else "silent", ported.sql, f"{shown[0]!r} became {shown[1]!r}", codes)


def _sorted(rows: list[Any], ordered: bool) -> list[Any]:
    return rows if ordered else sorted(rows, key=repr)


def _same(before: list[Any], after: list[Any], *, ordered: bool) -> bool:
    pairs = zip(_sorted(before, ordered), _sorted(after, ordered), strict=False)
    return len(before) == len(after) and all(_near(a, b) for a, b in pairs)


def _near(a: Any, b: Any) -> bool:
    if isinstance(a, tuple):
        return isinstance(b, tuple) and len(a) == len(b) and all(map(_near, a, b))
    if isinstance(a, float | int) and isinstance(b, float | int):
        return a == b or math.isclose(a, b, rel_tol=1e-11)
    return bool(a == b)


def main() -> None:
    """Print how many of each kind; with `--list`, what nobody would have noticed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--safe", action="store_true", help="make only safe fixes")
    options.add_argument("--list", action="store_true")
    chosen = options.parse_args()
    kinds: Counter[str] = Counter()
    with throwaway() as server, server.connect() as connection:
        for verdict in verdicts(chosen.count, chosen.seed, connection, unsafe=not chosen.safe):
            kinds[verdict.kind] += 1
            if chosen.list and verdict.kind in ("silent", "refused"):
                print(
                    f"{verdict.kind}: {verdict.sql}\n    {verdict.ported}\n    {list(verdict.codes)} {verdict.detail}"
                )
    print("  ".join(f"{kind} {kinds[kind]}" for kind in ("equal", "flagged", "silent", "refused", "skipped")))


if __name__ == "__main__":
    main()
