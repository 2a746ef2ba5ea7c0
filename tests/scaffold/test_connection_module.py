"""The connection modules that `sqlport init` writes, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from sqlport.engines.server import Server
from sqlport.scaffold.templates import postgres, postgres_async


@pytest.fixture
def database(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with server.database() as name:
        url = server.database_url(name)
        monkeypatch.setenv("DATABASE_URL", url)
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE t (n bigint)")
        yield url
        postgres.close()


def test_a_block_is_a_transaction(database: str) -> None:
    with postgres.connection() as connection:
        connection.execute("INSERT INTO t VALUES (1)")
    with pytest.raises(ZeroDivisionError), postgres.connection() as connection:
        connection.execute("INSERT INTO t VALUES (2)")
        raise ZeroDivisionError
    with postgres.connection() as connection:
        assert connection.execute("SELECT n FROM t").fetchall() == [(1,)]


def test_the_environment_limits_connections_and_waiting(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_MAX_CONNECTIONS", "1")
    monkeypatch.setenv("DATABASE_ACQUIRE_TIMEOUT_SECS", "0.1")
    with postgres.connection(), pytest.raises(PoolTimeout), postgres.connection():
        pass
    assert postgres.metrics()["pool_max"] == 1


def test_a_slow_statement_is_cancelled(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_STATEMENT_TIMEOUT_SECS", "0.1")
    with pytest.raises(psycopg.errors.QueryCanceled), postgres.connection() as connection:
        connection.execute("SELECT pg_sleep(10)")


def test_a_transaction_that_collides_runs_again(database: str) -> None:
    tries = []

    @postgres.retrying
    def work() -> int:
        tries.append(1)
        if len(tries) < 3:
            raise psycopg.errors.SerializationFailure
        return len(tries)

    assert work() == 3


def test_other_errors_are_not_retried(database: str) -> None:
    tries = []

    @postgres.retrying
    def work() -> None:
        tries.append(1)
        with postgres.connection() as connection:
            connection.execute("SELECT 1 / 0")

    with pytest.raises(psycopg.errors.DivisionByZero):
        work()
    assert len(tries) == 1


def test_health_tells_both_ways(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert postgres.health().ok
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    sick = postgres.health(timeout=0.2)
    assert not sick.ok
    assert sick.error


@pytest.mark.parametrize(
    ("name", "value"),
    [("DATABASE_URL", ""), ("DATABASE_MAX_CONNECTIONS", "0"), ("DATABASE_ACQUIRE_TIMEOUT_SECS", "soon")],
)
@pytest.mark.parametrize("module", [postgres, postgres_async])
def test_a_wrong_setting_is_named(
    module: object, name: str, value: str, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(RuntimeError, match=name):
        module.settings()  # type: ignore[attr-defined]


def test_the_asynchronous_module_does_the_same(database: str) -> None:
    async def work() -> list[object]:
        async with postgres_async.connection() as connection:
            await connection.execute("INSERT INTO t VALUES (1)")
        with pytest.raises(ZeroDivisionError):
            async with postgres_async.connection() as connection:
                await connection.execute("INSERT INTO t VALUES (2)")
                raise ZeroDivisionError
        assert (await postgres_async.health()).ok
        assert (await postgres_async.metrics())["pool_max"] == 10
        try:
            async with postgres_async.connection() as connection:
                return list(await (await connection.execute("SELECT n FROM t")).fetchall())
        finally:
            await postgres_async.close()

    assert asyncio.run(work()) == [(1,)]
    assert asyncio.run(work()) == [(1,), (1,)]
