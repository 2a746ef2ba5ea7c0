"""SQLite connections that cannot do harm: files are opened read-only, scratch databases stay in memory."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlport.model import SqlportError

_HEADER: Final = b"SQLite format 3\0"

#: What a scratch database must never do: reach files (ATTACH, which VACUUM INTO uses too) or load code.
_REFUSED_ACTIONS: Final = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH})
_REFUSED_FUNCTIONS: Final = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_REFUSED_PRAGMAS: Final = frozenset(
    {"temp_store_directory", "data_store_directory", "trusted_schema", "writable_schema"}
)


def open_readonly(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """Open a database file for reading only.

    `mode=ro`: of a database in WAL mode SQLite itself keeps empty `-wal` and `-shm` files beside it. A database
    in WAL mode whose directory cannot be written (so that SQLite could not make them) is opened with
    `immutable=1`, and only when no `-wal` file holds newer rows (https://www.sqlite.org/uri.html,
    https://www.sqlite.org/wal.html#readonly).
    Raises SqlportError for a file that is missing, not a database, encrypted or locked.
    """
    file = Path(path)
    _check_file(file)
    connection = _connect(file, "mode=ro")
    try:
        _read(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        if not _may_be_immutable(file, error):
            raise _explained(file, error) from None
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _explained(file, error) from None
    else:
        return _ready(connection)
    connection = _connect(file, "mode=ro&immutable=1")
    try:
        _read(connection)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise _explained(file, error) from None
    return _ready(connection)


def new_file(path: str | os.PathLike[str]) -> sqlite3.Connection:
    """Make a database file to write to. Raises SqlportError where there is a file already, or none can be made."""
    file = Path(path)
    if file.exists():
        raise SqlportError(f"{file}: is there already; name a file that is not, nothing is ever written over")
    try:
        return sqlite3.connect(file, isolation_level=None)
    except sqlite3.Error as error:
        raise SqlportError(f"{file}: cannot be made: {error}") from None


def scratch() -> sqlite3.Connection:
    """An empty database in memory for statements of unknown origin.

    ATTACH (and with it VACUUM INTO), loading of extensions and access to files are refused, functions with side
    effects may not be called from the schema (https://www.sqlite.org/security.html).
    """
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.set_authorizer(_authorize)
    return connection


def _authorize(action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    if action == sqlite3.SQLITE_ATTACH and first == "":
        return sqlite3.SQLITE_OK  # a private temporary database: plain VACUUM attaches one
    if action in _REFUSED_ACTIONS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and (first or "").lower() in _REFUSED_PRAGMAS and second is not None:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def _connect(file: Path, options: str) -> sqlite3.Connection:
    # isolation_level None: no transaction is opened behind the caller's back; timeout in seconds.
    uri = "file:" + quote(str(file.absolute())) + "?" + options
    return sqlite3.connect(uri, uri=True, timeout=2.0, isolation_level=None)


def _ready(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _read(connection: sqlite3.Connection) -> None:
    """Make SQLite read the header and the schema: opening alone reads nothing."""
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _check_file(file: Path) -> None:
    """Refuse what SQLite would answer with `unable to open database file`, or take for an empty database."""
    try:
        if file.is_dir():
            raise SqlportError(f"{file}: is a directory, a SQLite file is needed")
        with file.open("rb") as stream:
            header = stream.read(16)
    except FileNotFoundError:
        raise SqlportError(f"{file}: no such file, give the path of a SQLite database") from None
    except OSError as error:
        raise SqlportError(f"{file}: cannot be read: {error.strerror}") from None
    if header and header != _HEADER:
        raise SqlportError(
            f"{file}: is not a SQLite 3 database, or it is encrypted (SQLCipher, SEE): "
            "give a plain SQLite file (sqlcipher_export makes one)"
        )


def _may_be_immutable(file: Path, error: sqlite3.OperationalError) -> bool:
    """Whether SQLite failed only because it cannot write beside the file, and the file alone is the database."""
    if "locked" in str(error) or "busy" in str(error):
        return False
    wal, journal = Path(f"{file}-wal"), Path(f"{file}-journal")
    if any(each.exists() and each.stat().st_size > 0 for each in (wal, journal)):
        return False
    return not wal.exists() and not os.access(file.parent, os.W_OK)


def _explained(file: Path, error: sqlite3.DatabaseError) -> SqlportError:
    text = str(error)
    if "locked" in text or "busy" in text:
        return SqlportError(f"{file}: is locked by another process: try again when it is done, or give a copy")
    if "not a database" in text or "encrypted" in text:
        return SqlportError(f"{file}: is not a SQLite 3 database, or it is encrypted: give a plain SQLite file")
    if "malformed" in text:
        return SqlportError(f"{file}: is damaged ({text}): try sqlite3 {file.name} .recover")
    wal = Path(f"{file}-wal")
    if wal.exists():
        return SqlportError(
            f"{file}: cannot be opened read-only ({text}): {wal.name} holds newer rows and its directory cannot "
            "be written; copy both files to a directory that can"
        )
    return SqlportError(f"{file}: cannot be opened: {text}")
