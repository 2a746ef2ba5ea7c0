"""The values of a call follow their placeholders: repeated, in another order, by name; or the statement stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqlport.engines.server import Server
from tests.driver.programs import port_and_run

HEAD = """import sqlite3

db = sqlite3.connect(":memory:")
db.execute("CREATE TABLE t (a INTEGER, b TEXT)")
db.execute("INSERT INTO t (a, b) VALUES (1, 'x')")
"""
PROGRAM = """row = (2, "y")
rows = [(3, "z"), (4, "w")]


class Request:
    values = [1, "x"]


def load(a, b):
    return db.execute("SELECT a FROM t WHERE b = ?2 AND a = ?1 AND ?2 <> 'q'", [a, b]).fetchall()


print(load(1, "x"))
print(db.execute("SELECT a, b FROM t WHERE a = ?1 OR a = ?1 + 1", (1,)).fetchall())
print(db.execute("SELECT a FROM t WHERE b = ?2 AND a = ?1", Request.values).fetchall())
print(db.execute("SELECT a FROM t WHERE a = ?2", ("never", 1)).fetchall())
print(db.execute("SELECT ?2 + 0, ? + 0, ?1 + 0", (1, 2, 3)).fetchall())
print(
    db.execute(
        "SELECT ?2 || ?1",
        (
            "first",  # the first
            "second",
        ),
    ).fetchall()
)
print(db.execute("SELECT ?2 + 0", (1, 2)).fetchall(), db.execute("SELECT ?1 + ?1", (1,)).fetchall())
text = "X"
print(db.execute("SELECT a FROM t WHERE b = lower(?1) OR b || 'x' = ?1", (f"{text}",)).fetchall())
db.execute("INSERT INTO t (b, a) VALUES (?2, ?1)", row)
db.executemany("INSERT INTO t (b, a) VALUES (?2, ?1)", rows)
db.executemany("INSERT INTO t (b, a) VALUES (?2, ?1)", [(5, "v"), [6, "u"]])
db.executemany("INSERT INTO t (b, a) VALUES (?2, ?1)", [(n, str(n)) for n in range(7, 9)])
db.executemany("INSERT INTO t (b, a) VALUES (:b, :a)", [("p", 10), ("q", 11)])
print(db.execute("SELECT a, b FROM t WHERE a = :a OR a = :c OR a = :a", (2, 4)).fetchall())
print(db.execute("SELECT a, b FROM t WHERE a > @a", (10,)).fetchall())
print(db.execute("SELECT a, b FROM t WHERE b = $b", {"b": "u"}).fetchall())
print(db.execute("SELECT a, b FROM t WHERE a IS NOT NULL ORDER BY a").fetchall())
"""
KEPT = [
    'db.execute("SELECT ?1 + 0, ?1 + 0", (next(numbers),))',
    'db.execute("SELECT ?2 + 0, ?1 + 0", (next(numbers), next(numbers)))',
    'db.execute("SELECT ?2 + 0, ?1 + 0", [1, *row])',
    'db.execute("SELECT ?2 + 0, ?1 + 0", list(numbers))',
    'db.execute("SELECT ?2 + 0", [next(numbers), 1])',
    'db.execute("SELECT ?2 + 0, ?1 + 0", [1, (two := 2)])',
    'run("SELECT ?2 + 0, ?1 + 0", row)',
]
RUNS = """

def run(sql, values):
    return db.execute(sql, values)


numbers = iter([1, 2])
row = (1, 2)
"""


def test_values_follow_their_placeholders_on_both_engines(server: Server, tmp_path: Path) -> None:
    runs = port_and_run(HEAD + PROGRAM, server, tmp_path)
    assert runs.after == runs.before
    assert runs.before.count("\n") == 12
    assert "(b, a, b)" not in runs.text
    assert "[b, a, b])" in runs.text
    assert '= %s + 1", (1, 1))' in runs.text
    assert "(Request.values[1], Request.values[0])" in runs.text
    assert "[(row[1], row[0]) for row in rows]" in runs.text
    assert "[(str(n), n) for n in range(7, 9)]" in runs.text
    assert '            "second",  # the first\n            "first",\n' in runs.text
    assert 'OR a = %(a)s", {"a": 2, "c": 4})' in runs.text
    assert '{"a": 10})' in runs.text
    assert not [one for one in runs.report.left if one.code == "DRV014"]


@pytest.mark.parametrize("call", KEPT)
def test_a_statement_whose_values_cannot_follow_stays_and_is_reported(
    call: str, server: Server, tmp_path: Path
) -> None:
    runs = port_and_run(HEAD + RUNS + call + "\n", server, tmp_path)
    assert call in runs.text
    assert "DRV014" in [one.code for one in runs.report.left]


@pytest.mark.parametrize(
    "call",
    [
        'db.execute("SELECT a FROM t WHERE a = ?1 AND b = ?2", (1, "x"))',
        'db.execute("SELECT a FROM t WHERE a = ?1 AND b = ?2", [next(numbers), *"x"])',
        'db.execute("SELECT a FROM t WHERE a = :a AND b = :b AND a = :a", {"b": "x", "a": next(numbers)})',
        'db.execute("SELECT a FROM t WHERE a = :a", values)',
        'db.executemany("INSERT INTO t (a) VALUES (?1)", values)',
    ],
)
def test_values_in_the_order_of_their_placeholders_stay(call: str, server: Server, tmp_path: Path) -> None:
    runs = port_and_run(HEAD + "numbers = iter([1])\nvalues = {}\n" + call + "\n", server, tmp_path)
    assert runs.text.splitlines()[-1].partition(", ")[2] == call.partition(", ")[2]
    assert not [one for one in runs.report.left if one.code == "DRV014"]


def test_texts_of_one_call_have_to_agree_on_the_order(server: Server, tmp_path: Path) -> None:
    call = 'db.execute("SELECT ?2 + 0, ?1 + 0" if row else "SELECT ?1 + 0, ?2 + 0", row)'
    runs = port_and_run(HEAD + RUNS + call + "\n", server, tmp_path)
    assert '"SELECT ?2 + 0, ?1 + 0" if row else' in runs.text
    assert runs.text.endswith(", row)\n")
    assert "DRV014" in [one.code for one in runs.report.left]
