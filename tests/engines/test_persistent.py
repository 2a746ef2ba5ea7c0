"""A project's own server outlives the command that started it; `down` ends that one and no other."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from sqlport.engines import persistent
from sqlport.engines.persistent import State
from sqlport.model import SqlportError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals and sockets of POSIX systems")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "project"
    folder.mkdir()
    yield folder
    persistent.down(folder)


def works(state: State) -> bool:
    with psycopg.connect(state.url) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_up_starts_once(project: Path) -> None:
    first, started = persistent.up(project)
    again, started_again = persistent.up(project)
    assert (started, started_again) == (True, False)
    assert first == again == persistent.current(project)
    assert works(first)
    assert "embedded" in first.server


def test_rows_stay_between_connections_until_reset(project: Path) -> None:
    state, _ = persistent.up(project)
    with psycopg.connect(state.url) as connection:
        connection.execute("CREATE TABLE t (a int)")
    holding = psycopg.connect(state.url)
    holding.execute("SELECT * FROM t")
    assert persistent.reset(project) == state
    with psycopg.connect(state.url) as connection:
        assert connection.execute("SELECT to_regclass('t')").fetchone() == (None,)
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    holding.close()


def test_down_leaves_nothing(project: Path) -> None:
    state, _ = persistent.up(project)
    assert persistent.down(project)
    assert not Path(state.directory).exists()
    assert not Path(f"/proc/{state.pid}/cmdline").exists() or not Path(f"/proc/{state.pid}/cmdline").read_bytes()
    with pytest.raises(SqlportError, match="start it with sqlport postgres up"):
        persistent.current(project)
    assert not persistent.down(project)


def test_projects_have_servers_of_their_own(project: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    mine, _ = persistent.up(project)
    theirs, _ = persistent.up(other)
    assert mine.url != theirs.url
    assert persistent.down(other)
    assert works(mine)


def test_the_state_is_private(project: Path) -> None:
    state, _ = persistent.up(project)
    home = persistent._home()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE(persistent._file(project).stat().st_mode) == 0o600
    assert stat.S_IMODE(Path(state.directory).stat().st_mode) == 0o700


def test_the_log_is_shown(project: Path) -> None:
    persistent.up(project)
    assert "ready to accept connections" in persistent.log(project)


def test_a_server_that_died_is_replaced(project: Path) -> None:
    state, _ = persistent.up(project)
    os.kill(state.pid, signal.SIGQUIT)
    while persistent._is_ours(state):
        time.sleep(0.01)
    with pytest.raises(SqlportError, match="no PostgreSQL is up"):
        persistent.current(project)
    fresh, started = persistent.up(project)
    assert started
    assert works(fresh)
    assert not Path(state.directory).exists()


def test_a_process_that_got_the_number_is_left_alone(project: Path) -> None:
    state, _ = persistent.up(project)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        persistent._store(project, dataclasses.replace(state, pid=stranger.pid))
        with pytest.raises(SqlportError, match="no PostgreSQL is up"):
            persistent.current(project)
        assert not persistent.down(project)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        os.kill(state.pid, signal.SIGQUIT)


def test_a_state_that_names_a_strange_directory_removes_nothing(project: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    (precious / "data").mkdir(parents=True)
    persistent._store(project, State(str(project), "postgresql:///x", "x", 1, str(precious)))
    assert not persistent.down(project)
    assert (precious / "data").is_dir()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"pid": 1}', "null", json.dumps({"unknown": 1})])
def test_a_state_that_cannot_be_read_counts_as_none(project: Path, text: str) -> None:
    persistent._file(project).write_text(text)
    with pytest.raises(SqlportError, match="no PostgreSQL is up"):
        persistent.current(project)
    assert persistent.up(project)[1]


def test_two_at_once_get_one_server(project: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        (first, one), (second, two) = pool.map(lambda _: persistent.up(project), range(2))
    assert first == second
    assert {one, two} == {True, False}


def test_a_url_is_not_started(project: Path) -> None:
    with pytest.raises(SqlportError, match="use its URL itself"):
        persistent.up(project, "postgresql://localhost/x")


def test_a_place_for_the_state_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    with pytest.raises(SqlportError, match="XDG_STATE_HOME"):
        persistent.up(tmp_path)
