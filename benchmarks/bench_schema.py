"""How much of SQLite's DDL applies on PostgreSQL after `schema port`, beside stock sqlglot, and how fast.

`python -m benchmarks.bench_schema [--tables 1000] [--list] [--postgres SPEC]`: every CREATE of the cases in
`fixtures/constructs` (areas ddl, index, trigger, identifiers, typing) that SQLite itself accepts, one database for
each case; then the time to port, apply and compare a schema of many tables.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import time
from collections.abc import Iterator

import psycopg
import sqlglot

from sqlport.catalog import from_sqlite, is_definition
from sqlport.engines.postgres import throwaway
from sqlport.engines.server import Server
from sqlport.model import Target
from sqlport.rulebook import Rulebook, load
from sqlport.schema import Source, port_schema, up_sql
from sqlport.schema.drift import drift, on_server
from tests.constructs import FIXTURES

WHOLE = ("table", "index", "view", "trigger", "virtual table")
AREAS = ("ddl", "index", "trigger", "identifiers", "typing")


def main() -> None:
    """Print the figures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tables", type=int, default=1000, help="how many tables the timed schema has")
    options.add_argument("--list", action="store_true", help="list what does not apply")
    options.add_argument("--postgres", default="auto", help="the server, as for `sqlport verify`")
    chosen = options.parse_args()
    book = load()
    with throwaway(chosen.postgres) as server:
        print(f"on {server.info}")
        _constructs(server, book, listed=chosen.list)
        if chosen.tables:
            _timed(server, book, chosen.tables)


def _constructs(server: Server, book: Rulebook, *, listed: bool) -> None:
    total = ours = peer = drifted = 0
    for name, statements in _cases():
        made, source = _made(statements)
        total += len(made)
        sure, _ = on_server(port_schema(source, Target(), book), server)
        lost = [one for one in sure.schema.not_ported if one.kind in WHOLE]
        ours += len(made) - len(lost)
        peer += _peer(server, made)
        text = up_sql(sure.schema)
        with server.database(owner=server.owner) as database:
            with server.connect(database, user=server.owner or None) as connection:
                connection.execute(text.encode())
            found = drift(source, port_schema(source, Target(), book), server.database_url(database), server)
        drifted += bool(found.differences)
        if listed:
            for one in sure.schema.not_ported:
                print(f"  {name}: not ported {one.kind} {one.name} {one.columns}: {one.reason}")
            for difference in found.differences:
                print(f"  {name}: {difference}")
    print(f"{total} CREATE statements: sqlport {ours}, sqlglot {peer}; cases with drift after the port: {drifted}")


def _cases() -> Iterator[tuple[str, list[str]]]:
    """Id and statements of every case that has another schema than those before it."""
    seen: set[tuple[str, ...]] = set()
    for line in (FIXTURES / "constructs" / "cases.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        texts = [case.get("sqlite_setup") or [], case["sqlite"]]
        statements = [text for each in texts for text in ([each] if isinstance(each, str) else each)]
        definitions = tuple(text for text in statements if is_definition(text))
        if case["area"] in AREAS and definitions and definitions not in seen:
            seen.add(definitions)
            yield case["id"], statements


def _made(statements: list[str]) -> tuple[list[str], Source]:
    """The CREATEs that SQLite accepts and that are there at the end, and the schema that they make."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    accepted = []
    for sql in statements:
        try:
            connection.execute(sql)
        except (sqlite3.Error, sqlite3.Warning):
            continue
        if is_definition(sql) and sql.lstrip()[:6].upper() == "CREATE":
            accepted.append(sql)
    catalog = from_sqlite(connection).catalog
    kept = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}
    connection.close()
    return [sql for sql in accepted if _is_kept(sql, kept)], Source("constructs", "code", catalog)


def _is_kept(sql: str, kept: set[str]) -> bool:
    body = sql.partition("(")[2].strip() or sql.rsplit(maxsplit=1)[-1]
    return any(body in each for each in kept)


def _peer(server: Server, statements: list[str]) -> int:
    count = 0
    with server.database() as name, server.connect(name) as connection:
        for sql in statements:
            try:
                for text in sqlglot.transpile(sql, read="sqlite", write="postgres"):
                    connection.execute(text.encode())
                count += 1
            except (sqlglot.errors.SqlglotError, psycopg.Error):
                continue
    return count


def _tables(count: int) -> Iterator[str]:
    for number in range(count):
        refers = f", parent INTEGER REFERENCES t{number - 1}(id) ON DELETE CASCADE" if number else ""
        yield (
            f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT '',"
            " price REAL DEFAULT 0, email VARCHAR(80) COLLATE NOCASE UNIQUE, active BOOLEAN NOT NULL DEFAULT 1,"
            f" created DATETIME DEFAULT CURRENT_TIMESTAMP, data BLOB, note TEXT CHECK (length(note) < 100){refers})"
        )


def _timed(server: Server, book: Rulebook, count: int) -> None:
    start = time.perf_counter()
    _, source = _made(list(_tables(count)))
    read = time.perf_counter()
    ported = port_schema(source, Target(), book)
    made = time.perf_counter()
    with server.database(owner=server.owner) as name:
        with server.connect(name, user=server.owner or None) as connection:
            connection.execute(up_sql(ported).encode())
        applied = time.perf_counter()
        found = drift(source, ported, server.database_url(name), server)
    end = time.perf_counter()
    print(
        f"{count} tables: read {read - start:.1f} s, port {made - read:.1f} s, apply {applied - made:.1f} s,"
        f" diff {end - applied:.1f} s, {len(found.differences)} differences"
    )


if __name__ == "__main__":
    main()
