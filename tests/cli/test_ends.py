"""Every way to end has its documented exit code and a message that says what to do."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sqlport.model import SqlportError
from tests.cli.conftest import PORTABLE, ROOT, SCHEMA, SQLITE, Run, start


def test_nothing_left_is_0(run: Run, project: Path) -> None:
    (project / "a.py").write_text(PORTABLE)
    result = run("check", "--ignore", "DRV,ORD,PRM")
    assert result.exit_code == 0, result.output
    assert "Nothing left to port." in result.stdout


def test_an_empty_folder_is_0(run: Run) -> None:
    assert run("check").exit_code == 0
    assert run("extract").exit_code == 0


def test_findings_are_1(run: Run, project: Path) -> None:
    (project / "a.py").write_text(SQLITE)
    result = run("check")
    assert result.exit_code == 1
    assert "a.py:6:" in result.stdout
    assert result.stderr == ""


def test_findings_that_are_only_information_are_0(run: Run, project: Path) -> None:
    (project / "a.py").write_text(SQLITE)
    (project / "sqlport.toml").write_text('severity = {ALL = "info"}\n')
    result = run("check", "--format", "concise")
    assert result.exit_code == 0
    assert "ifnull" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["check", "--fromat", "json"], "No such option"),
        (["check", "--format", "xml"], "is not one of"),
        (["chek"], "no such command 'chek', did you mean 'check'?"),
        (["check", "missing.py"], "missing.py: cannot be read (no such file or directory)"),
        (["fix", "missing"], "missing: cannot be read"),
        (["extract", "missing"], "missing: cannot be read"),
        (["check", "--select", "ups1!"], "is no code (UPS001)"),
        (["check", "--select", "FNC999"], "no rule is called 'FNC999', did you mean 'FNC"),
        (["check", "--ignore", "ifnul"], "did you mean 'ifnull'?"),
        (["check", "--config", "missing.toml"], "missing.toml: the settings cannot be read"),
        (["check", "--config", "x.toml", "--isolated"], "--isolated reads no settings file"),
        (["check", "--baseline", "missing.json"], "missing.json: the baseline cannot be read"),
        (["check", "-", "a.py"], "stands alone"),
        (["check", "--since", "HEAD"], "--since: git"),
        (["check", "--since=-x"], "does not begin with '-'"),
        (["check", "-o", "no/such/folder.txt"], "the output cannot be written"),
        (["rule"], "name one rule by its code"),
        (["rule", "UPS001", "--all"], "name one rule by its code"),
        (["rule", "ifnul"], "no rule is called 'ifnul', did you mean 'ifnull'?"),
        (["verify", "--postgres", "embeded"], "did you mean 'embedded'?"),
        (["config", "--select", "UPS099"], "no rule is called 'UPS099'"),
    ],
)
def test_what_cannot_be_done_is_2(run: Run, arguments: list[str], message: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("command", ["check", "fix", "verify", "extract", "config"])
def test_an_unknown_key_is_2_with_its_place(run: Run, project: Path, command: str) -> None:
    (project / "sqlport.toml").write_text("\nselct = []\n")
    result = run(command)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: sqlport.toml:2: unknown key 'selct', did you mean 'select'?")


def test_an_unreadable_file_is_2(run: Run, project: Path) -> None:
    if not Path("/proc/self/mem").exists():
        pytest.skip("needs a file that nobody can read, root neither")
    (project / "a.py").symlink_to("/proc/self/mem")
    result = run("check")
    assert result.exit_code == 2
    assert "a.py: cannot be read (input/output error)" in result.stderr


def test_invalid_python_is_a_finding(run: Run, project: Path) -> None:
    (project / "a.py").write_text("import sqlite3\ncon.execute('SELECT 1'\n")
    result = run("check", "--format", "concise")
    assert result.exit_code == 1
    assert "SQP003" in result.stdout


def test_invalid_sql_is_a_finding(run: Run, project: Path) -> None:
    (project / "a.sql").write_text("SELECT FROM WHERE (;\n")
    result = run("check", "--format", "concise")
    assert result.exit_code == 1
    assert "SQP002" in result.stdout


def test_five_megabytes_in_one_literal_come_to_an_end(run: Run, project: Path) -> None:
    (project / "a.py").write_text(SQLITE + f"\nBIG = '{'x' * 5_000_000}'\n")
    started = time.perf_counter()
    result = run("check")
    assert result.exit_code == 1
    assert len(result.stdout) < 20_000
    assert time.perf_counter() - started < 20


def test_five_megabytes_of_sql_in_one_statement_come_to_an_end(run: Run, project: Path) -> None:
    rows = "(1, '" + "some text that takes its room" * 170_000 + "'), " + "(1, 'a'), " * 5_000
    (project / "a.py").write_text(
        "import sqlite3\ncon = sqlite3.connect('x')\n"
        f'con.execute("INSERT OR IGNORE INTO t(a, b) VALUES {rows}(2, ifnull(NULL, 1))")\n'
    )
    result = run("check")
    assert result.exit_code == 1
    assert len(result.stdout) < 20_000


def test_a_symlink_loop_is_walked_once(run: Run, project: Path) -> None:
    (project / "a.py").write_text(SQLITE)
    (project / "self").symlink_to(project)
    (project / "loop.py").symlink_to("loop.py")
    (project / "gone.py").symlink_to("nowhere.py")
    result = run("check", "--format", "json")
    assert result.exit_code == 1
    assert result.stdout.count('"code": "FNC001"') == 1


def test_an_unreachable_server_is_2(run: Run, project: Path) -> None:
    (project / "a.py").write_text(SQLITE)
    for command in ("fix", "verify"):
        result = run(command, "--postgres", "postgresql://me:secret@127.0.0.1:9/x")
        assert result.exit_code == 2, result.output
        assert "no connection to postgresql://me:***@127.0.0.1:9/x" in result.stderr
        assert "secret" not in result.output


def test_a_file_that_changes_between_read_and_write_is_not_written(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlport.cli.progress import Bar

    (project / "a.py").write_text(SQLITE)
    (project / "schema.sql").write_text(SCHEMA)
    changed = SQLITE + "# changed meanwhile\n"

    def change(self: Bar, stage: str, done: int, total: int) -> None:
        if stage == "porting":
            (project / "a.py").write_text(changed)

    monkeypatch.setattr(Bar, "__call__", change)
    result = run("fix", "--write", "--write-unverified", "a.py")
    assert result.exit_code == 2, result.output
    assert "a.py: changed on disk since it was read, so it was not written; run again" in result.stderr
    assert (project / "a.py").read_text() == changed


def test_an_error_for_the_user_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **more: object) -> None:
        raise SqlportError("a.py:3: no way, go back")

    monkeypatch.setattr("sqlport.project.check", fail)
    result = run("check")
    assert (result.exit_code, result.stderr) == (2, "error: a.py:3: no way, go back\n")
    assert "Traceback" in run("--debug", "check").stderr


def test_a_fault_of_our_own_is_2_without_a_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **more: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("sqlport.project.check", fail)
    result = run("check")
    assert result.exit_code == 2
    assert result.stderr.startswith("internal error: ZeroDivisionError: division by zero at ")
    assert "sqlport --debug" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in run("--debug", "check").stderr


def test_an_interrupt_is_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sqlport.project.check", interrupt)
    result = run("check")
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")


def test_ctrl_c_ends_a_running_process_with_130(project: Path) -> None:
    code = (
        "import time, sqlport.project\n"
        "sqlport.project.check = lambda *a, **k: (print('ready', flush=True), time.sleep(60))\n"
        "from sqlport.cli import main; main(['check'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stderr == "interrupted\n"


@pytest.mark.parametrize("arguments", [["check"], ["check", "--format", "json"], ["rule", "--all"], ["--help"]])
def test_a_reader_that_goes_away_is_no_error(project: Path, arguments: list[str]) -> None:
    for number in range(60):
        (project / f"a{number}.sql").write_text("SELECT ifnull(a, 1) FROM t;\n" * 10)
    with subprocess.Popen(
        [sys.executable, "-c", "from sqlport.cli import main; main()", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        stderr = process.stderr.read()
    assert stderr == b""
    assert process.returncode == (1 if arguments[0] == "check" else process.returncode)
    assert process.returncode in (0, 1)


def test_text_that_the_terminal_cannot_encode_is_escaped(project: Path) -> None:
    (project / "ü.sql").write_text("SELECT ifnull(a, '日本') FROM t;\n", encoding="utf-8")
    done = start("check", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 1
    assert "\\u65e5" in done.stdout
