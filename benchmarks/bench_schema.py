"""How much of SQLite's DDL arrives on PostgreSQL with `schema port`, beside stock sqlglot and pgloader, and how fast.

`python -m benchmarks.bench_schema [--tables 1000] [--list] [--postgres SPEC] [--pgloader PROGRAM] [DATABASE ...]`:
every CREATE of the cases in `fixtures/constructs` (areas ddl, index, trigger, identifiers, typing) that SQLite itself
accepts, one database for each case; then all tools on the SQLite files that are named, and on one of our own, with what
`schema diff` finds afterwards; then the CPU seconds to port and compare a schema of many tables.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import psycopg
import sqlglot

from sqlport.catalog import from_sqlite, is_definition
from sqlport.config import Config
from sqlport.engines.postgres import throwaway
from sqlport.engines.server import Server
from sqlport.model import Target
from sqlport.rulebook import Rulebook, load
from sqlport.schema import Source, port_schema, read_source, up_sql
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
    options.add_argument("--pgloader", default=shutil.which("pgloader") or "", help="the program, where it is")
    options.add_argument("databases", nargs="*", type=Path, help="SQLite files for all tools")
    chosen = options.parse_args()
    book = load()
    with throwaway(chosen.postgres) as server:
        print(f"on {server.info}")
        _constructs(server, book, listed=chosen.list)
        with TemporaryDirectory() as folder:
            for path in (*chosen.databases, _mixed(Path(folder) / "mixed.db")):
                _side_by_side(server, book, path, chosen.pgloader, listed=chosen.list)
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
    with server.database() as name, server.connect(name) as connection:
        return sum(_transpiled(connection, sql) for sql in statements)


def _transpiled(connection: psycopg.Connection[Any], sql: str) -> bool:
    """Whether stock sqlglot's text of a statement applies."""
    try:
        for text in sqlglot.transpile(sql, read="sqlite", write="postgres"):
            connection.execute(text.encode())
    except (sqlglot.errors.SqlglotError, psycopg.Error):
        return False
    return True


MIXED = """
CREATE TABLE account (id INTEGER PRIMARY KEY, email VARCHAR(80) NOT NULL COLLATE NOCASE UNIQUE, born DATE,
    active BOOLEAN NOT NULL DEFAULT 1 CHECK (active IN (0, 1)), balance DECIMAL(10, 2) DEFAULT 0, big INT,
    made DATETIME DEFAULT CURRENT_TIMESTAMP, "order" INTEGER, picture BLOB, score REAL);
CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, account_id INTEGER NOT NULL,
    reply_to INTEGER REFERENCES message (id) ON DELETE SET NULL, body TEXT CHECK (length(body) < 1000),
    state TEXT DEFAULT 'new', words INTEGER AS (length(body)) STORED,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE label (name TEXT, kind TEXT, PRIMARY KEY (name, kind)) WITHOUT ROWID;
CREATE INDEX message_state ON message (state, id DESC) WHERE state <> 'done';
CREATE INDEX account_lower ON account (lower(email));
CREATE UNIQUE INDEX label_kind ON label (kind, name);
CREATE VIEW busy AS SELECT a.email, count(*) AS n FROM account a JOIN message m ON m.account_id = a.id GROUP BY a.id;
CREATE TRIGGER touched AFTER UPDATE ON message BEGIN
    UPDATE account SET made = datetime('now') WHERE id = NEW.account_id;
END;
INSERT INTO account (id, email, big) VALUES (7, 'a@b', 5000000000);
"""


def _mixed(path: Path) -> Path:
    """A small schema with one of each kind."""
    connection = sqlite3.connect(path)
    connection.executescript(MIXED)
    connection.close()
    return path


def _side_by_side(server: Server, book: Rulebook, path: Path, pgloader: str, *, listed: bool) -> None:
    """What `schema diff` finds after each tool has made the schema of one file."""
    source = read_source(path, Config())
    ported = port_schema(source, Target(), book)
    sure, _ = on_server(ported, server)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        texts = [sql for (sql,) in rows]
    for tool in ("sqlport", "sqlglot", "pgloader") if pgloader else ("sqlport", "sqlglot"):
        with server.database() as name:
            note = ""
            if tool == "pgloader":
                note = _loaded(pgloader, path, server.database_url(name))
            else:
                with server.connect(name) as target:
                    if tool == "sqlport":
                        target.execute(up_sql(sure.schema).encode())
                    else:
                        note = f"{sum(_transpiled(target, sql) for sql in texts)} of {len(texts)} statements apply"
            found = drift(source, ported, server.database_url(name), server)
        kinds = Counter(f"{each.what} {each.kind}" for each in found.differences)
        shown = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
        left = f", {len(found.known)} said to be left" if tool == "sqlport" and found.known else ""
        print(f"{path.name}: {tool}{f' ({note})' if note else ''}: {len(found.differences)} differences{left} {shown}")
        if listed:
            print("".join(f"    {each}\n" for each in found.differences), end="")


def _loaded(program: str, path: Path, url: str) -> str:
    """Make tables, rows and keys with pgloader's own casts; the first error that it tells."""
    host = re.search(r"host=([^&]+)", url)
    if host:  # pgloader writes a socket's folder between the user and the database
        port = re.search(r"port=(\d+)", url)
        user = re.search(r"//([^@/]+)@", url)
        database = url.partition("?")[0].rpartition("/")[2]
        place = f"unix:{unquote(host[1])}:{port[1] if port else 5432}"
        url = f"pgsql://{user[1] if user else 'postgres'}@{place}/{database}"
    script = f"LOAD DATABASE FROM sqlite://{path} INTO {url} WITH create tables, create indexes, foreign keys;"
    with NamedTemporaryFile("w", suffix=".load") as file:
        file.write(script)
        file.flush()
        command = [program, file.name]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
            )
        except subprocess.TimeoutExpired:  # its debugger waits where it did not expect an error
            return "does not come to an end"
    said = [line for line in (done.stdout + done.stderr).splitlines() if " ERROR " in line or " FATAL " in line]
    return said[0].split(" ", 1)[-1].strip() if said else ""


def _tables(count: int) -> Iterator[str]:
    for number in range(count):
        refers = f", parent INTEGER REFERENCES t{number - 1}(id) ON DELETE CASCADE" if number else ""
        yield (
            f"CREATE TABLE t{number} (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT '',"
            " price REAL DEFAULT 0, email VARCHAR(80) COLLATE NOCASE UNIQUE, active BOOLEAN NOT NULL DEFAULT 1,"
            f" created DATETIME DEFAULT CURRENT_TIMESTAMP, data BLOB, note TEXT CHECK (length(note) < 100){refers})"
        )


def _timed(server: Server, book: Rulebook, count: int) -> None:
    """CPU seconds of this process; the server's own come on top and are the same for every client."""
    times = [time.process_time()]
    _, source = _made(list(_tables(count)))
    times.append(time.process_time())
    ported = port_schema(source, Target(), book)
    times.append(time.process_time())
    with server.database(owner=server.owner) as name:
        with server.connect(name, user=server.owner or None) as connection:
            connection.execute(up_sql(ported).encode())
        times.append(time.process_time())
        found = drift(source, ported, server.database_url(name), server)
    times.append(time.process_time())
    read, port, apply, diff = (after - before for before, after in pairwise(times))
    print(
        f"{count} tables in CPU seconds: read {read:.1f}, port {port:.1f}, apply {apply:.1f}, diff {diff:.1f},"
        f" all {sum((read, port, apply, diff)):.1f}; {len(found.differences)} differences"
    )


if __name__ == "__main__":
    main()
