"""One private PostgreSQL cluster: made once per version, copied for each run, served by a bare `postgres`."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlport.engines._account import Account, can_reach, own, server_account
from sqlport.engines._installations import Installation
from sqlport.engines._places import cache_dir, make_private, unused_workspace
from sqlport.model import SqlportError

#: The database that a cluster has for its user, and the role without rights over the server that owns schemas.
DATABASE = "sqlport"
OWNER = "sqlport_owner"

#: Part of the cache key: raise it when what `_initdb` makes changes.
_LAYOUT = 1

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_LOG_LINES = 25

#: What a server that nobody will miss does without (PostgreSQL documentation, "Non-Durable Settings").
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "max_locks_per_transaction": "512",  # a schema of thousands of tables in one transaction
    "huge_pages": "off",
    "jit": "off",
    "logging_collector": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "cluster_name": "sqlport",
}


Spawned = Callable[["subprocess.Popen[bytes]"], None]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server in a private directory, and how to reach it as superuser."""

    directory: Path
    installation: Installation
    process: subprocess.Popen[bytes]
    url: str

    @property
    def log(self) -> Path:
        """The file with everything that the server said."""
        return self.directory / "log"


def choose_directory(base: Path | None = None) -> Path:
    """The path of a private directory for `start`, which makes it.

    In memory where there is room; below `base`, on disk, for a server that outlives this process.
    """
    return unused_workspace(server_account(), base)


def start(
    installation: Installation,
    directory: Path,
    *,
    tcp: bool = os.name == "nt",
    spawned: Spawned | None = None,
) -> Cluster:
    """Make `directory`, copy a fresh cluster into it and serve it on a socket there (on a loopback port with `tcp`).

    `spawned` is given the server's process before it is ready, so that the caller can stop it at any time.
    Raises SqlportError with the end of the server's log when it does not come up.
    """
    account = server_account()
    make_private(directory, account)
    runnable = _runnable(installation, account)
    template = _cached_template(runnable, directory, account)
    if template is not None:
        try:
            shutil.copytree(template, directory / "data")
        except OSError:
            # Another process is replacing a damaged copy: do without the cache this once.
            shutil.rmtree(directory / "data", ignore_errors=True)
            _initdb(runnable, directory, account)
        else:
            (directory / "data").chmod(0o700)
            own(directory / "data", account)
    try:
        return _serve(runnable, directory, account, tcp, spawned)
    except SqlportError:
        if template is None:
            raise
        # The cached copy may be damaged: make it anew, once.
        shutil.rmtree(template, ignore_errors=True)
        shutil.rmtree(directory / "data", ignore_errors=True)
        _initdb(runnable, directory, account)
        return _serve(runnable, directory, account, tcp, spawned)


def stop(process: subprocess.Popen[bytes], *, how: signal.Signals | None = None) -> None:
    """Stop a server that `start` started, without a checkpoint: its files are about to go.

    `how` is the signal for another program. SIGKILL comes last: after it PostgreSQL leaves shared memory behind.
    """
    if process.poll() is not None:
        return
    if os.name == "nt":
        process.terminate()
    elif how is None:
        process.send_signal(signal.SIGQUIT)
    else:
        os.killpg(process.pid, how)  # initdb has children of its own
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def log_tail(path: Path, lines: int = _LOG_LINES) -> str:
    """The last lines of a server's log, indented; says so when there are none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:]) or "  (the server said nothing)"


def _serve(
    installation: Installation,
    directory: Path,
    account: Account | None,
    tcp: bool,
    spawned: Spawned | None,
) -> Cluster:
    data, log = directory / "data", directory / "log"
    settings = dict(_SETTINGS)
    if installation.major >= 18:
        settings["io_method"] = "sync"  # no worker processes to start
    if tcp:
        password = _set_password(installation, directory, account)
        port = _free_port()
        settings |= {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        access = "host all all 127.0.0.1/32 scram-sha-256\n"
        url = f"postgresql://postgres:{password}@127.0.0.1:{port}/{DATABASE}"
    else:
        port = 5432
        settings |= {"listen_addresses": "", "unix_socket_directories": str(directory)}
        access = "local all all trust\n"
        url = socket_url(directory)
    (data / "pg_hba.conf").write_text(access, encoding="ascii")
    command = [installation.program("postgres"), "-D", str(data), "-p", str(port)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with log.open("ab") as stream:
        process = _spawn(command, directory, account, stream.fileno())
    if spawned is not None:
        spawned(process)
    try:
        _await_ready(process, data)
    except BaseException as error:
        stop(process)
        if isinstance(error, _NotReadyError):
            raise SqlportError(
                f"PostgreSQL {installation.version} ({installation.program('postgres')}) did not start: {error}; "
                f"its log ends:\n{log_tail(log)}"
            ) from None
        raise
    return Cluster(directory, installation, process, url)


def socket_url(directory: Path, user: str = "postgres", database: str = DATABASE) -> str:
    """The URL of a server whose socket is in `directory`; the port is named since PGPORT would change it."""
    from urllib.parse import quote

    return f"postgresql://{user}@/{database}?host={quote(str(directory), safe='')}&port=5432"


class _NotReadyError(Exception):
    """The server ended or took too long before it accepted connections."""


def _await_ready(process: subprocess.Popen[bytes], data: Path) -> None:
    """Wait until the server itself writes `ready` into postmaster.pid (its eighth line)."""
    deadline = time.monotonic() + _START_SECONDS
    pid_file = data / "postmaster.pid"
    while time.monotonic() < deadline:
        code = process.poll()
        if code is not None:
            raise _NotReadyError(f"it ended with exit code {code}")
        with suppress(OSError):
            lines = pid_file.read_bytes().split(b"\n")
            if len(lines) > 7 and lines[7].strip() == b"ready":
                return
        time.sleep(0.002)
    raise _NotReadyError(f"it was not ready after {_START_SECONDS:.0f} seconds")


def _cached_template(installation: Installation, directory: Path, account: Account | None) -> Path | None:
    """The cached result of initdb for this server; None when it could not be kept: then it lies in `directory`."""
    key = _identity(installation)
    template = cache_dir() / "clusters" / f"{installation.version}-{key}"
    if (template / "PG_VERSION").is_file():
        return template
    _initdb(installation, directory, account)
    try:
        template.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _publish([(directory / "data", "")], template)
    except OSError:
        # A read-only home, a full disk: the run goes on without a cache, with what initdb has just made.
        return None
    shutil.rmtree(directory / "data")
    return template


def _publish(sources: Sequence[tuple[Path, str]], target: Path, *, readable: bool = False) -> None:
    """Copy directories below `target` so that `target` appears whole or not at all; the first process wins.

    `readable` lets every user read the copy, and run what its owner may run.
    """
    draft = target.with_name(f".{target.name}-{os.getpid()}-{secrets.token_hex(4)}")
    _forget_drafts(target)
    try:
        for source, name in sources:
            shutil.copytree(source, draft / name if name else draft, symlinks=True)
        if readable:
            _open_to_readers(draft)
        try:
            draft.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _forget_drafts(target: Path) -> None:
    """Remove what processes that were killed an hour ago or longer have left of their copies."""
    for old in target.parent.glob(f".{target.name}-*"):
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > 3600:
                shutil.rmtree(old, ignore_errors=True)


def _open_to_readers(top: Path) -> None:
    for path in (top, *top.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if mode & 0o100 else 0o444))


def _runnable(installation: Installation, account: Account | None) -> Installation:
    """The installation, or a copy of it where `account` can reach it.

    A virtual environment below `/root` is closed to every other user; opening it up is not ours to do.
    """
    if account is None or can_reach(Path(installation.program("postgres")), account):
        return installation
    if not installation.roots:
        raise SqlportError(
            f"{installation.bin} cannot be read by the user {account.name}, and PostgreSQL does not run as root: "
            "run sqlport as another user, or give a server with --postgres postgresql://..."
        )
    key = _identity(installation)
    target = _shared_base(account) / f"{installation.provider}-{installation.version}-{key}"
    common = Path(os.path.commonpath(installation.roots))
    if not target.is_dir():
        _publish([(root, str(root.relative_to(common))) for root in installation.roots], target, readable=True)
    return replace(installation, bin=target / installation.bin.relative_to(common), roots=())


def _identity(installation: Installation) -> str:
    """A short name for this build of the programs, the same in every virtual environment."""
    size = Path(installation.program("postgres")).stat().st_size
    text = f"{_LAYOUT} {installation.provider} {installation.version} {installation.build} {size}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shared_base(account: Account) -> Path:
    """A directory of root's that `account` can read and nobody else can write."""
    for base in (cache_dir(), Path("/var/cache/sqlport"), Path("/var/tmp/sqlport-root")):  # noqa: S108
        try:
            base.mkdir(parents=True, exist_ok=True, mode=0o755)
        except OSError:
            continue
        status = base.lstat()
        private = status.st_uid == 0 and not status.st_mode & 0o022 and not base.is_symlink()
        if private and can_reach(base, account):
            return base
    raise SqlportError(
        f"no directory where the user {account.name} could run PostgreSQL: make /var/cache/sqlport, owned by root"
    )


def _initdb(installation: Installation, directory: Path, account: Account | None) -> None:
    """Make a cluster in `directory/data`: UTF8, locale C (text in the order of SQLite), database and owner role."""
    data = directory / "data"
    log = directory / "log"
    command = [installation.program("initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
    command += ["-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"]
    if installation.major >= 18:
        command.append("--no-data-checksums")  # the default until 17
    _run(installation, command, directory, account, b"")
    commands = f"CREATE ROLE {OWNER} LOGIN;\nCREATE DATABASE {DATABASE};\n"
    _single_user(installation, directory, account, commands)
    log.unlink(missing_ok=True)


def _set_password(installation: Installation, directory: Path, account: Account | None) -> str:
    """Give the superuser a random password, before the server is open to anybody."""
    password = secrets.token_hex(16)
    _single_user(installation, directory, account, f"ALTER ROLE postgres PASSWORD '{password}';\n")
    return password


def _single_user(installation: Installation, directory: Path, account: Account | None, sql: str) -> None:
    data = str(directory / "data")
    command = [installation.program("postgres"), "--single", "-F", "-D", data]
    command += ["-c", "exit_on_error=true", "-c", "log_checkpoints=off", "template1"]
    _run(installation, command, directory, account, sql.encode())


def _run(installation: Installation, command: list[str], directory: Path, account: Account | None, text: bytes) -> None:
    """Run a program of the installation to its end; SqlportError with its words when it fails."""
    log = directory / "log"
    with log.open("ab") as stream:
        process = _spawn(command, directory, account, stream.fileno(), stdin=subprocess.PIPE)
        try:
            process.communicate(text)
        except BaseException:
            stop(process, how=signal.SIGTERM)
            raise
    if process.returncode != 0:
        name = Path(command[0]).name
        raise SqlportError(
            f"PostgreSQL {installation.version}: {name} ({command[0]}) failed with exit code "
            f"{process.returncode}; it said:\n{log_tail(log)}"
        )


def _spawn(
    command: list[str],
    directory: Path,
    account: Account | None,
    output: int,
    stdin: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Start a program as the server's user, outside the terminal's process group (Ctrl-C is ours to handle)."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    environment |= {"TZ": "UTC", "LC_ALL": "C"}
    environment.pop("LD_PRELOAD", None)
    identity: dict[str, Any] = {}
    if account is not None:
        identity = {"user": account.uid, "group": account.gid, "extra_groups": []}
    try:
        process = subprocess.Popen(
            command,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=environment,
            start_new_session=os.name != "nt",
            **identity,
        )
    except OSError as error:
        user = f" as {account.name}" if account else ""
        raise SqlportError(f"{command[0]}: cannot be run{user}: {error.strerror}") from None
    (directory / "pid").write_text(str(process.pid), encoding="ascii")
    return process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
