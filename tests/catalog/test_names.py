"""Identifiers as PostgreSQL wants them, asked of PostgreSQL itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlport.catalog.keywords import COLUMN_NAME, NEEDS_AS, RESERVED, TYPE_OR_FUNCTION
from sqlport.catalog.names import (
    MAX_BYTES,
    SYSTEM_COLUMNS,
    Context,
    collisions,
    folded,
    is_reserved,
    is_too_long,
    quote,
    truncated,
)
from sqlport.engines.server import Server


def keywords(server: Server) -> list[tuple[str, str, bool]]:
    with server.connect() as connection:
        return connection.execute("SELECT word, catcode::text, barelabel FROM pg_get_keywords()").fetchall()


def test_every_keyword_of_the_server_is_known(server: Server) -> None:
    for word, category, bare in keywords(server):
        expected = {"R": RESERVED, "T": TYPE_OR_FUNCTION, "C": COLUMN_NAME}.get(category, frozenset())
        assert category == "U" or word in expected
        assert bare or word in NEEDS_AS


def test_quotes_every_keyword_where_the_server_does(server: Server) -> None:
    words = [word for word, _, _ in keywords(server)]
    with server.connect() as connection:
        rows = connection.execute("SELECT word, quote_ident(word) FROM unnest(%s::text[]) AS word", (words,)).fetchall()
    assert len(rows) > 400
    assert {word: quote(word, "any") for word, _ in rows} == dict(rows)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE zz_{plain}({name} bigint)",
        "CREATE TABLE {name}({name} bigint)",
        'SELECT {name} FROM (SELECT 1 AS "{plain}") q WHERE {name} = 1 ORDER BY {name} DESC',
        'SELECT q.{name}, ({name}), {name} + 1, -{name} FROM (SELECT 1 AS "{plain}") q GROUP BY {name}',
        'SELECT CASE {name} WHEN {name} THEN {name} ELSE {name} END AS c FROM (SELECT 1 AS "{plain}") AS {name}',
        "WITH {name}({name}) AS (SELECT 1) SELECT {name}.{name} FROM {name} JOIN {name} b ON {name}.{name} = b.{name}",
        "SELECT 1 AS c FROM (SELECT 1) {name}",
    ],
)
def test_a_quoted_name_is_taken_wherever_names_stand(server: Server, statement: str) -> None:
    with server.connect(autocommit=False) as connection:
        for word, _, _ in keywords(server):
            sql = statement.format(name=quote(word), plain=word)
            connection.execute(sql.encode())
            connection.rollback()


def test_a_label_without_as_is_quoted_where_it_has_to_be(server: Server) -> None:
    with server.connect() as connection:
        for word, _, _ in keywords(server):
            for sql in (f"SELECT 1 {quote(word, 'bare label')}", f"SELECT 1 AS {quote(word, 'label')}"):
                description = connection.execute(sql.encode()).description
                assert description is not None and description[0].name == word


@given(
    st.lists(st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), min_size=1), max_size=80)
)
@settings(max_examples=40, deadline=None)
def test_random_names_mean_the_same_quoted(server: Server, names: list[str]) -> None:
    with server.connect() as connection:
        for name in names:
            kept = truncated(folded(name))
            description = connection.execute(f"SELECT 1 AS {quote(name, 'label')}".encode()).description
            assert description is not None and description[0].name == kept
            if name.isascii() and "$" not in name:
                row = connection.execute("SELECT quote_ident(%s)", (folded(name),)).fetchone()
                assert row == (quote(name, "any"),)


@pytest.mark.parametrize("name", ["id", "a1", "_x", "timestamp", "key", "value", "date", "année", "a$b", "naïve_2"])
def test_what_needs_no_quotes_gets_none(name: str) -> None:
    assert quote(name) == name


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("User", '"user"'),
        ("ORDER", '"order"'),
        ("userName", "username"),
        ("a b", '"a b"'),
        ('a"b', '"a""b"'),
        ("1st", '"1st"'),
        ("$a", '"$a"'),
        ("a-b", '"a-b"'),
        ("", '""'),
        ("ÄPFEL", "Äpfel"),
    ],
)
def test_how_names_are_written(name: str, written: str) -> None:
    assert quote(name) == written


@pytest.mark.parametrize(
    ("word", "context", "reserved"),
    [
        ("user", "name", True),
        ("User", "name", True),
        ("values", "name", False),
        ("values", "function", True),
        ("left", "name", True),
        ("left", "function", False),
        ("order", "label", False),
        ("year", "label", False),
        ("year", "bare label", True),
        ("year", "name", False),
        ("system_user", "name", True),
        ("title", "any", False),
    ],
)
def test_reserved_depends_on_the_place(word: str, context: Context, reserved: bool) -> None:
    assert is_reserved(word, context) is reserved


def test_system_columns_are_those_of_the_server(server: Server) -> None:
    with server.connect() as connection:
        rows = connection.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = 'pg_class'::regclass AND attnum < 0"
        ).fetchall()
    assert {name for (name,) in rows} == SYSTEM_COLUMNS


def test_long_names_are_cut_at_whole_characters(server: Server) -> None:
    name = "é" * 40
    assert is_too_long(name) and not is_too_long("e" * MAX_BYTES)
    with server.connect() as connection:
        description = connection.execute(f"SELECT 1 AS {quote(name)}".encode()).description
    assert description is not None
    assert description[0].name == truncated(name) == "é" * 31


def test_names_that_become_one() -> None:
    long = "a" * 70
    assert collisions(["Users", "users", "orders"]) == (("Users", "users"),)
    assert collisions([long + "_one", "b", long + "_two"]) == ((long + "_one", long + "_two"),)
    assert collisions(["a", "b", "É", "é"]) == ()
