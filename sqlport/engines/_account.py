"""Which operating-system user runs a server: PostgreSQL refuses root, so root hands it to an unprivileged user."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlport.model import SqlportError

#: Users without rights that systems have; the first that exists and can own a file is taken.
CANDIDATES = ("nobody", "postgres", "daemon")


@dataclass(frozen=True, slots=True)
class Account:
    """An unprivileged user that servers run as when this process is root."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """The user to run servers as; None when this process is not root and runs them itself."""
    if os.name == "nt" or os.geteuid() != 0:
        return None
    import pwd

    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        account = Account(name, entry.pw_uid, entry.pw_gid)
        if _usable(account):
            return account
    raise SqlportError(
        f"PostgreSQL does not run as root, and none of the users {', '.join(CANDIDATES)} can be used instead: "
        "run sqlport as another user, or give a server with --postgres postgresql://..."
    )


def _usable(account: Account) -> bool:
    """Whether files can be given to the account: a user namespace may not map it (user_namespaces(7))."""
    return _mapped("uid_map", account.uid) and _mapped("gid_map", account.gid)


def _mapped(name: str, number: int) -> bool:
    try:
        lines = Path("/proc/self", name).read_text(encoding="ascii").splitlines()
    except OSError:
        return True  # not Linux
    ranges = (tuple(map(int, line.split())) for line in lines)
    return any(first <= number < first + count for first, _, count in ranges)


def own(path: Path, account: Account | None) -> None:
    """Give `path` and everything below it to `account`; nothing to do for None."""
    if account is None:
        return
    os.chown(path, account.uid, account.gid, follow_symlinks=False)
    for folder, directories, files in os.walk(path):
        for name in (*directories, *files):
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)


def can_reach(path: Path, account: Account | None) -> bool:
    """Whether `account` may search every directory down to `path` (`/root` is closed to all others)."""
    if account is None:
        return True
    for folder in (path, *path.parents):
        status = folder.stat()
        if status.st_uid == account.uid:
            allowed = status.st_mode & 0o100
        elif status.st_gid == account.gid:
            allowed = status.st_mode & 0o010
        else:
            allowed = status.st_mode & 0o001
        if not allowed:
            return False
    return True
