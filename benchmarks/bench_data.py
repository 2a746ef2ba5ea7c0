"""How many CPU seconds it costs to move a database of 2 million rows and 380 MB, beside the limit and other tools.

`python -m benchmarks.bench_data [--rounds 3] [--rows 1.0] [--only NAME]`: CPU seconds of client and server together,
since wall time says little on a busy machine; the least and the median of the rounds, and their ratio to the limit (a
client that forwards a prepared binary COPY file). pgloader runs where it is installed.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlport.config import Config
from sqlport.data.match import Matched, from_port
from sqlport.data.plan import exact
from sqlport.data.policy import Policies
from sqlport.data.source import snapshot
from sqlport.data.streams import of_sqlite
from sqlport.data.wire import SIGNATURE, TRAILER
from sqlport.engines.postgres import throwaway
from sqlport.engines.server import Server
from sqlport.model import Target
from sqlport.rulebook import load
from sqlport.schema import Loading, loading, port_schema, read_source

SCHEMA = """
CREATE TABLE customer (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, city TEXT, created DATETIME, credit REAL
);
CREATE TABLE product (id INTEGER PRIMARY KEY, sku TEXT UNIQUE, title TEXT, price REAL, active BOOLEAN);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer INTEGER NOT NULL REFERENCES customer (id), placed DATE, total REAL, status TEXT,
    note TEXT
);
CREATE TABLE item (
    id INTEGER PRIMARY KEY, orders INTEGER NOT NULL REFERENCES orders (id),
    product INTEGER NOT NULL REFERENCES product (id), quantity INTEGER, price REAL
);
CREATE TABLE document (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer (id), name TEXT, body BLOB);
CREATE TABLE event (id INTEGER PRIMARY KEY, at DATETIME, kind TEXT, payload TEXT);
CREATE TABLE setting (scope TEXT, name TEXT, value TEXT, PRIMARY KEY (scope, name)) WITHOUT ROWID;
CREATE INDEX orders_customer ON orders (customer);
CREATE INDEX item_orders ON item (orders);
CREATE INDEX item_product ON item (product);
CREATE UNIQUE INDEX customer_email ON customer (email);
CREATE INDEX event_at ON event (at);
"""
COUNTS = {
    "customer": 100_000,
    "product": 20_000,
    "orders": 500_000,
    "item": 1_000_000,
    "document": 30_000,
    "event": 300_000,
    "setting": 50_000,
}
_WORDS = "lorem ipsum dolor sit amet consetetur sadipscing elitr sed diam nonumy eirmod tempor invidunt ut".split()


def make(file: Path, scale: float = 1.0) -> None:
    """Write the database; the same rows every time."""
    dice = random.Random(380)
    many = {table: max(10, int(count * scale)) for table, count in COUNTS.items()}

    def text(words: int) -> str:
        return " ".join(dice.choices(_WORDS, k=words))

    def moment() -> str:
        return f"20{dice.randrange(10, 26)}-{dice.randrange(1, 13):02}-{dice.randrange(1, 29):02}"

    def rows(table: str) -> Iterator[tuple[object, ...]]:
        for i in range(1, many[table] + 1):
            customer = dice.randrange(many["customer"]) + 1
            if table == "customer":
                city = None if i % 10 == 0 else text(1)
                yield i, text(3), f"user{i}@example.org", city, f"{moment()} 10:20:30", dice.random() * 1000
            elif table == "product":
                yield i, f"SKU-{i:08}", text(5), round(dice.random() * 100, 2), i % 2
            elif table == "orders":
                note = text(8) if i % 5 < 2 else None
                yield i, customer, moment(), dice.random() * 500, dice.choice(("new", "paid", "sent")), note
            elif table == "item":
                product = dice.randrange(many["product"]) + 1
                yield i, dice.randrange(many["orders"]) + 1, product, dice.randrange(1, 9), dice.random() * 100
            elif table == "document":
                yield i, customer, f"{text(2)}.pdf", dice.randbytes(4096)
            elif table == "event":
                payload = f'{{"user": {customer}, "text": "{text(50)}", "n": {dice.random()}}}'
                yield i, f"{moment()}T01:02:03.{i % 1000:03}Z", dice.choice(("click", "view", "buy")), payload
            else:
                yield f"scope{i % 500}", f"name{i}", text(6)

    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SCHEMA)
        for table in COUNTS:
            width = len(connection.execute(f"SELECT * FROM {table}").description)
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows(table))
        connection.commit()


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds of both sides, seconds on the clock, and the client's memory in MB (0: measured in this process)."""

    client: float
    server: float
    wall: float
    memory: float = 0.0

    @property
    def total(self) -> float:
        """CPU seconds of both."""
        return self.client + self.server


def server_seconds(server: Server) -> float:
    """CPU seconds that the server has used so far: its main process, all that have ended, and those that live."""
    with server.connect() as connection:
        row = connection.execute("SELECT current_setting('data_directory')").fetchone()
    assert row is not None
    main = int((Path(row[0]) / "postmaster.pid").read_text().split()[0])
    tick = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        own, ended = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
        if int(entry.name) == main:
            total += (own + ended) / tick
        elif int(fields[1]) == main:
            total += own / tick
    return total


@dataclass(frozen=True, slots=True)
class Bench:
    """What every run needs."""

    server: Server
    file: Path
    folder: Path
    parts: Loading
    matched: Matched

    def measured(self, run: Callable[[str], float | None]) -> Cost:
        """Run in an empty database. A run of other processes gives the most memory that one of them had, in MB."""
        with self.server.database() as name:
            before, own, since = server_seconds(self.server), _own(), time.monotonic()
            memory = run(self.server.database_url(name))
            wall = time.monotonic() - since
            self.wait(name)
            cost = Cost(_own() - own, server_seconds(self.server) - before, wall, memory or 0.0)
            self.check(name)
            return cost

    def wait(self, database: str) -> None:
        """Wait until the processes that served the database have ended, so that their time is known."""
        with self.server.connect() as connection:
            while connection.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", (database,)).fetchone():
                time.sleep(0.05)
        time.sleep(0.2)

    def check(self, database: str) -> None:
        """Raise RuntimeError where a table has another number of rows than in SQLite."""
        with self.server.connect(database) as connection, closing(sqlite3.connect(self.file)) as source:
            for table in self.matched.tables:
                row = connection.execute(f"SELECT count(*) FROM {exact(table.name)}".encode()).fetchone()
                expected = source.execute(f"SELECT count(*) FROM {table.source}").fetchone()
                if row != expected:
                    raise RuntimeError(f"{table.name}: {row} rows of {expected} arrived")

    def tables(self, url: str) -> None:
        """Make the tables, without keys."""
        with self.server.connect(url.partition("?")[0].rpartition("/")[2]) as connection:
            for definition in self.parts.before:
                connection.execute(definition.sql.encode())


def _own() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def command(arguments: list[str]) -> float:
    """Run a program; the most memory that it had, in MB. Raises RuntimeError with what it says where it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT, env=environment)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode()[-2000:])
    return used.ru_maxrss / 1024


def prepare(bench: Bench) -> None:
    """Write a binary COPY file for each table."""
    with snapshot(bench.file) as source:
        for table in bench.matched.tables:
            with (bench.folder / f"{table.name}.bin").open("wb") as stream:
                stream.write(SIGNATURE)
                for rows in of_sqlite(source, table, Policies(), lambda misfit: None):
                    stream.writelines(rows)
                stream.write(TRAILER)


def limit(bench: Bench) -> Callable[[str], float | None]:
    """A client that only forwards files."""

    def run(url: str) -> None:
        bench.tables(url)
        with bench.server.connect(_name(url)) as connection:
            for table in bench.matched.tables:
                query = f"COPY {exact(table.name)} FROM STDIN (FORMAT binary)".encode()
                file = bench.folder / f"{table.name}.bin"
                with file.open("rb") as stream, connection.cursor() as cursor, cursor.copy(query) as copy:
                    while block := stream.read(1 << 18):
                        copy.write(block)

    return run


_OID_NAMES = {"int8": "int8", "float8": "float8", "text": "text", "bytea": "bytea"}


def write_row(bench: Bench) -> Callable[[str], float | None]:
    """psycopg's own way: `copy.write_row` in binary."""

    def run(url: str) -> None:
        bench.tables(url)
        with bench.server.connect(_name(url)) as connection, closing(sqlite3.connect(bench.file)) as source:
            for table in bench.matched.tables:
                query = f"COPY {exact(table.name)} FROM STDIN (FORMAT binary)".encode()
                with connection.cursor() as cursor, cursor.copy(query) as copy:
                    copy.set_types([_OID_NAMES[column.wire.kind] for column in table.columns])
                    for row in source.execute(f"SELECT * FROM {table.source}"):
                        copy.write_row(row)

    return run


def sqlport(bench: Bench, *options: str) -> Callable[[str], float | None]:
    """`sqlport data copy` as a process of its own."""
    base = [sys.executable, "-m", "sqlport", "data", "copy", str(bench.file)]
    return lambda url: command([*base, url, "--isolated", *options])


def pgloader(bench: Bench, *, full: bool) -> Callable[[str], float | None]:
    """pgloader with the option without which its memory does not suffice for the BLOBs."""

    def run(url: str) -> float:
        options = "create tables, create indexes, reset sequences, foreign keys" if full else "data only"
        if not full:
            bench.tables(url)
        host = url.partition("host=")[2].partition("&")[0].replace("%2F", "/")
        script = bench.folder / "pgloader.load"
        script.write_text(
            f"LOAD DATABASE FROM sqlite://{bench.file} INTO pgsql://postgres@unix:{host}:5432/{_name(url)}"
            f" WITH {options}, prefetch rows = 1000;\n"
        )
        return command(["pgloader", "--root-dir", str(bench.folder), str(script)])

    return run


def runs(bench: Bench) -> dict[str, Callable[[str], float | None]]:
    """By name."""
    found = {
        "limit: forward a binary file": limit(bench),
        "sqlport data copy, rows only": sqlport(bench, "--no-indexes", "--no-validate", "--no-backup"),
        "sqlport data copy, schema, indexes, keys": sqlport(bench, "--no-validate", "--no-backup"),
        "sqlport data copy, and every value compared": sqlport(bench, "--no-backup"),
        "sqlport data copy, and a backup": sqlport(bench, "--backup", str(bench.folder / "backup")),
        "psycopg write_row, rows only": write_row(bench),
    }
    if shutil.which("pgloader"):
        found["pgloader, rows only"] = pgloader(bench, full=False)
        found["pgloader, schema, indexes, keys"] = pgloader(bench, full=True)
    return found


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--rows", type=float, default=1.0, help="1.0 is 2 million")
    options.add_argument("--only", default="", help="only what has this in its name (and the limit)")
    options.add_argument("--file", type=Path, help="keep the database here")
    chosen = options.parse_args()
    with throwaway("embedded") as server, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = chosen.file or folder / "bench.db"
        if not file.exists():
            make(file, chosen.rows)
        source = read_source(file, Config(root=folder))
        parts = loading(port_schema(source, Target(), load()))
        bench = Bench(server, file, folder, parts, from_port(parts, source.catalog))
        prepare(bench)
        print(f"{file.stat().st_size / 1e6:.0f} MB, {server.info}, SQLite {sqlite3.sqlite_version}")
        costs: dict[str, list[Cost]] = {}
        for _ in range(chosen.rounds):
            for label, run in runs(bench).items():
                if chosen.only in label or label.startswith("limit"):
                    costs.setdefault(label, []).append(bench.measured(run))
                    print(f"{label}: {costs[label][-1].total:.2f}", file=sys.stderr, flush=True)
                    shutil.rmtree(folder / "backup", ignore_errors=True)
        least = min(cost.total for cost in costs["limit: forward a binary file"])
        print(f"{'':46}{'client':>8}{'server':>8}{'sum':>8}{'median':>8}{'ratio':>8}{'wall':>8}{'MB':>6}")
        for label, found in costs.items():
            best = min(found, key=lambda cost: cost.total)
            median = statistics.median(cost.total for cost in found)
            print(
                f"{label:46}{best.client:8.2f}{best.server:8.2f}{best.total:8.2f}{median:8.2f}{best.total / least:8.2f}"
                f"{min(cost.wall for cost in found):8.1f}{max(cost.memory for cost in found):6.0f}"
            )


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
