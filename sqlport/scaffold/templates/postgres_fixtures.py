"""A clean PostgreSQL database for each test, copied from a template that the migrations made once.

The server is the one of DATABASE_URL: `make postgres-up` starts one, `sqlport postgres run -- pytest` lends one.
A test asks for `database`, which is the URL of its own database and in DATABASE_URL while it runs.
"""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import conninfo, sql

MIGRATIONS = "migrations"
"""The folder with `*.up.sql`, below pytest's root; `sqlport schema port SOURCE --out migrations` writes them."""

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def database_template(pytestconfig: pytest.Config) -> Iterator[str]:
    """The name of a database with the application's schema; every process of pytest-xdist has its own."""
    server = os.environ.get("DATABASE_URL")
    if not server:
        pytest.fail("DATABASE_URL is not set: `make postgres-up`, or `sqlport postgres run -- pytest`", pytrace=False)
    scripts = sorted((pytestconfig.rootpath / MIGRATIONS).glob("*.up.sql"))
    if not scripts:
        pytest.fail(f"no *.up.sql in {pytestconfig.rootpath / MIGRATIONS}: `sqlport schema port`", pytrace=False)
    name = f"test_{uuid.uuid4().hex[:12]}"
    _run(server, "CREATE DATABASE {}", name)
    try:
        with psycopg.connect(_url(server, name), autocommit=True) as connection:
            for script in scripts:
                connection.execute(script.read_bytes())
        yield name
    finally:
        _run(server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database(database_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a database of the test's own, with the schema and no rows but those of the migrations."""
    server = os.environ["DATABASE_URL"]
    name = f"{database_template}_{next(_numbers)}"
    _run(server, "CREATE DATABASE {} TEMPLATE {}", name, database_template)
    url = _url(server, name)
    monkeypatch.setenv("DATABASE_URL", url)
    try:
        yield url
    finally:
        _run(server, "DROP DATABASE {} WITH (FORCE)", name)


def _url(server: str, name: str) -> str:
    return conninfo.make_conninfo(server, dbname=name)


def _run(server: str, statement: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
