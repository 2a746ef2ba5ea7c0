"""A planted difference is found and shown by its key, every time; where there is none, none is."""

from __future__ import annotations

import os
import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlport.config import Config
from sqlport.data import numeric
from sqlport.data.policy import Policies
from sqlport.data.verifying import Verified, verify
from sqlport.engines.server import Server, connect
from sqlport.schema import Source, read_source
from tests.data.conftest import Ask, Data, Make

ROWS = int(os.environ.get("SQLPORT_VERIFY_ROWS", "200000"))
TABLE = "CREATE TABLE t (id {integer} PRIMARY KEY, a {integer}, r {real}, s TEXT)"


def nothing(name: str, about: Mapping[str, object]) -> None:
    pass


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[tuple[Source, str]]:
    """The same rows on both sides."""
    file = tmp_path_factory.mktemp("many") / "app.db"
    rows = f"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {ROWS})"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(TABLE.format(integer="INTEGER", real="REAL"))
        connection.execute(f"{rows} INSERT INTO t SELECT i, i % 1000, i * 0.5, 'row ' || i FROM n")
        connection.commit()
    with server.database() as name:
        url = server.database_url(name)
        with psycopg.connect(url, autocommit=True) as made:
            made.execute(TABLE.format(integer="bigint", real="double precision").encode())
            made.execute(
                f"INSERT INTO t SELECT i, i % 1000, i * 0.5, 'row ' || i FROM generate_series(1, {ROWS}) i".encode()
            )
        yield read_source(file, Config(root=file.parent)), url


def compared(source: Source, url: str) -> Verified:
    with connect(url) as connection:
        return verify(source, connection, "public", Policies(), frozenset(), nothing)


def test_a_planted_difference_among_many_rows_is_shown_by_key(many: tuple[Source, str]) -> None:
    source, url = many
    assert compared(source, url).same
    dice = random.Random(5)
    one, two, three, four, five, six, seven = dice.sample(range(1, ROWS), 7)
    planted = [
        (
            f"UPDATE t SET a = a + 1 WHERE id = {one}",
            f"t (id = {one}): a is {one % 1000} in SQLite, {one % 1000 + 1} in",
        ),
        (f"UPDATE t SET r = r + 1e-9 WHERE id = {two}", f"t (id = {two}): r is {two * 0.5!r} in SQLite, "),
        (f"DELETE FROM t WHERE id = {three}", f"t (id = {three}): is not in PostgreSQL"),
        ("INSERT INTO t VALUES (-1, 0, 0, '')", "t (id = -1): is only in PostgreSQL"),
        (
            f"UPDATE t SET s = 'row ' || {four} + {five} - id WHERE id IN ({four}, {five})",  # swapped
            f"t (id = {four}): s is 'row {four}' in SQLite, 'row {five}' in PostgreSQL",
        ),
        (f"UPDATE t SET s = NULL WHERE id = {six}", f"t (id = {six}): s is 'row {six}' in SQLite, NULL in PostgreSQL"),
        (
            f"UPDATE t SET s = 'row {seven} ' WHERE id = {seven}",
            f"t (id = {seven}): s is 'row {seven}' in SQLite, 'row",
        ),
    ]
    with psycopg.connect(url, autocommit=True) as connection:
        for command, _ in planted:
            connection.execute(command.encode())
    lines = list(compared(source, url).lines())
    for _, said in planted:
        assert any(line.startswith(said) for line in lines), (said, lines)
    assert len(lines) == len(planted) + 2, lines  # the swap is two rows, and the summary


def test_another_type_with_other_values_differs(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, d TEXT); INSERT INTO t VALUES (1, 0.5, 'x'), (2, 0.1, 'y')"
    )
    ask("CREATE TABLE t (id bigint PRIMARY KEY, r real, d text); INSERT INTO t VALUES (1, 0.5, 'x'), (2, 0.1, 'y')")
    result = data("verify", file, url)
    assert result.exit_code == 1
    assert "t.r, id = 2: 0.1 (real-too-precise): does not fit" in result.stdout
    assert "t (id = 2): is only in PostgreSQL" in result.stdout


def test_rows_without_a_key_are_counted(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make("CREATE TABLE t (a TEXT, b INTEGER); INSERT INTO t VALUES ('x', 1), ('x', 1), ('y', NULL)")
    ask("CREATE TABLE t (a text, b bigint); INSERT INTO t VALUES ('x', 1), ('y', NULL), ('x', 1)")
    assert data("verify", file, url).exit_code == 0
    ask("DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t WHERE a = 'x')")
    ask("INSERT INTO t VALUES ('y', NULL)")
    result = data("verify", file, url)
    assert (result.exit_code, result.stdout.splitlines()[:2]) == (
        1,
        ["t (a = 'x', b = 1): is not in PostgreSQL", "t (a = 'y', b = NULL): is only in PostgreSQL"],
    )


def test_constraints_sequences_and_missing_tables_are_looked_at(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, t INTEGER, more TEXT); CREATE TABLE u (i);"
        "INSERT INTO t VALUES (5, 5, '')"
    )
    ask("CREATE TABLE t (id bigserial PRIMARY KEY, t bigint); INSERT INTO t VALUES (5, 5)")
    ask("ALTER TABLE t ADD FOREIGN KEY (t) REFERENCES t (id) NOT VALID")
    result = data("verify", file, url)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "table u is not in PostgreSQL",
        "column t.more is only in SQLite: its values are not copied",
        "t (t_t_fkey): was not validated, so rows may break it",
        "t.id: the next number of public.t_id_seq is 1, but 5 is taken",
        "1 tables, 1 rows: every value is the same, but see above",
    ]


def test_nothing_is_written(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make("CREATE TABLE t (i INTEGER); INSERT INTO t VALUES (1)")
    ask("CREATE TABLE t (i bigint)")
    before = file.read_bytes()
    assert data("verify", file, url).exit_code == 1
    assert ask("SELECT count(*) FROM t") == [(0,)]
    assert file.read_bytes() == before


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**9), max_value=10**9).map(float),
    )
)
def test_numbers_keep_their_value_as_decimals(number: int | float) -> None:
    assert type(number)(numeric.unpack(numeric.pack(number))) == number


def test_decimals_are_written_as_the_server_writes_them(ask: Ask, server: Server, url: str) -> None:
    dice = random.Random(3)
    numbers: list[int | float] = [0, 1, -1, 10**4, 10**16, -(2**63), 0.1, 1e-7, 1e300, -5e-324, 12345.6789, 10000.0001]
    numbers += [dice.uniform(-1, 1) * 10 ** dice.randrange(-20, 20) for _ in range(500)]
    numbers += [float("inf"), float("-inf")]
    with psycopg.connect(url) as connection:
        for number in numbers:
            text = repr(number).replace("inf", "Infinity")
            row = connection.execute(f"SELECT numeric_send('{text}')".encode()).fetchone()
            assert row is not None
            assert _without_scale(numeric.pack(number)) == _without_scale(row[0]), number


def _without_scale(payload: bytes) -> tuple[bytes, bytes]:
    """PostgreSQL keeps zeros at the end in mind (1.50): what we write has none."""
    return payload[:6], payload[8:]


def test_a_schema_without_the_tables_is_an_error(make: Make, data: Data, url: str) -> None:
    file = make("CREATE TABLE t (a); INSERT INTO t VALUES (1)")
    verified = data("verify", file, url)
    assert verified.exit_code == 2
    assert "none of the 1 tables of" in verified.output and "is in the schema public" in verified.output
    restored = data("restore", "new.db", url, "--like", file)
    assert restored.exit_code == 2
    assert "none of the 1 tables of the original is in the schema public" in restored.output
    assert not (file.parent / "new.db").exists()


def test_a_table_that_is_missing_comes_back_empty_and_is_told(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make("CREATE TABLE t (a); INSERT INTO t VALUES (1); CREATE TABLE u (a); INSERT INTO u VALUES (2)")
    assert data("copy", file, url, "--no-backup").exit_code == 0
    ask("DROP TABLE u")
    restored = data("restore", "new.db", url, "--like", file)
    assert restored.exit_code == 1
    assert "table u is not in PostgreSQL: it is empty here" in restored.output
