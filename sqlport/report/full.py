"""The format for people: each finding with the user's lines, the SQL, the fix and what speaks against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from sqlport.model import Applicability, FileEdit, Finding, Fix, Statement, Verdict
from sqlport.report.concise import mark
from sqlport.report.frame import Lines, change, frame
from sqlport.report.paint import Paint, painter, printable
from sqlport.results import Report

_LONGEST_SQL = 600
_LinesOf = Callable[[str], "Lines | None"]


def render(report: Report, *, color: bool = False) -> str:
    """Every finding that is left, as a block of lines."""
    return "".join("\n".join(block) + "\n\n" for block in blocks(report, report.left, painter(color)))


def blocks(report: Report, findings: Sequence[Finding], paint: Paint) -> Iterator[list[str]]:
    """The lines of each finding; of several in one statement the first shows its SQL."""
    statements = {statement.id: statement for statement in report.statements}

    @lru_cache(maxsize=8)
    def lines(path: str) -> Lines | None:
        return Lines.of(report.sources[path]) if path in report.sources else None

    previous: Statement | None = None
    for finding in findings:
        statement = statements.get(finding.statement_id)
        told = previous is not None and previous is statement
        previous = statement
        yield [
            *_head(finding, lines, paint),
            *(() if told else _sql(finding, statement, paint)),
            *_fix(finding, lines, paint),
            *_notes(finding, statement, report.verdicts.get(finding.statement_id), paint),
        ]


def _head(finding: Finding, lines: _LinesOf, paint: Paint) -> Iterator[str]:
    tag = mark(finding)
    yield f"{paint(finding.code, 'bold red')} {tag + ' ' if tag else ''}{finding.name}: {printable(finding.message)}"
    place = finding.place
    if place is None:
        return
    yield f"  {paint('-->', 'blue')} {printable(place.path)}:{place.line}:{place.column}"
    source = lines(place.path)
    if source is not None and place.line <= len(source):
        yield from frame(place, source, paint)


def _sql(finding: Finding, statement: Statement | None, paint: Paint) -> Iterator[str]:
    """The statement, where the frame cannot show it whole: it has holes, or it is written in several places."""
    if statement is None:
        return
    elsewhere = (statement.sink_path, statement.sink_line) if statement.sink_path else None
    if elsewhere and finding.place and not _near(finding, statement):
        yield _note(paint, "runs at", f"{printable(statement.sink_path)}:{statement.sink_line} ({statement.sink})")
    literals = {(origin.literal.path, origin.literal.start) for origin in statement.origins}
    if statement.holes or len(literals) > 1:
        yield _note(paint, "sql", _with_holes(statement, paint))
    for hole in statement.holes:
        yield _note(paint, "hole", f"{{{hole.name}}} ({hole.kind.value}) is {printable(hole.source)[:100]}")


def _near(finding: Finding, statement: Statement) -> bool:
    place = finding.place
    if place is None or place.path != statement.sink_path:
        return False
    return place.line - 1 <= statement.sink_line <= place.end_line + 1 or (
        statement.line - 1 <= statement.sink_line <= statement.end_line + 1
    )


def _with_holes(statement: Statement, paint: Paint) -> str:
    parts, at = [], 0
    for hole in sorted(statement.holes, key=lambda hole: hole.start):
        parts += [statement.sql[at : hole.start], paint(statement.sql[hole.start : hole.end], "bold magenta")]
        at = hole.end
    parts.append(statement.sql[at:])
    flat = [part if number % 2 else printable(" ".join(_padded(part))) for number, part in enumerate(parts)]
    whole = "".join(flat).strip()
    return whole if len(whole) <= _LONGEST_SQL else whole[:_LONGEST_SQL] + "…"


def _padded(part: str) -> list[str]:
    """The words of a part, with an empty one at an end that had white space."""
    words = part.split()
    before = [""] if part[:1].isspace() else []
    after = [""] if words and part[-1:].isspace() else []
    return [*before, *words, *after] if words else before * 2


def _fix(finding: Finding, lines: _LinesOf, paint: Paint) -> Iterator[str]:
    fix = finding.fix
    if fix is None or not fix.files:
        return
    by_path: dict[str, list[FileEdit]] = {}
    for edit in fix.files:
        by_path.setdefault(edit.path, []).append(edit)
    yield _note(paint, f"fix ({fix.applicability.value})", _means(fix))
    for path, edits in by_path.items():
        source = lines(path)
        if source is None:
            continue
        if finding.place is None or path != finding.place.path:
            yield f"  {paint('-->', 'blue')} {printable(path)}"
        yield from change(edits, source, paint)


def _means(fix: Fix) -> str:
    ways = {
        Applicability.SAFE: "sqlport fix --write",
        Applicability.UNSAFE: "sqlport fix --write --unsafe",
        Applicability.MANUAL: "by hand",
    }
    return ways[fix.applicability]


def _notes(finding: Finding, statement: Statement | None, verdict: Verdict | None, paint: Paint) -> Iterator[str]:
    fix = finding.fix
    if fix is not None and fix.condition:
        label = "unsafe" if fix.applicability is Applicability.UNSAFE else "note"
        yield _note(paint, label, f"right only if {printable(fix.condition)}")
    if fix is not None and fix.reason:
        yield _note(paint, "not applied", printable(why_not(fix.reason)))
    if verdict is not None and verdict.kind == "rejected" and finding.code == "SQP004":
        yield _note(paint, f"SQLSTATE {verdict.sqlstate}", printable(verdict.message))


REASONS = {
    "no-schema": "a table of the statement is not known, so PostgreSQL could not plan it; give --schema or --sqlite",
    "hole": "a part that the program computes touches the change",
    "manual-left": "the statement has another difference that has to be ported by hand",
    "rejected": "PostgreSQL rejects the ported statement",
    "no-server": "no PostgreSQL was asked, so the port is not verified; --write-unverified writes it all the same",
    "conflicting-uses": "the text is used by several statements that do not agree on the change",
}
"""What the reasons for which a fix is not written mean."""


def why_not(reason: str) -> str:
    """The sentence for a reason (`no-schema: no such table: users`)."""
    word, _, detail = reason.partition(": ")
    text = REASONS.get(word)
    if text is None:
        return reason
    return f"{text} ({detail})" if detail else text


def _note(paint: Paint, label: str, text: str) -> str:
    return f"  {paint('=', 'blue')} {paint(label, 'bold')}: {text}" if text else f"  {paint('=', 'blue')} {label}"
