"""Which engine Rust code speaks to: the types it names, else the features of the crate's Cargo.toml."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from sqlport.model import Dialect

_SQLITE = re.compile(
    rb"\bSqlite(?:Pool\w*|Connect\w*|Row|Executor|Quer\w*|Arguments)?\b|\bsqlx::sqlite\b|\brusqlite\b|\bdiesel::sqlite\b"
)
_POSTGRES = re.compile(
    rb"\bPg(?:Pool\w*|Connect\w*|Row|Executor|Arguments)\b|\bsqlx::postgres\b|\bsqlx::Postgres\b|\btokio_postgres\b"
    rb"|\bdiesel::pg\b|\bdeadpool_postgres\b"
)
_OTHER = re.compile(rb"\bMySql(?:Pool\w*|Connect\w*|Row)\b|\bsqlx::(?:mysql|any)\b|\bAnyPool\b")
_DEPENDENCY = re.compile(
    r"(?m)^\s*(?P<name>sqlx|rusqlite|diesel|tokio-postgres|libsql)\s*(?:\.workspace)?\s*=\s*(?P<value>[^\n]*(?:\n\s+[^\n=]*)*)"
)


def dialect_of_code(data: bytes) -> Dialect | None:
    """What the file's own types say; None when they say nothing or several things."""
    sqlite, postgres = _SQLITE.search(data), _POSTGRES.search(data)
    if bool(sqlite) == bool(postgres) or _OTHER.search(data):
        return "unknown" if sqlite or postgres else None
    return "sqlite" if sqlite else "postgres"


def dialect_of_crate(path: str) -> Dialect:
    """What the features of the crate that a file belongs to say; `unknown` where it may be several engines."""
    return _of_folder(str(Path(path).absolute().parent))


@lru_cache(maxsize=4096)
def _of_folder(folder: str) -> Dialect:
    here = Path(folder)
    manifest = here / "Cargo.toml"
    above = here.parent if here != here.parent else None
    try:
        text = manifest.read_text("utf-8", "replace") if manifest.is_file() else ""
    except OSError:
        text = ""
    engines: set[Dialect] = set()
    inherited = False
    for match in _DEPENDENCY.finditer(text):
        value = match["value"]
        inherited = inherited or "workspace" in match.group()
        if match["name"] in ("rusqlite", "libsql") or '"sqlite' in value:
            engines.add("sqlite")
        if match["name"] == "tokio-postgres" or '"postgres' in value:
            engines.add("postgres")
        if '"mysql' in value or '"any"' in value:
            engines.add("unknown")
    if engines:
        return engines.pop() if len(engines) == 1 else "unknown"
    if above is None or (text and not inherited and "[workspace]" in text) or (here / ".git").exists():
        return "unknown"
    return _of_folder(str(above))
