"""`sqlport postgres` as a person and a script use it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).resolve().parents[2]
MAIN = "from sqlport.cli.postgres import postgres; postgres(prog_name='sqlport postgres')"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and sockets of POSIX systems")


def start(project: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(project.parent / "state")}
    environment.pop("DATABASE_URL", None)
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def call(project: Path, *arguments: str) -> tuple[int, str, str]:
    process = start(project, *arguments)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "project"
    folder.mkdir()
    yield folder
    call(folder, "down")


def test_from_up_to_down(project: Path) -> None:
    code, out, err = call(project, "up")
    assert code == 0, err
    assert out.startswith("DATABASE_URL=postgresql://")
    assert "is up" in err
    code, url, err = call(project, "url")
    assert (code, err) == (0, "")
    assert out == f"DATABASE_URL={url}"
    with psycopg.connect(url.strip()) as connection:
        connection.execute("CREATE TABLE t (a int)")
    assert call(project, "up")[1] == out
    assert call(project, "reset")[0] == 0
    with psycopg.connect(url.strip()) as connection:
        assert connection.execute("SELECT to_regclass('t')").fetchone() == (None,)
    assert "ready to accept connections" in call(project, "logs")[1]
    assert call(project, "down")[0] == 0
    assert call(project, "down")[0] == 0


@pytest.mark.parametrize("command", ["url", "logs", "reset"])
def test_without_a_server_there_is_advice_and_nothing_on_stdout(project: Path, command: str) -> None:
    code, out, err = call(project, command)
    assert (code, out) == (2, "")
    assert "start it with sqlport postgres up" in err


def test_run_gives_the_command_a_server_and_its_exit_code(project: Path) -> None:
    program = (
        "import os, sys, psycopg; url = os.environ['DATABASE_URL']; "
        "print(psycopg.connect(url).execute('SELECT 42').fetchone()[0], url); sys.exit(7)"
    )
    code, out, err = call(project, "run", "--", sys.executable, "-c", program)
    assert code == 7, err
    answer, url = out.split()
    assert answer == "42"
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_options_after_the_command_are_the_command_s(project: Path) -> None:
    code, out, _ = call(project, "run", "sh", "-c", "echo $0 $*", "--postgres", "x")
    assert (code, out) == (0, "--postgres x\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--", "no-such-command"], "no-such-command: no such command"),
        (["run", "--postgres", "nosuch", "--", "true"], "unknown server 'nosuch'"),
        (
            ["run", "--postgres", "postgresql://127.0.0.1:1/x", "--", "true"],
            "no connection to postgresql://127.0.0.1:1/x",
        ),
        (["run"], "Missing argument"),
        (["up", "--postgres", "postgresql://127.0.0.1:1/x"], "use its URL itself"),
        (["up", "--postgres-version", "x"], "--postgres-version"),
        (["nosuch"], "No such command"),
    ],
)
def test_what_cannot_be_done_is_told_with_exit_code_2(project: Path, arguments: list[str], words: str) -> None:
    code, out, err = call(project, *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)])
def test_run_hands_signals_on_and_cleans_up(project: Path, number: signal.Signals, expected: int) -> None:
    program = "import os, time; print(os.environ['DATABASE_URL'], flush=True); time.sleep(60)"
    code = f"import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); {program}"
    process = start(project, "run", "--", sys.executable, "-c", code)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == expected
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)


def test_a_command_may_handle_the_signal_itself(project: Path) -> None:
    handle = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))"
    code = f"import signal, sys, time; {handle}; print('ready', flush=True); time.sleep(60)"
    process = start(project, "run", "--", sys.executable, "-c", code)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 5


def test_a_command_that_is_killed_gives_the_code_of_a_shell(project: Path) -> None:
    assert call(project, "run", "--", "sh", "-c", "kill -9 $$")[0] == 137


def test_the_server_of_a_killed_run_goes(project: Path) -> None:
    program = "import os, time; print(os.environ['DATABASE_URL'], flush=True); time.sleep(5)"
    process = start(project, "run", "--", sys.executable, "-c", program)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    process.kill()
    process.wait(timeout=10)
    for _ in range(500):
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            return
        time.sleep(0.02)
    pytest.fail("the server is still there")
