"""Odd definitions: each is ported whole, or what is left of it is said; the port applies and nothing drifts."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.rulebook import load
from sqlport.schema import down_sql, port_schema, read_source, up_sql
from sqlport.schema.drift import drift, on_server
from sqlport.sql import split

BOOK = load()
ODD = (Path(__file__).parents[2] / "fixtures" / "schemas" / "odd.sql").read_text(encoding="utf-8")
EMPTY = """
SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_extension WHERE extname <> 'plpgsql')
"""


def cases() -> list[tuple[str, str]]:
    """Each script with what the file says is left of it, as `kind name(columns)`."""
    found = []
    for part in ODD.split("\n-- === ")[1:]:
        expected, _, script = part.partition("\n")
        found.append((expected.removeprefix("whole").strip(), script))
    return found


def database(path: Path, script: str) -> Path:
    connection = sqlite3.connect(path)
    connection.create_function("my_check", 1, lambda value: 1, deterministic=True)
    connection.create_function("regexp", 2, lambda pattern, value: 1, deterministic=True)
    connection.create_collation("unicode_nocase", lambda left, right: (left > right) - (left < right))
    for piece in split(script):
        connection.execute(piece.span.of(script))
    connection.commit()
    connection.close()
    return path


@pytest.mark.parametrize(("left", "script"), cases(), ids=[script.strip()[:70] for _, script in cases()])
def test_nothing_is_lost_in_silence(tmp_path: Path, server: Server, left: str, script: str) -> None:
    source = read_source(database(tmp_path / "app.db", script), Config())
    schema = port_schema(source, Config().target, BOOK)
    sure, _ = on_server(schema, server)
    said = [f"{one.kind} {one.name or ','.join(one.columns)}" for one in sure.schema.not_ported]
    assert "; ".join(sorted(said)) == left
    assert all(one.reason for one in sure.schema.not_ported)
    with server.database(owner=server.owner) as name:
        with server.connect(name, user=server.owner or None) as connection:
            connection.execute(up_sql(sure.schema).encode())
        assert drift(source, schema, server.database_url(name), server).differences == ()
        with server.connect(name, user=server.owner or None) as connection:
            connection.execute(down_sql(sure.schema).encode())
            assert connection.execute(EMPTY).fetchone() == (0, 0, 0)
