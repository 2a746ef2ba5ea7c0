"""34 small SQLite files, each with something that a move to PostgreSQL can lose, and what each tool makes of them.

`python -m benchmarks.traps`: sqlport, and pgloader and Sequel (`sequel -C`) where they are installed, each file into an
empty database of its own.
A tool may bring all rows as they are, or refuse and say so by its exit code; what it must not do is to end with 0 and
other rows.
"""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Final

import psycopg

from sqlport.engines.postgres import throwaway

TRAPS: Final[Mapping[str, str]] = {
    "text in INTEGER": "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), ('abc'), ('12abc'), (4)",
    "empty text in INTEGER": "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (''), (3)",
    "decimals in INTEGER": "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (1.5), (3)",
    "more than 64 bits": "CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1), (1e20), (-9223372036854775808)",
    "64 bits in INT": "CREATE TABLE t (a INT); INSERT INTO t VALUES (1), (9223372036854775807)",
    "300 in TINYINT": "CREATE TABLE t (a TINYINT); INSERT INTO t VALUES (1), (300)",
    "words in BOOLEAN": "CREATE TABLE t (a BOOLEAN); INSERT INTO t VALUES (1), (0), ('t'), ('yes')",
    "2 in BOOLEAN": "CREATE TABLE t (a BOOLEAN); INSERT INTO t VALUES (1), (0), (2), (NULL)",
    "infinity": "CREATE TABLE t (a REAL); INSERT INTO t VALUES (9e999), (-9e999), (1.5)",
    "doubles to the last bit": "CREATE TABLE t (a REAL); INSERT INTO t VALUES (0.1), (1e300), (1.0 / 3), (123456.789)",
    "NUL in TEXT": "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x'), (CAST(x'610062' AS TEXT))",
    "no UTF-8": "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x'), (CAST(x'61e962' AS TEXT))",
    "BLOB in TEXT": "CREATE TABLE t (a TEXT); INSERT INTO t VALUES ('x'), (x'00ff')",
    "TEXT in BLOB": "CREATE TABLE t (a BLOB); INSERT INTO t VALUES (x'00ff'), ('text'), ('dGV4dA==')",
    "dates as ISO text": "CREATE TABLE t (a DATE); INSERT INTO t VALUES ('2024-01-02'), ('0001-01-01')",
    "dates as seconds": "CREATE TABLE t (a DATETIME); INSERT INTO t VALUES (1704164645), (0)",
    "dates as milliseconds": "CREATE TABLE t (a DATETIME); INSERT INTO t VALUES (1704164645123)",
    "dates as Julian days": "CREATE TABLE t (a DATETIME); INSERT INTO t VALUES (2460311.625)",
    "empty text in DATE": "CREATE TABLE t (a DATE); INSERT INTO t VALUES ('2024-01-02'), ('')",
    "VARCHAR(3) with more": "CREATE TABLE t (a VARCHAR(3)); INSERT INTO t VALUES ('abc'), ('abcdef')",
    "DECIMAL with more": "CREATE TABLE t (a DECIMAL(5, 2)); INSERT INTO t VALUES (1.25), (1.005), (123456)",
    "no type": "CREATE TABLE t (a, b ANY); INSERT INTO t VALUES ('x', 'y'), ('1', '')",
    "odd types": "CREATE TABLE t (a LONG LONG INT, b FLUFF(3), c UNSIGNED BIG INT); INSERT INTO t VALUES (1, 'x', 3)",
    "NOCASE UNIQUE": "CREATE TABLE t (a TEXT COLLATE NOCASE UNIQUE); INSERT INTO t VALUES ('x'), ('Y'), (NULL)",
    "generated columns": "CREATE TABLE t (a INT, b INT AS (a * 2) STORED, c TEXT AS (a)); INSERT INTO t (a) VALUES (4)",
    "NULL in PRIMARY KEY": "CREATE TABLE t (a TEXT PRIMARY KEY); INSERT INTO t VALUES ('x'), (NULL), (NULL)",
    "orphans": (
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (a INTEGER REFERENCES p (id));"
        "INSERT INTO p VALUES (1); INSERT INTO t VALUES (1), (9)"
    ),
    "keys in a circle": (
        "CREATE TABLE p (id INTEGER PRIMARY KEY, t INTEGER REFERENCES t (id));"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p (id));"
        "INSERT INTO p VALUES (1, 2); INSERT INTO t VALUES (2, 1)"
    ),
    "indexes": (
        "CREATE TABLE t (a TEXT, b INTEGER); CREATE INDEX i ON t (lower(a), b DESC) WHERE b > 0;"
        "INSERT INTO t VALUES ('x', 1)"
    ),
    "STRICT": "CREATE TABLE t (a INTEGER, b TEXT) STRICT; INSERT INTO t VALUES (1, 'x')",
    "default (1 + 1)": "CREATE TABLE t (a INTEGER DEFAULT (1 + 1), b TEXT DEFAULT 'x'); INSERT INTO t DEFAULT VALUES",
    "a name of 70 letters": f"CREATE TABLE {'t' * 70} ({'c' * 70} TEXT); INSERT INTO {'t' * 70} VALUES ('x')",
    "reserved and mixed case": (
        'CREATE TABLE "Order" ("select" TEXT, "Some Name" INT, "a""b" REAL); INSERT INTO "Order" VALUES (\'x\', 1, 2)'
    ),
    "WITHOUT ROWID": "CREATE TABLE t (a TEXT, b INT, PRIMARY KEY (b, a)) WITHOUT ROWID; INSERT INTO t VALUES ('x', 1)",
}


def make(file: Path, script: str) -> None:
    """Write the file of a trap."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(script)
        connection.commit()


def is_same(file: Path, url: str) -> bool:
    """Whether PostgreSQL has the tables and rows of the file, types apart; without sqlport's own comparison."""
    with closing(sqlite3.connect(file)) as ours, psycopg.connect(url) as theirs:
        ours.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
        for (name,) in ours.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            row = theirs.execute(
                "SELECT quote_ident(relname) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND lower(relname) = lower(%s)",
                (name[:63],),
            ).fetchone()
            if row is None:
                return False
            quoted = name.replace('"', '""')
            left = sorted(
                repr([_plain(each) for each in values]) for values in ours.execute(f'SELECT * FROM "{quoted}"')
            )
            try:
                found = theirs.execute(f"SELECT * FROM {row[0]}".encode()).fetchall()
            except psycopg.DataError:  # milliseconds taken for seconds are in a year that Python does not have
                return False
            if left != sorted(repr([_plain(each) for each in values]) for values in found):
                return False
    return True


def _plain(value: object) -> object:
    """A value without its type: 1, 1.0, true and Decimal('1') are one, a date is its ISO text."""
    if isinstance(value, (bool, int)):
        return float(value) if abs(value) < 2**53 else value
    if isinstance(value, (float, Decimal)):
        return float(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return value


def _sqlport(file: Path, url: str) -> int:
    command = [sys.executable, "-m", "sqlport", "data", "copy", str(file), url, "--isolated", "--no-backup"]
    return subprocess.run(command, capture_output=True, check=False).returncode


def _pgloader(file: Path, url: str) -> int:
    host = url.partition("host=")[2].partition("&")[0].replace("%2F", "/")
    name = url.partition("?")[0].rpartition("/")[2]
    target = f"pgsql://postgres@unix:{host}:5432/{name}"
    command = ["pgloader", "--root-dir", str(file.parent), str(file), target]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=25).returncode
    except subprocess.TimeoutExpired:
        return 124


def _sequel(file: Path, url: str) -> int:
    query = url.partition("?")[2]
    target = f"postgres:///{url.partition('?')[0].rpartition('/')[2]}?user=postgres&{query}"
    return subprocess.run(["sequel", "-C", f"sqlite://{file}", target], capture_output=True, check=False).returncode


def main() -> None:
    """Print what each tool makes of each trap."""
    peers = {"pgloader": _pgloader, "sequel": _sequel}
    tools = {"sqlport": _sqlport, **{name: tool for name, tool in peers.items() if shutil.which(name)}}
    totals = {name: {"same": 0, "refused": 0, "LOST": 0} for name in tools}
    with throwaway("embedded") as server, tempfile.TemporaryDirectory() as folder:
        for trap, script in TRAPS.items():
            line = f"{trap:26}"
            for name, tool in tools.items():
                file = Path(folder) / "trap.db"
                file.unlink(missing_ok=True)
                make(file, script)
                with server.database() as database:
                    url = server.database_url(database)
                    code = tool(file, url)
                    verdict = "same" if is_same(file, url) else "refused" if code else "LOST"
                totals[name][verdict] += 1
                line += f"{name} {verdict} (exit {code})   "
            print(line, flush=True)
    print(totals)


if __name__ == "__main__":
    main()
