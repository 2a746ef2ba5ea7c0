"""A table's name in quotes directly before a column list is the name, without its quotes."""

from __future__ import annotations

import pytest
from sqlglot import exp

from sqlport.sql import read


@pytest.mark.parametrize(
    "sql",
    [
        'INSERT INTO "a b" (x) VALUES (1)',
        "INSERT INTO [a b](x) VALUES (1)",
        "CREATE TABLE IF NOT EXISTS `a b` (x INT)",
        'CREATE TABLE "a b"(x INT DEFAULT (1))',
    ],
)
def test_the_quotes_are_no_part_of_the_name(sql: str) -> None:
    parsed = read(sql)
    assert [table.name for table in parsed.nodes(exp.Table)] == ["a b"]


def test_doubled_quotes_are_one() -> None:
    assert [table.name for table in read('INSERT INTO "a""b" (x) VALUES (1)').nodes(exp.Table)] == ['a"b']


def test_a_call_keeps_its_name() -> None:
    assert [call.this for call in read('SELECT "max"(a), Max(b) FROM t').nodes(exp.Anonymous)] == ['"max"', "max"]
