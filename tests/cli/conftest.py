"""A small project to run commands in, and two ways to run one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sqlport.cli import main

ROOT = Path(__file__).parents[2]

PORTABLE = """\
import sqlite3


def names(path):
    con = sqlite3.connect(path)
    return con.execute("SELECT name FROM users WHERE id = 1").fetchall()
"""
SQLITE = PORTABLE.replace("SELECT name", "SELECT ifnull(name, '-')")
SCHEMA = "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n"

Run = Callable[..., Result]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder with settings of its own, as the working directory, without colour from outside."""
    (tmp_path / "sqlport.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def run(project: Path) -> Run:
    """Run `sqlport` in this process."""

    def invoke(*arguments: str, data: bytes | str | None = None) -> Result:
        return CliRunner().invoke(main, list(arguments), input=data, prog_name="sqlport")

    return invoke


def start(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `sqlport` as a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    return subprocess.run(
        [sys.executable, "-c", "from sqlport.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
