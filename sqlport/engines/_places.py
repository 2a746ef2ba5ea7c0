"""Where engines keep files: the user's cache and state directories and private workspaces for servers."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sqlport.engines._account import Account, can_reach, own
from sqlport.model import SqlportError

#: A server's files: a copied cluster of about 35 MB, clones of a few MB each, some WAL.
ENOUGH_BYTES = 512 * 1024 * 1024

#: `sun_path` holds 104 bytes on macOS and BSD, 108 on Linux, with a closing NUL.
LONGEST_SOCKET = 103


def cache_dir() -> Path:
    """The user's directory for what can be made again (it need not exist).

    XDG base directory specification; Apple's and Microsoft's places on their systems.
    """
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/sqlport"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "sqlport/Cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sqlport"


def state_dir() -> Path:
    """The user's directory for what outlives a run (it need not exist)."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/sqlport"
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local") / "sqlport/State"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "sqlport"


def unused_workspace(account: Account | None, base: Path | None = None) -> Path:
    """The path for a new directory with room for a server; nothing is made yet.

    Below `base` where that can be used, else in the temporary directory; without `base` in memory (`/dev/shm`)
    where there is enough, which does not survive a restart of the machine.
    """
    bases = [base or Path("/dev/shm"), Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108
    return _first_good(bases, account) / f"sqlport-{secrets.token_hex(6)}"


def make_private(path: Path, account: Account | None) -> None:
    """Make a directory that only `account` may enter; an existing one is an error (somebody else's)."""
    try:
        path.mkdir(mode=0o700)
    except OSError as error:
        raise SqlportError(f"{path}: no directory for a server can be made: {error.strerror}") from None
    own(path, account)


def _first_good(bases: Sequence[Path], account: Account | None) -> Path:
    """The first of `bases` where a server of `account` can work; the temporary directory when none promises to."""
    for base in bases:
        if not base.is_dir() or not os.access(base, os.W_OK | os.X_OK):
            continue
        socket = base / "sqlport-123456789012" / ".s.PGSQL.5432"
        fits = os.name == "nt" or len(os.fsencode(socket)) <= LONGEST_SOCKET
        if fits and can_reach(base, account) and shutil.disk_usage(base).free >= ENOUGH_BYTES:
            return base
    return Path(tempfile.gettempdir())
