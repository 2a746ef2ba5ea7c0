"""JSON functions on both engines: random documents and texts give the same text, byte for byte."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sqlport
from sqlport.engines.server import Server

SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT, n INTEGER)"
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
quick = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def postgres(server: Server) -> Any:
    with server.connect(autocommit=True) as connection:
        yield connection


def same(postgres: psycopg.Connection[Any], expression: str, values: list[str | None]) -> None:
    rows = [(number, value, number * 7 - 5) for number, value in enumerate(values)]
    sql = f"SELECT {expression} FROM t" + ("" if "group" in expression else " ORDER BY id")
    ported = sqlport.port(sql, schema=SCHEMA, unsafe=True)
    assert [finding.applied for finding in ported.findings] == [True] * len(ported.findings)
    lite = sqlite3.connect(":memory:")
    lite.execute(SCHEMA)
    lite.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    with postgres.transaction(force_rollback=True), postgres.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE t (id bigint PRIMARY KEY, x text, n bigint)")
        cursor.executemany("INSERT INTO t VALUES (%s, %s, %s)", rows)
        found = cursor.execute(ported.sql).fetchall()
    assert found == lite.execute(sql).fetchall(), ported.sql
    lite.close()


@quick
@given(st.lists(st.one_of(st.none(), TEXTS), max_size=50))
@pytest.mark.parametrize(
    "expression",
    [
        "json_quote(x)",
        "json_object('a', x, 'the \"n\"', n)",
        "json_array(x, n, NULL, 'é\"', json_array(n, json_object('k', x)))",
        "json_group_array(n)",
        "json_group_array(x)",
        "json_group_array(json_object('id', id, 'x', x))",
        "json_group_object('k' || id, x)",
    ],
)
def test_constructed_text(postgres: psycopg.Connection[Any], expression: str, values: list[str | None]) -> None:
    same(postgres, expression, values)


@quick
@given(st.lists(VALUES, max_size=30), st.booleans())
def test_documents_without_blanks(postgres: psycopg.Connection[Any], values: list[Any], ascii_only: bool) -> None:
    documents: list[str | None] = [json.dumps(value, ensure_ascii=ascii_only, indent=1) for value in values]
    same(postgres, "json(x)", documents)


@quick
@given(st.lists(st.one_of(VALUES.map(json.dumps), TEXTS, st.sampled_from(["{", "[1,]", "nan", "01", "1e5", "'a'"]))))
def test_valid_json(postgres: psycopg.Connection[Any], values: list[str]) -> None:
    same(postgres, "json_valid(x)", list(values))


@quick
@given(st.lists(st.one_of(st.none(), TEXTS), max_size=30))
@pytest.mark.parametrize("path", ["$.a", '$."b c"', "$.list[1]", "$.list[#-1]", "$.deep.er[0].x", "$.none"])
def test_extracted_strings(postgres: psycopg.Connection[Any], path: str, values: list[str | None]) -> None:
    documents: list[str | None] = [
        json.dumps({"a": value, "b c": value, "list": ["p", value], "deep": {"er": [{"x": value}]}}) for value in values
    ]
    same(postgres, f"json_extract(x, '{path}'), x ->> '{path}'", documents)
