"""Verdicts that can be committed: one small file for each statement, so that branches do not conflict."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlport.model import ResultColumn, ServerInfo, SqlportError, Target, Verdict

#: Raised when the meaning of an entry changes: older entries then are stale.
FORMAT = 1

#: Where the ledger lies, below the project's root.
FOLDER = Path(".sqlport") / "verified"

#: What keeps its spacing (strings, quoted names, dollar quotes), and comments and white space, which do not count.
_PARTS = re.compile(
    r"(?P<kept>'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`[^`]*`|(?P<dollar>\$\w*\$).*?(?P=dollar))"
    r"|(?:--[^\n]*|/\*.*?\*/|\s+)+",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What was asked and what PostgreSQL `major` said; `key` is the name of its file."""

    key: str
    source: str
    ported: str
    schema: str
    target: Target
    major: int
    types: tuple[str | None, ...]
    verdict: Verdict


def normalised(sql: str) -> str:
    """The text with comments and runs of white space as one blank, strings and quoted names untouched."""
    return _PARTS.sub(lambda match: match["kept"] or " ", sql).strip().rstrip(";").rstrip()


def key(source: str, ported: str, schema: str, target: Target, major: int, *, types: Sequence[str | None] = ()) -> str:
    """The name of an entry: 32 hexadecimal digits over all that a verdict depends on.

    `schema` is the digest of the ported schema, `major` the server's version, `types` the Python types that the
    statement was asked with.
    """
    parts = [FORMAT, normalised(source), ported, schema, _target(target), major, list(types)]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:32]


def entry(
    source: str,
    ported: str,
    schema: str,
    target: Target,
    major: int,
    *,
    verdict: Verdict,
    types: Sequence[str | None] = (),
) -> Entry:
    """An entry ready to be stored."""
    name = key(source, ported, schema, target, major, types=types)
    return Entry(name, source, ported, schema, target, major, tuple(types), verdict)


def store(root: Path, entries: Iterable[Entry]) -> int:
    """Write the entries below `root`, each at once or not at all; returns how many files changed."""
    folder = root / FOLDER
    changed = 0
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in entries:
            data = _encoded(each)
            target = folder / f"{each.key}.json"
            if target.is_file() and target.read_bytes() == data:
                continue
            draft = folder / f".{each.key}.{os.getpid()}"
            draft.write_bytes(data)
            draft.replace(target)
            changed += 1
    except OSError as error:
        raise SqlportError(f"{error.filename}: the ledger cannot be written: {error.strerror}") from None
    return changed


def load(root: Path) -> dict[str, Entry]:
    """All entries below `root` by key; SqlportError for a file that is not an entry."""
    folder = root / FOLDER
    found: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            each = _decoded(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise SqlportError(
                f"{path}: is not an entry of the ledger ({error}): remove it and run sqlport verify"
            ) from None
        if each is not None and each.key != path.stem:
            raise SqlportError(f"{path}: was changed by hand or renamed: remove it and run sqlport verify")
        if each is not None:
            found[each.key] = each
    return found


def lookup(
    entries: Mapping[str, Entry],
    source: str,
    ported: str,
    schema: str,
    target: Target,
    *,
    types: Sequence[str | None] = (),
) -> Entry | None:
    """The entry of a statement: of the target's major if there is one, else of the newest major it was asked on."""
    majors = sorted({each.major for each in entries.values()}, reverse=True)
    majors.sort(key=lambda major: major != target.postgres_version)
    for major in majors:
        found = entries.get(key(source, ported, schema, target, major, types=types))
        if found is not None:
            return found
    return None


def stale(entries: Iterable[str], wanted: Iterable[str]) -> tuple[str, ...]:
    """The keys of entries that no statement asks for any more: the statement, schema or target has changed."""
    return tuple(sorted(set(entries) - set(wanted)))


def prune(root: Path, keys: Iterable[str]) -> None:
    """Remove the files of these entries."""
    for each in keys:
        (root / FOLDER / f"{each}.json").unlink(missing_ok=True)


def _target(target: Target) -> dict[str, Any]:
    return {name: _plain(getattr(target, name)) for name in sorted(Target.__dataclass_fields__)}


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _encoded(each: Entry) -> bytes:
    """Sorted keys and a closing newline; the server's minor version is left out: it would change on every machine."""
    verdict = each.verdict
    document = {
        "format": FORMAT,
        "source": each.source,
        "ported": each.ported,
        "schema": each.schema,
        "types": list(each.types),
        "postgres": each.major,
        "target": _target(each.target),
        "verdict": {
            "kind": verdict.kind,
            "reason": verdict.reason,
            "sqlstate": verdict.sqlstate,
            "message": verdict.message,
            "position": verdict.position,
            "parameters": list(verdict.parameters),
            "columns": [[column.label, column.type] for column in verdict.columns],
        },
    }
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")


def _decoded(document: dict[str, Any]) -> Entry | None:
    """An entry of a stored document; None for another format, which makes it stale."""
    if document["format"] != FORMAT:
        return None
    stored, major = document["verdict"], document["postgres"]
    verdict = Verdict(
        stored["kind"],
        stored["reason"],
        stored["sqlstate"],
        stored["message"],
        stored["position"],
        tuple(stored["parameters"]),
        tuple(ResultColumn(label, type_) for label, type_ in stored["columns"]),
        ServerInfo("ledger", major, str(major), "C"),
    )
    target = Target(**document["target"])
    texts = (document["source"], document["ported"], document["schema"])
    return entry(*texts, target, major, verdict=verdict, types=document["types"])
