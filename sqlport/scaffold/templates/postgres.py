"""Connections to PostgreSQL: one pool for the process, opened at first use.

DATABASE_URL has to be set; DATABASE_MAX_CONNECTIONS (10), DATABASE_ACQUIRE_TIMEOUT_SECS (30) and
DATABASE_STATEMENT_TIMEOUT_SECS (60, 0 for none) may be.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import errors
from psycopg_pool import ConnectionPool
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_random_exponential

Connection = psycopg.Connection[Any]

TRANSIENT = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.AdminShutdown,
    errors.CannotConnectNow,
    errors.ConnectionFailure,
)
"""What goes away when the transaction is run again; SQLite's "database is locked" has its place here."""

retrying = retry(
    retry=retry_if_exception_type(TRANSIENT),
    wait=wait_random_exponential(multiplier=0.05, max=2),
    stop=stop_after_attempt(5),
    reraise=True,
)
"""Decorates a function that runs a whole transaction: it is called again, up to five times, when that fails for
a reason of `TRANSIENT`."""


@dataclass(frozen=True)
class Settings:
    """What the environment says; times in seconds."""

    url: str
    max_connections: int
    acquire_timeout: float
    statement_timeout: float


@dataclass(frozen=True)
class Health:
    """Whether a statement could be run, how long that took in seconds, and else why not."""

    ok: bool
    seconds: float
    error: str = ""


def settings() -> Settings:
    """The settings of the environment. Raises RuntimeError naming the variable that is missing or no number."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        raise RuntimeError("DATABASE_URL is not set; it names the database: postgresql://user:password@host/name")
    return Settings(
        url,
        int(_number("DATABASE_MAX_CONNECTIONS", 10, at_least=1)),
        _number("DATABASE_ACQUIRE_TIMEOUT_SECS", 30),
        _number("DATABASE_STATEMENT_TIMEOUT_SECS", 60),
    )


def _number(name: str, default: float, at_least: float = 0) -> float:
    text = os.environ.get(name) or str(default)
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not at_least <= value < float("inf"):
        raise RuntimeError(f"{name} is {text!r}; it has to be a number of at least {at_least:g}")
    return value


_lock = threading.Lock()
_pools: dict[Settings, ConnectionPool[Connection]] = {}


def pool() -> ConnectionPool[Connection]:
    """The pool of the process; when the environment names another database, a new one takes its place."""
    wanted = settings()
    with _lock:
        if wanted not in _pools:
            _close()
            _pools[wanted] = _pool(wanted)
        return _pools[wanted]


def _pool(wanted: Settings) -> ConnectionPool[Connection]:
    def configure(connection: Connection) -> None:
        milliseconds = str(int(wanted.statement_timeout * 1000))
        connection.execute("SELECT set_config('statement_timeout', %s, false)", (milliseconds,))
        connection.commit()

    return ConnectionPool(
        wanted.url,
        min_size=1,
        max_size=wanted.max_connections,
        timeout=wanted.acquire_timeout,
        configure=configure,
        check=ConnectionPool.check_connection,
        name="app",
        open=True,
    )


@contextmanager
def connection() -> Iterator[Connection]:
    """A connection of the pool for one transaction: committed at the end, rolled back when an exception leaves.

    Raises psycopg_pool.PoolTimeout when none becomes free in time.
    """
    with pool().connection() as borrowed:
        yield borrowed


def health(timeout: float = 2.0) -> Health:
    """Whether the database answers within `timeout` seconds; never raises for the database's sake."""
    begun = time.monotonic()
    try:
        with pool().connection(timeout=timeout) as borrowed:
            borrowed.execute("SELECT 1")
    except psycopg.Error as error:  # the pool's errors are among them
        return Health(False, time.monotonic() - begun, str(error) or type(error).__name__)
    return Health(True, time.monotonic() - begun)


def metrics() -> dict[str, int]:
    """The pool's numbers, for a monitor: size, connections free, requests waiting, errors, ...

    https://www.psycopg.org/psycopg3/docs/advanced/pool.html#pool-stats
    """
    return pool().get_stats()


def close() -> None:
    """Close the pool, at the end of the process or before a fork."""
    with _lock:
        _close()


def _close() -> None:
    while _pools:
        _pools.popitem()[1].close()
