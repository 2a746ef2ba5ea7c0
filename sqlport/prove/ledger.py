"""Proofs that can be committed: one small file for each statement, so that branches do not conflict."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlport.model import Difference, Proof, SqlportError, Target
from sqlport.verify.ledger import normalised

#: Raised when proofs begin to mean something else (new values are dealt, more is compared): older ones then are stale.
FORMAT = 3

#: Where the proofs lie, below the project's root.
FOLDER = Path(".sqlport") / "proven"

_NOT_YET = Proof("unproven", "not-yet")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was compared and with which result; `key` is the name of its file."""

    key: str
    source: str
    ported: str
    major: int
    proof: Proof = _NOT_YET


def schema_digest(original: Sequence[str], ported: Sequence[str]) -> str:
    """A name for both engines' definitions of the tables."""
    text = "\0".join(each.strip() for each in (*original, "", *ported))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def entry(
    source: str,
    ported: str,
    schema: str,
    target: Target,
    major: int,
    runs: tuple[int, int],
    types: Sequence[str | None] = (),
) -> Entry:
    """An entry without its proof, under the name of all that a proof depends on.

    `runs` are the number of universes and the seed of the first, `types` the Python types of the parameters.
    """
    about = {name: getattr(target, name) for name in sorted(Target.__dataclass_fields__)}
    about["types"] = dict(target.types)
    parts = [FORMAT, normalised(source), ported, schema, about, major, list(runs), list(types)]
    text = json.dumps(parts, sort_keys=True, ensure_ascii=True)
    return Entry(hashlib.sha256(text.encode("ascii")).hexdigest()[:32], source, ported, major)


def store(root: Path, entries: Iterable[Entry]) -> None:
    """Write the entries below `root`, each whole or not at all. Raises SqlportError."""
    folder = root / FOLDER
    try:
        for each in entries:
            folder.mkdir(parents=True, exist_ok=True)
            data = _encoded(each)
            path = folder / f"{each.key}.json"
            if path.is_file() and path.read_bytes() == data:
                continue
            draft = folder / f".{each.key}.{os.getpid()}"
            draft.write_bytes(data)
            draft.replace(path)
    except OSError as error:
        raise SqlportError(f"{error.filename}: the ledger cannot be written: {error.strerror}") from None


def load(root: Path) -> dict[str, Entry]:
    """All entries below `root` by key; SqlportError for a file that is not an entry."""
    found: dict[str, Entry] = {}
    for path in sorted((root / FOLDER).glob("*.json")):
        try:
            each = _decoded(path.stem, json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise SqlportError(f"{path}: is no entry of the ledger ({error}): remove it, run sqlport prove") from None
        if each is not None:
            found[each.key] = each
    return found


def prune(root: Path, keys: Iterable[str]) -> None:
    """Remove the files of these entries."""
    for each in keys:
        (root / FOLDER / f"{each}.json").unlink(missing_ok=True)


def _encoded(each: Entry) -> bytes:
    """Sorted keys and a closing newline; the server's minor version would change on every machine."""
    proof = each.proof
    document: dict[str, Any] = {
        "format": FORMAT,
        "source": each.source,
        "ported": each.ported,
        "postgres": each.major,
        "proof": {
            "kind": proof.kind,
            "reason": proof.reason,
            "stand_ins": list(proof.stand_ins),
            "runs": proof.runs,
            "difference": asdict(proof.difference) if proof.difference else None,
        },
    }
    return (json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True) + "\n").encode("ascii")


def _decoded(key: str, document: dict[str, Any]) -> Entry | None:
    """An entry of a stored document; None for another format, which makes it stale."""
    if document["format"] != FORMAT:
        return None
    stored = document["proof"]
    told = stored["difference"]
    difference = None
    if told is not None:
        sqlite, postgres = tuple(told.pop("sqlite")), tuple(told.pop("postgres"))
        difference = Difference(**told, sqlite=sqlite, postgres=postgres)
    proof = Proof(stored["kind"], stored["reason"], difference, tuple(stored["stand_ins"]), stored["runs"])
    return Entry(key, document["source"], document["ported"], document["postgres"], proof)
