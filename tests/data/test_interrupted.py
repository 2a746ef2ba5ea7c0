"""A copy that dies at any moment: what is seen is all or nothing, and going on ends with exactly the same rows."""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from sqlport.config import Config
from sqlport.data import staging
from sqlport.data.copying import copy
from sqlport.data.job import Copied, Event, Wish
from sqlport.data.policy import Policies, parse_policies
from sqlport.data.verifying import Verified, verify
from sqlport.engines.postgres import throwaway
from sqlport.engines.server import connect
from sqlport.model import SqlportError, Target
from sqlport.rulebook import load
from sqlport.schema import PortedSchema, Source, port_schema, read_source
from tests.data.conftest import Ask

SCRIPT = """
CREATE TABLE a (id INTEGER PRIMARY KEY, t TEXT, r REAL, u TEXT UNIQUE);
CREATE TABLE b (k TEXT, i INTEGER, a INTEGER REFERENCES a (id), PRIMARY KEY (k, i)) WITHOUT ROWID;
CREATE TABLE c (x BLOB);
CREATE INDEX b_a ON b (a);
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO a SELECT i * 3, CASE WHEN i % 7 THEN 'text ' || i END, i / 3.0, i FROM n;
INSERT INTO b SELECT 'k' || (id % 10), id, id FROM a;
INSERT INTO c SELECT zeroblob(id % 100) FROM a; -- no key: a row that comes twice would show
"""
SMALL = Wish(batch=20_000)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    file = tmp_path_factory.mktemp("source") / "app.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCRIPT)
        connection.commit()
    return read_source(file, Config(root=file.parent))


@pytest.fixture(scope="module")
def parts(source: Source) -> PortedSchema:
    return port_schema(source, Target(), load())


def nothing(name: str, about: Mapping[str, object]) -> None:
    pass


def run(source: Source, parts: PortedSchema, url: str, wish: Wish = SMALL, event: Event = nothing) -> Copied:
    with connect(url) as connection:
        return copy(source, connection, lambda: parts, wish, event)


def compared(source: Source, url: str) -> Verified:
    with connect(url) as connection:
        return verify(source, connection, "public", Policies(), frozenset(), nothing)


def tables(ask: Ask) -> int:
    ((count,),) = ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")
    assert isinstance(count, int)
    return count


def resumed(wish: Wish = SMALL) -> Wish:
    return Wish(batch=wish.batch, resumable=wish.resumable, resume=True)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_killed_at_twenty_random_moments_and_resumed(source: Source, parts: PortedSchema, ask: Ask, url: str) -> None:
    assert source.path is not None
    before = source.path.read_bytes()
    since = time.monotonic()
    run(source, parts, url)
    whole = time.monotonic() - since
    ask("DROP TABLE a, b, c")
    dice, kills, resumes = random.Random(8), 0, []
    while kills < 20:
        child = os.fork()
        if child == 0:
            try:
                run(source, parts, url, resumed())
            finally:
                os._exit(0)
        time.sleep(dice.uniform(0.01, whole))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
        if tables(ask):
            assert compared(source, url).same
            ask("DROP TABLE a, b, c")
    run(source, parts, url, resumed(), lambda name, about: resumes.append(name))
    found = compared(source, url)
    assert found.same, list(found.lines())
    assert [verdict.postgres for verdict in found.verdicts] == [5000, 5000, 5000]
    assert ask("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'sqlport%'") == [(0,)]
    assert source.path.read_bytes() == before


def read_bytes(source: Source) -> bytes:
    assert source.path is not None
    return source.path.read_bytes()


def larger(source: Source) -> Source:
    """The same tables with more rows."""
    assert source.path is not None
    file = source.path.with_name("larger.db")
    file.write_bytes(source.path.read_bytes())
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("INSERT INTO c SELECT randomblob(1000) FROM a")
        connection.commit()
    return read_source(file, Config(root=file.parent))


class StopError(Exception):
    """Raised by an event, as a process that dies there."""


def stopping(at: int, name: str = "rows", do: Callable[[], None] | None = None) -> Event:
    count = 0

    def event(told: str, about: Mapping[str, object]) -> None:
        nonlocal count
        count += told == name
        if told == name and count == at:
            if do is None:
                raise StopError
            do()

    return event


@pytest.mark.parametrize(("name", "at"), [("rows", 2), ("rows", 12), ("validated", 2), ("behind", 4), ("swap", 1)])
def test_resumed_it_goes_on_and_restarted_it_begins_anew(
    source: Source, parts: PortedSchema, ask: Ask, url: str, name: str, at: int
) -> None:
    with pytest.raises(StopError):
        run(source, parts, url, SMALL, stopping(at, name))
    assert tables(ask) == 0
    events: list[tuple[str, Mapping[str, object]]] = []
    run(source, parts, url, resumed(), lambda told, about: events.append((told, about)))
    assert events[0] == ("resumed", {})
    again = sum(told == "rows" for told, _ in events)
    assert compared(source, url).same
    ask("DROP TABLE a, b, c")
    with pytest.raises(StopError):
        run(source, parts, url, SMALL, stopping(at, name))
    events.clear()
    run(source, parts, url, SMALL, lambda told, about: events.append((told, about)))
    assert events[0] == ("restarted", {"same": True})
    assert sum(told == "rows" for told, _ in events) > again
    assert compared(source, url).same


def test_another_file_is_not_mixed_into_an_unfinished_copy(
    source: Source, parts: PortedSchema, ask: Ask, url: str, tmp_path: Path
) -> None:
    assert source.path is not None
    with pytest.raises(StopError):
        run(source, parts, url, SMALL, stopping(10))
    other = tmp_path / "other.db"
    other.write_bytes(source.path.read_bytes())
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("DELETE FROM a WHERE id = 3")
        connection.commit()
    changed = read_source(other, Config(root=tmp_path))
    events: list[tuple[str, Mapping[str, object]]] = []
    run(changed, parts, url, Wish(batch=20_000, resume=True, indexes=False), lambda *told: events.append(told))
    assert events[0] == ("restarted", {"same": False})
    assert compared(changed, url).same


def test_the_server_crashes_in_the_middle(source: Source, parts: PortedSchema) -> None:
    with throwaway("embedded") as server:
        with server.connect() as connection:
            pid = connection.info.backend_pid

            def crash() -> None:
                os.kill(pid, signal.SIGKILL)  # PostgreSQL then ends every session, and recovers from its log
                time.sleep(0.3)

            with pytest.raises(SqlportError, match="--resume goes on"):
                copy(source, connection, lambda: parts, SMALL, stopping(15, do=crash))
        for _ in range(50):
            try:
                run(source, parts, server.url, resumed())
                break
            except SqlportError:
                time.sleep(0.1)  # it recovers
        assert compared(source, server.url).same


def test_the_connection_is_cut(source: Source, parts: PortedSchema, ask: Ask, url: str) -> None:
    def cut() -> None:
        ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query <> ''")

    with pytest.raises(SqlportError, match="terminating connection"):
        run(source, parts, url, SMALL, stopping(15, do=cut))
    assert tables(ask) == 0
    run(source, parts, url, resumed())
    assert compared(source, url).same


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on a file's size stands in for a full disk")
def test_the_disk_is_full(source: Source, parts: PortedSchema) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, limits[1]))
    try:
        with throwaway("embedded") as server:  # it inherits the limit
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
            with server.connect() as connection:
                connection.execute("CREATE TABLE other (i int); INSERT INTO other VALUES (1)")
            before = read_bytes(source)
            with pytest.raises(SqlportError, match="could not extend file"):
                run(larger(source), parts, server.url)
            assert read_bytes(source) == before
            with server.connect() as connection:
                found = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
                assert found.fetchall() == [("other",)]
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_two_copies_at_once(source: Source, parts: PortedSchema, ask: Ask, url: str) -> None:
    with connect(url) as first:
        staging.lock(first, "public")
        with (
            connect(url) as second,
            pytest.raises(SqlportError, match="another copy into the schema public is at work"),
        ):
            staging.lock(second, "public", patience=0.2)
    run(source, parts, url)
    assert compared(source, url).same


DDL = """
CREATE TABLE a (id bigint PRIMARY KEY, t text, r double precision, u text UNIQUE);
CREATE TABLE b (k text, i bigint, a bigint REFERENCES a (id), PRIMARY KEY (k, i));
CREATE TABLE c (x bytea);
"""


def test_into_tables_that_are_there_it_is_all_or_nothing(
    source: Source, parts: PortedSchema, ask: Ask, url: str
) -> None:
    ask(DDL)
    with pytest.raises(StopError):
        run(source, parts, url, SMALL, stopping(12))
    assert ask("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM b), (SELECT count(*) FROM c)") == [(0, 0, 0)]
    assert ask("SELECT count(*) FROM pg_constraint WHERE contype = 'f'") == [(1,)]
    with pytest.raises(SqlportError, match="no unfinished copy"):
        run(source, parts, url, resumed())


@pytest.mark.parametrize(("name", "at"), [("rows", 2), ("rows", 12), ("validated", 3)])
def test_into_tables_that_are_there_it_is_resumable_when_asked(
    source: Source, parts: PortedSchema, ask: Ask, url: str, name: str, at: int
) -> None:
    ask(DDL)
    wish = Wish(batch=20_000, resumable=True)
    with pytest.raises(StopError):
        run(source, parts, url, wish, stopping(at, name))
    assert ask("SELECT count(*) > 0 FROM a") == [(True,)]
    with psycopg.connect(url) as held:  # another session that reads is not in the way
        held.execute("SELECT 1")
        run(source, parts, url, resumed(wish))
    assert compared(source, url).same
    assert ask("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND convalidated") == [(1,)]
    assert ask("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'sqlport%'") == [(0,)]


@pytest.mark.parametrize(("name", "at"), [("rows", 3), ("validated", 1)])
def test_rows_that_were_refused_before_it_died_are_known_when_it_goes_on(
    source: Source, parts: PortedSchema, ask: Ask, url: str, name: str, at: int
) -> None:
    ask(DDL.replace("u text UNIQUE", "u text UNIQUE CHECK (u <> '7')"))
    wish = Wish(batch=20_000, resumable=True, policies=parse_policies("reject", ()))
    with pytest.raises(StopError):
        run(source, parts, url, wish, stopping(at, name))
    copied = run(source, parts, url, replace(wish, resume=True))
    assert [(misfit.table, misfit.row) for misfit in copied.misfits] == [("a", "id = 21"), ("b", "k = k1, i = 21")]
    assert [loaded.rows for _, loaded in copied.tables] == [4999, 5000, 5000]
