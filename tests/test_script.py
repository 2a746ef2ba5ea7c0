"""Statements of a script see each other by their first word, and a long script costs no more than its length."""

from __future__ import annotations

import time

import sqlport
from sqlport.script import NOTHING, Script, first_word

TEXTS = ("CREATE TABLE t (id)", "-- two\nINSERT INTO t VALUES (1)", "select 1", "insert into t values (2)", "COMMIT")


def test_the_statements_around_one_come_in_order() -> None:
    before, after = Script(TEXTS).around(2)
    assert (list(before), list(after)) == (list(TEXTS[:2]), list(TEXTS[3:]))
    assert (len(before), before[1], after[0:1]) == (2, TEXTS[1], (TEXTS[3],))
    assert list(before.starting("INSERT", "CREATE")) == [TEXTS[0], TEXTS[1]]
    assert list(after.starting("INSERT")) == [TEXTS[3]]
    assert before.words() == {"CREATE", "INSERT"}
    assert (after.has("COMMIT"), after.has("CREATE")) == (True, False)
    assert (len(NOTHING), bool(NOTHING), list(NOTHING)) == (0, False, [])


def test_the_first_word_stands_behind_comments() -> None:
    assert [first_word(text) for text in ("/* a */ ; update t", "--x", "", "'a'")] == ["UPDATE", "", "", ""]


def seconds(count: int) -> float:
    inserts = (f"INSERT INTO t VALUES ({number}, 'name {number}');\n" for number in range(count))
    script = "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);\n" + "".join(inserts)
    started = time.process_time()
    ported = sqlport.port(script)
    passed = time.process_time() - started
    assert ported.sql.endswith(f"ALTER TABLE t ALTER COLUMN id RESTART WITH {count};\n")
    return passed


def test_a_dump_takes_time_in_proportion() -> None:
    seconds(10)
    few, many = min(seconds(60), seconds(60)), seconds(600)
    assert many < 25 * few  # a hundred times as long where each looks at all others
