"""Small programs before and after the port, run by Python itself: before on sqlite3, after on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.project import fix
from sqlport.results import Report


@dataclass(frozen=True)
class Runs:
    """A program's port: its new text, what it prints before and after, and sqlport's report."""

    text: str
    before: str
    after: str
    report: Report


def port_and_run(program: str, server: Server, folder: Path) -> Runs:
    """Run `program` on sqlite3, port it with `--unsafe`, and run it on a database of its own."""
    file = folder / "app.py"
    file.write_text(program, encoding="utf-8")
    before = _printed(folder, {})
    for database in folder.glob("*.db"):
        database.unlink()
    report = fix([file], Config(root=folder, postgres=server.url), write=True, unsafe=True)
    with server.database() as name:
        after = _printed(folder, {"DATABASE_URL": server.database_url(name)})
    return Runs(file.read_text(encoding="utf-8"), before, after, report)


def _printed(folder: Path, variables: dict[str, str]) -> str:
    """What the program prints; its last words where it fails."""
    done = subprocess.run(
        [sys.executable, "app.py"],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + "".join(done.stderr.splitlines(keepends=True)[-1:])
