"""Findings that were there before sqlport came: recognised by fingerprint, let pass, and counted down."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlport.model import Finding, SqlportError, Statement
from sqlport.results import Report, Stale

if TYPE_CHECKING:
    from sqlport.config import Config

VERSION = 1
_EXCERPT = 120
_PIECE = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\s+|[^\s'\"/-]+|.", re.DOTALL)


def normalised(sql: str) -> str:
    """The SQL without comments and layout, in lower case outside quotes: what a fingerprint is made of."""
    parts: list[str] = []
    for match in _PIECE.finditer(sql):
        piece = match[0]
        if piece.isspace() or (len(piece) > 1 and piece.startswith(("--", "/*"))):
            piece = " "
        parts.append(piece if piece[0] in "'\"" else piece.lower())
    return re.sub(r" +", " ", "".join(parts)).strip(" ;")


def fingerprinted(
    findings: Iterable[Finding],
    statements: Iterable[Statement] = (),
    sources: Mapping[str, str] | None = None,
    *,
    relative: Callable[[str], str] = str,
) -> tuple[Finding, ...]:
    """The findings with their fingerprints: a hash of rule, normalised SQL and path.

    Equal ones are numbered in the order they stand in the file, so that each is its own. What has no statement
    takes the text of its lines from `sources`. `relative` makes paths independent of the working directory.
    """
    by_id = {statement.id: statement for statement in statements}
    text = _Texts(by_id, sources or {})
    found = list(findings)
    seen: dict[tuple[str, str, str], int] = {}
    marked: dict[int, str] = {}
    for number in sorted(range(len(found)), key=lambda number: _order(found[number])):
        finding = found[number]
        path = relative(finding.place.path) if finding.place else ""
        key = (finding.code, text.of(finding), path)
        seen[key] = seen.get(key, -1) + 1
        marked[number] = _hash(*key, str(seen[key]))
    return tuple(replace(finding, fingerprint=marked[number]) for number, finding in enumerate(found))


def read(path: Path) -> tuple[Stale, ...]:
    """The entries of a baseline file. Raises SqlportError when it cannot be read or is none."""
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["version"] != VERSION:
            raise SqlportError(f"{path}: a baseline of version {content['version']}; write it anew")
        return tuple(_entry(item) for item in content["findings"])
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise SqlportError(f"{path}: the baseline cannot be read ({why}); make it with --write-baseline") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SqlportError(f"{path}: is no baseline of sqlport; make it anew with --write-baseline") from error


def applied(
    report: Report,
    entries: Sequence[Stale],
    *,
    relative: Callable[[str], str] = str,
    exists: Callable[[str], bool] = lambda path: True,
) -> Report:
    """The report without the findings that the baseline knows; they are counted in `known`.

    An entry is stale when its finding is gone though its file was looked at, or when its file is gone:
    `exists` is asked with the entry's path.
    """
    waiting = {entry.fingerprint: entry for entry in entries}
    kept = []
    known = 0
    for finding in report.findings:
        if waiting.pop(finding.fingerprint, None) is None:
            kept.append(finding)
        else:
            known += 1
    looked_at = {relative(path) for path in report.files}
    stale = tuple(entry for entry in waiting.values() if entry.path in looked_at or not exists(entry.path))
    return replace(report, findings=tuple(kept), known=report.known + known, stale=(*report.stale, *stale))


def let_pass(report: Report, config: Config) -> Report:
    """The report without what the baseline of the settings knows; as it is when there is none or it was asked.

    Raises SqlportError when the file cannot be read.
    """
    if config.baseline is None or report.known or report.stale:
        return report
    entries = read(config.baseline)
    return applied(report, entries, relative=config.relative, exists=lambda path: (config.root / path).exists())


def render(report: Report, *, relative: Callable[[str], str] = str) -> str:
    """The text of a baseline that lets every finding of the report pass: sorted, one entry a line."""
    texts = _Texts({statement.id: statement for statement in report.statements}, report.sources)
    rows = []
    for finding in report.findings:
        path = relative(finding.place.path) if finding.place else ""
        rows.append((path, finding.code, texts.of(finding)[:_EXCERPT], finding.fingerprint))
    lines = [
        json.dumps({"path": path, "code": code, "sql": sql, "fingerprint": mark}, ensure_ascii=False)
        for path, code, sql, mark in sorted(rows)
    ]
    body = ",\n".join(lines)
    return (
        f'{{"version": {VERSION}, "findings": [\n{body}\n]}}\n'
        if lines
        else f'{{"version": {VERSION}, "findings": []}}\n'
    )


class _Texts:
    """What a finding is about, as normalised text."""

    def __init__(self, statements: Mapping[str, Statement], sources: Mapping[str, str]) -> None:
        self._statements = statements
        self._sources = sources
        self._lines: dict[str, list[str]] = {}
        self._done: dict[str, str] = {}

    def of(self, finding: Finding) -> str:
        statement = self._statements.get(finding.statement_id)
        if statement is None:
            return self._excerpt(finding)
        if statement.id not in self._done:
            self._done[statement.id] = normalised(statement.sql)
        return self._done[statement.id]

    def _excerpt(self, finding: Finding) -> str:
        place = finding.place
        if place is None or place.path not in self._sources:
            return ""
        if place.path not in self._lines:
            self._lines[place.path] = self._sources[place.path].splitlines()
        return " ".join(" ".join(self._lines[place.path][place.line - 1 : place.end_line]).split())


def _order(finding: Finding) -> tuple[str, int, int, str]:
    place = finding.place
    return (place.path, place.line, place.column, finding.code) if place else ("", 0, 0, finding.code)


def _hash(*parts: str) -> str:
    whole = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(whole).hexdigest()[:16]


def _entry(item: Any) -> Stale:
    return Stale(str(item["fingerprint"]), str(item["code"]), str(item["path"]), str(item["sql"]))
