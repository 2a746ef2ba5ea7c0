"""SQLite files to PostgreSQL and back: whether each comes back with the same schema, settings and rows.

`python -m benchmarks.round_trip chinook.sqlite northwind.db sakila.db`: `sqlport data copy`, `verify` and `restore`
with a throwaway server; then both files are read by SQLite and compared, every value with its storage class.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from click.testing import CliRunner

from sqlport.cli import main as sqlport
from sqlport.engines.postgres import throwaway


def content(file: Path) -> dict[str, object]:
    """All that SQLite knows of a file: schema in order, settings, and the rows of each table with storage classes."""
    with closing(sqlite3.connect(file)) as connection:
        connection.text_factory = bytes
        found: dict[str, object] = {
            name: connection.execute(f"PRAGMA {name}").fetchone()
            for name in ("user_version", "application_id", "encoding", "page_size", "journal_mode")
        }
        query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name"
        found["schema"] = connection.execute(query).fetchall()
        for (raw,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            name = raw.decode().replace('"', '""')
            names = [row[1].decode().replace('"', '""') for row in connection.execute(f'PRAGMA table_xinfo("{name}")')]
            kinds = ", ".join(f'"{each}", typeof("{each}")' for each in names)
            found[f"rows of {name}"] = sorted(map(repr, connection.execute(f'SELECT {kinds} FROM "{name}"')))
    return found


def main() -> None:
    """Print for each file what came back."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("files", nargs="+", type=Path)
    options.add_argument("--policy", action="append", default=[], help="as for `sqlport data copy`")
    chosen = options.parse_args()
    policies = [word for policy in chosen.policy for word in ("--policy", policy)]
    with throwaway("embedded") as server, tempfile.TemporaryDirectory() as folder:
        for file in chosen.files:
            new = Path(folder) / file.name
            with server.database() as name:
                url = server.database_url(name)
                for arguments in (
                    ["copy", str(file), url, "--backup", folder, *policies],
                    ["verify", str(file), url, *policies],
                    ["restore", str(new), url, "--like", str(file)],
                ):
                    result = CliRunner().invoke(
                        sqlport, ["data", *arguments, *(["--isolated"] * (arguments[0] != "restore"))]
                    )
                    print(f"{file.name}: {arguments[0]}: exit {result.exit_code}: {result.output.splitlines()[-1]}")
                    if result.exit_code == 2:
                        break
                if not new.exists():
                    continue
                before, after = content(file), content(new)
                differ = [key for key in before if before[key] != after.get(key)]
                print(f"{file.name}: {len(before)} things compared, differ: {', '.join(differ) or 'none'}")


if __name__ == "__main__":
    main()
