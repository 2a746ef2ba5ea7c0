"""A copy of the SQLite file before anything starts, with a manifest that tells what it held and how it was made."""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Final

from sqlport.catalog.names import quoted
from sqlport.data import moments
from sqlport.model import SqlportError

_PRAGMAS: Final = ("encoding", "page_size", "auto_vacuum", "journal_mode", "user_version", "application_id")
_SUFFIX: Final = ".manifest.json"
_PAGES: Final = 4096
_SAMPLED: Final = 1000
_MOMENT: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][ T][0-9][0-9]:*"


@dataclass(frozen=True, slots=True)
class Original:
    """What a SQLite file was besides its rows: definitions (type, name, SQL) in order, settings, AUTOINCREMENT.

    `moments` is how the first moment in a column is written (`table.column`, see `moments.form`).
    """

    definitions: tuple[tuple[str, str, str], ...]
    pragmas: Mapping[str, str | int]
    sequences: Mapping[str, int]
    moments: Mapping[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """SHA-256 of the definitions."""
        return hashlib.sha256("\n".join(sql for _, _, sql in self.definitions).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Manifest:
    """The description of a backup, kept beside it.

    `fingerprint` is that of the source, `sha256` that of the backup; `tables` has the number of rows of each.
    """

    source: str
    made: str
    fingerprint: str
    file: str
    sha256: str
    size: int
    tables: Mapping[str, int]
    digest: str
    original: Original


def original_of(connection: sqlite3.Connection) -> Original:
    """What the file is. Raises sqlite3.Error."""
    connection.text_factory = str
    rows = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY rowid"
    ).fetchall()
    pragmas = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in _PRAGMAS}
    sequences: dict[str, int] = {}
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'").fetchone():
        sequences = dict(connection.execute("SELECT name, seq FROM sqlite_sequence"))
    tables = [name for kind, name, sql in rows if kind == "table" and not sql[:15].upper().startswith("CREATE VIRTUAL")]
    forms = {label: form for table in tables for label, form in _moments(connection, table)}
    return Original(tuple((kind, name, sql) for kind, name, sql in rows), pragmas, sequences, forms)


def _moments(connection: sqlite3.Connection, table: str) -> Iterator[tuple[str, str]]:
    """How moments are written in the columns that have one among their first values."""
    for _, name, declared, *_ in connection.execute(f"PRAGMA table_info({quoted(table)})").fetchall():
        if not re.search("date|time", declared, re.IGNORECASE):
            continue
        some = f"SELECT {quoted(name)} AS v FROM {quoted(table)} WHERE typeof({quoted(name)}) = 'text' LIMIT {_SAMPLED}"
        connection.text_factory = bytes  # it may be no UTF-8
        row = connection.execute(f"SELECT v FROM ({some}) WHERE v GLOB '{_MOMENT}' LIMIT 1").fetchone()
        connection.text_factory = str
        if row and (form := moments.form(row[0])):
            yield f"{table}.{name}", form


def back_up(source: Path, folder: Path, fingerprint: str) -> Path:
    """Copy the file by SQLite's online backup API and write the manifest; the manifest's path.

    A backup of the same content that is there already is kept. Raises SqlportError where it cannot be written.
    https://www.sqlite.org/backup.html
    """
    from sqlport.engines.sqlite import new_file, open_readonly

    file = folder / f"{source.stem}-{fingerprint[:12]}.db"
    manifest = file.with_name(file.name + _SUFFIX)
    if manifest.exists() and file.exists() and read_manifest(manifest).sha256 == _sha256(file):
        return manifest
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        with closing(open_readonly(source)) as opened, closing(new_file(file)) as copy:
            opened.backup(copy, pages=_PAGES)
        with closing(open_readonly(file)) as copy:
            original, tables = original_of(copy), _counts(copy)
        made = datetime.now(timezone.utc).isoformat(timespec="seconds")
        told = Manifest(
            source.as_posix(),
            made,
            fingerprint,
            file.name,
            _sha256(file),
            file.stat().st_size,
            tables,
            original.digest,
            original,
        )
        manifest.write_text(json.dumps(asdict(told), indent=1) + "\n", encoding="utf-8")
    except (OSError, sqlite3.Error) as error:
        raise SqlportError(
            f"{file}: the backup cannot be made ({error}): name another folder by --backup, or give --no-backup"
        ) from None
    return manifest


def _counts(connection: sqlite3.Connection) -> dict[str, int]:
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
    counts = {}
    for (name,) in names:
        try:
            (counts[name],) = connection.execute(f"SELECT count(*) FROM {quoted(name)}").fetchone()
        except sqlite3.OperationalError:
            continue  # a virtual table whose module this SQLite lacks
    return counts


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def read_manifest(path: Path) -> Manifest:
    """The description of a backup. Raises SqlportError for a file that is none."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        original = found.pop("original")
        definitions = tuple((kind, name, sql) for kind, name, sql in original["definitions"])
        return Manifest(**found, original=_original(definitions, original))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SqlportError(f"{path}: is no manifest of a backup ({error})") from None


def _original(definitions: tuple[tuple[str, str, str], ...], found: Mapping[str, Any]) -> Original:
    return Original(definitions, found["pragmas"], found["sequences"], found.get("moments", {}))


def newest(folder: Path) -> Path | None:
    """The manifest of the latest backup in a folder."""
    found: Sequence[Path] = sorted(folder.glob(f"*{_SUFFIX}"), key=lambda each: read_manifest(each).made)
    return found[-1] if found else None


def original_from(path: Path) -> Original:
    """The original as a SQLite file or the manifest of a backup tells it. Raises SqlportError."""
    from sqlport.engines.sqlite import open_readonly

    if path.name.endswith(_SUFFIX):
        return read_manifest(path).original
    with closing(open_readonly(path)) as connection:
        return original_of(connection)
