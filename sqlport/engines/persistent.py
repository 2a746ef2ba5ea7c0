"""One server per working directory that outlives the command which started it, for the user's own tests."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlport.engines import _cluster
from sqlport.engines._places import state_dir
from sqlport.engines.postgres import installation
from sqlport.engines.server import connect, describe
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

_STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class State:
    """A server that was started for `project`: by process and private directory, or as a docker project."""

    project: str
    url: str
    server: str
    pid: int = 0
    directory: str = ""
    docker: str = ""


def up(project: Path, spec: str = "auto", major: int | None = None) -> tuple[State, bool]:
    """The server of this project, started when there is none; the flag tells whether it was started now."""
    if "://" in spec:
        raise SqlportError("a server given by URL is up already: use its URL itself")
    with _locked(project):
        state = _load(project)
        if state is not None and _alive(state):
            return state, False
        if state is not None:
            _remove(state)
        state = _start(project, spec, major)
        _store(project, state)
        return state, True


def current(project: Path) -> State:
    """The server of this project; SqlportError with advice when none is up."""
    state = _load(project)
    if state is None or not _alive(state):
        raise SqlportError(f"no PostgreSQL is up for {_real(project)}: start it with sqlport postgres up")
    return state


def down(project: Path) -> bool:
    """Stop the server of this project and remove its files; False when there was none."""
    with _locked(project):
        state = _load(project)
        if state is None:
            return False
        alive = _alive(state)
        _remove(state)
        _file(project).unlink(missing_ok=True)
        return alive


def reset(project: Path) -> State:
    """Drop everything in the project's database and give it an empty one, under whoever is connected."""
    from psycopg import sql

    state = current(project)
    name = sql.Identifier(_cluster.DATABASE)
    with connect(state.url, "postgres") as connection:
        _end_sessions(connection)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(name))
    return state


def log(project: Path) -> str:
    """Everything that the project's server has said."""
    state = current(project)
    if state.docker:
        from sqlport.engines import docker

        return docker.log(state.docker)
    return Path(state.directory, "log").read_text(encoding="utf-8", errors="replace")


def _start(project: Path, spec: str, major: int | None) -> State:
    programs = installation(spec, major) if spec != "docker" else None
    if programs is None:
        from sqlport.engines import docker

        name = docker.new_project()
        try:
            url = docker.launch(name, major)
        except BaseException:
            with suppress(SqlportError):
                docker.remove(name)
            raise
        with connect(url) as connection:
            return State(str(_real(project)), url, str(describe(connection, "docker")), docker=name)
    directory = _cluster.choose_directory(_home())
    started: list[subprocess.Popen[bytes]] = []
    try:
        cluster = _cluster.start(programs, directory, spawned=started.append)
        with connect(cluster.url) as connection:
            info = describe(connection, programs.provider)
    except BaseException:
        for process in started:
            _cluster.stop(process)
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return State(str(_real(project)), cluster.url, str(info), cluster.process.pid, str(directory))


def _end_sessions(connection: psycopg.Connection[object]) -> None:
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s"
        if connection.info.server_version >= 140000
        else "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
        [_cluster.DATABASE],
    )


def _alive(state: State) -> bool:
    if state.docker:
        from sqlport.engines import docker

        return docker.is_up(state.docker)
    return _is_ours(state)


def _is_ours(state: State) -> bool:
    """Whether the process still is the server that was started: numbers are reused, command lines are not."""
    if os.name == "nt":
        return _is_ours_on_windows(state)
    with suppress(ChildProcessError):
        os.waitpid(state.pid, os.WNOHANG)  # a child that has ended would look alive
    data = os.fsencode(Path(state.directory, "data"))
    with suppress(OSError):
        return data in Path(f"/proc/{state.pid}/cmdline").read_bytes()
    if Path("/proc/self/cmdline").exists():
        return False
    answer = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(state.pid)], capture_output=True, check=False)
    return data in answer.stdout


def _is_ours_on_windows(state: State) -> bool:
    """postmaster.pid of the private directory names the process, and the server answers."""
    try:
        first = Path(state.directory, "data", "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]
        connect(state.url).close()
    except (OSError, SqlportError):
        return False
    return first.strip() == str(state.pid)


def _remove(state: State) -> None:
    """Stop what was started here, and only that, and remove its files."""
    if state.docker:
        from sqlport.engines import docker

        docker.remove(state.docker)
        return
    if _is_ours(state):
        os.kill(state.pid, signal.SIGTERM if os.name == "nt" else signal.SIGQUIT)
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_ours(state):
            if time.monotonic() > deadline:
                raise SqlportError(
                    f"PostgreSQL (process {state.pid}, {state.directory}) does not stop: end it yourself"
                )
            time.sleep(0.01)
    if Path(state.directory).name.startswith("sqlport-"):
        shutil.rmtree(state.directory, ignore_errors=True)


def _real(project: Path) -> Path:
    return project.resolve()


def _home() -> Path:
    """The private directory with the state of all projects."""
    home = state_dir() / "postgres"
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        home.chmod(0o700)
    except OSError as error:
        raise SqlportError(
            f"{home}: cannot be made ({error.strerror}): set XDG_STATE_HOME to a directory of yours"
        ) from None
    return home


def _file(project: Path) -> Path:
    return _home() / (hashlib.sha256(os.fsencode(_real(project))).hexdigest()[:16] + ".json")


def _load(project: Path) -> State | None:
    """The state that was stored; a file that cannot be understood counts as none."""
    try:
        return State(**json.loads(_file(project).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _store(project: Path, state: State) -> None:
    target = _file(project)
    draft = target.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(asdict(state), indent=1, sort_keys=True) + "\n", encoding="utf-8")
    draft.replace(target)


@contextmanager
def _locked(project: Path) -> Iterator[None]:
    """Two commands for one project take turns (the system lets go of the lock when a process ends)."""
    path = _file(project).with_suffix(".lock")
    with path.open("a+b") as stream:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(stream, fcntl.LOCK_EX)
        yield
