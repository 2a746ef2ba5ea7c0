"""SQL files as a host: a script is split as SQLite's shell splits it, and every character is its own origin."""

from __future__ import annotations

import bisect
import hashlib
import re
from collections.abc import Mapping, Sequence

from sqlport.files import encode
from sqlport.hosts import Extraction, Refusal, Settings, Suppression
from sqlport.hosts.mapping import LiteralEdit, Unmappable, apart, literal_edits, refusal
from sqlport.model import (
    Applicability,
    Dialect,
    Edit,
    Effect,
    FileEdit,
    Finding,
    Literal,
    Origin,
    Place,
    Severity,
    SourceFile,
    Span,
    Statement,
)

_BAD_BYTE = re.compile("[\udc80-\udcff]")
_FILE_IGNORE = re.compile(r"--\s*sqlport:\s*file-ignore\[(?P<codes>[^\]\n]*)\](?:\s*(?:--|:)\s*(?P<reason>[^\n]*))?")
_PSQL = re.compile(r"^\\(?:c|connect|i|ir|copy|set|restrict|unrestrict|echo|timing|pset|gset|encoding)\b", re.MULTILINE)
_COPY_DATA = re.compile(r"(?im)^copy\s[^;]*\sfrom\s+stdin\b")
_DUMP = re.compile(r"^-- PostgreSQL database dump", re.MULTILINE)


def extract(file: SourceFile, settings: Settings) -> Extraction:
    """The statements of an `.sql` file, its dot-commands as findings, and its suppressions."""
    from sqlport.sql.split import split

    bad = _BAD_BYTE.search(file.text)
    if bad is not None:
        return Extraction(findings=(_undecodable(file, bad),))
    text = file.text
    lines = _Lines(text)
    dialect = settings.dialect or _file_dialect(text)
    literal = Literal(file.path, 0, len(text), host="sql")
    statements: list[Statement] = []
    findings: list[Finding] = []
    made: dict[str, int] = {}
    if dialect == "postgres" and (command := _PSQL.search(text) or _COPY_DATA.search(text)):
        findings.append(_psql(file.path, lines, Span(command.start(), command.end()), command.group()))
        return Extraction((), tuple(findings), tuple(_suppressions(file, lines, ())))
    for piece in split(text):
        if piece.dot_command:
            findings.append(_dot_command(file.path, lines, piece.span, piece.span.of(text)))
            continue
        sql = piece.span.of(text)
        count = made[sql] = made.get(sql, 0) + 1
        line, column = lines.place(piece.span.start)
        end_line, _ = lines.place(max(piece.span.end - 1, piece.span.start))
        statements.append(
            Statement(
                id=hashlib.sha256(f"{file.path}\0{sql}\0{count}".encode()).hexdigest()[:12],
                path=file.path,
                line=line,
                column=column,
                end_line=end_line,
                host="sql",
                dialect=dialect if dialect != "unknown" else _statement_dialect(sql),
                sink="script",
                sink_path=file.path,
                sink_line=line,
                sql=sql,
                origins=(Origin(0, len(sql), literal, piece.span.start),),
            )
        )
    return Extraction(tuple(statements), tuple(findings), tuple(_suppressions(file, lines, statements)))


def map_edits(
    statement: Statement, edits: Sequence[Edit], files: Mapping[str, SourceFile]
) -> tuple[FileEdit, ...] | Refusal:
    """A statement's edits as edits of its file; see `sqlport.hosts.python.map_edits`."""
    try:
        return written(literal_edits(statement, edits), files)
    except Unmappable as problem:
        return refusal(statement.id, problem)


def apply(file: SourceFile, edits: Sequence[FileEdit]) -> str:
    """The file's text with the edits made. Raises Unmappable when they overlap or the encoding loses bytes."""
    ordered = apart(edits)
    if not ordered:
        return file.text
    if encode(file, file.text) != file.data:
        raise Unmappable("encoding")
    pieces: list[str] = []
    at = 0
    for edit in ordered:
        pieces += (file.text[at : edit.start], edit.text)
        at = edit.end
    return "".join(pieces) + file.text[at:]


def written(edits: Sequence[LiteralEdit], files: Mapping[str, SourceFile]) -> tuple[FileEdit, ...]:
    """Edits of literals as edits of files. Raises Unmappable."""
    found = []
    for edit in edits:
        file = files.get(edit.literal.path)
        if file is None:
            raise Unmappable("other-file")
        if file.text[edit.start : edit.end] != edit.old or edit.end > len(file.text):
            raise Unmappable("stale")
        text = edit.text
        if "\n" in text and "\r\n" in file.text:
            text = re.sub(r"\r?\n", "\r\n", text)
        found.append(FileEdit(file.path, edit.start, edit.end, text))
    return tuple(sorted(found, key=lambda edit: (edit.start, edit.end)))


class _Lines:
    """Offsets as 1-based lines and columns; a line ends at `\\n`, `\\r\\n` or `\\r`."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


def _file_dialect(text: str) -> Dialect:
    """What a whole script shows: psql's own commands and dumps are PostgreSQL's."""
    if _DUMP.search(text) or _COPY_DATA.search(text) or _PSQL.search(text):
        return "postgres"
    from sqlport.hosts.python.dialects import dialect_of_text

    return dialect_of_text(text, any_format=True)


def _statement_dialect(sql: str) -> Dialect:
    from sqlport.hosts.python.dialects import dialect_of_text

    return dialect_of_text(sql, any_format=True)


def _finding(path: str, lines: _Lines, span: Span, message: str, code: str = "SQP002") -> Finding:
    line, column = lines.place(span.start)
    end_line, end_column = lines.place(span.end)
    return Finding(
        code=code,
        name="invalid-sql" if code == "SQP002" else "invalid-source",
        effect=Effect.REJECTED,
        severity=Severity.ERROR,
        message=message,
        span=span,
        applicability=Applicability.MANUAL,
        place=Place(path, line, column, end_line, end_column),
    )


_DOT_ADVICE = {
    ".read": "run the file that it names by itself, or put its text here",
    ".import": "load the data with `sqlport data copy` or psql's \\copy",
    ".dump": "use pg_dump",
    ".backup": "use pg_dump",
    ".restore": "use `sqlport data copy`",
    ".mode": "remove it: it only changes what the shell prints",
    ".headers": "remove it: it only changes what the shell prints",
    ".timer": "remove it: it only changes what the shell prints",
    ".echo": "remove it: it only changes what the shell prints",
}


def _dot_command(path: str, lines: _Lines, span: Span, text: str) -> Finding:
    name = text.split(None, 1)[0].lower()
    advice = _DOT_ADVICE.get(name, "remove it, or do the same in the program that runs the script")
    message = f"`{name}` is a command of SQLite's shell, not SQL: PostgreSQL and psql reject it. Instead, {advice}."
    return _finding(path, lines, span, message)


def _psql(path: str, lines: _Lines, span: Span, text: str) -> Finding:
    shown = " ".join(text.split())[:60]
    message = (
        f"This script is written for psql (`{shown}`), not for a server, so its statements were not checked. "
        "Exclude it (`exclude` in [tool.sqlport]) when it is PostgreSQL's already."
    )
    finding = _finding(path, lines, span, message)
    return Finding(
        finding.code,
        finding.name,
        Effect.STYLE,
        Severity.INFO,
        finding.message,
        finding.span,
        place=finding.place,
    )


def _undecodable(file: SourceFile, bad: re.Match[str]) -> Finding:
    byte = ord(bad.group()) & 0xFF
    message = (
        f"This file is not valid UTF-8 (byte 0x{byte:02x}), so its SQL was not looked at. "
        "Save it as UTF-8, or exclude it (`exclude` in [tool.sqlport])."
    )
    return _finding(file.path, _Lines(file.text), Span(bad.start(), bad.start()), message, "SQP003")


def _suppressions(file: SourceFile, lines: _Lines, statements: Sequence[Statement]) -> list[Suppression]:
    from sqlport.hosts.python.comments import IN_SQL, codes

    text = file.text
    if "sqlport:" not in text:
        return []
    found = []
    for match in _FILE_IGNORE.finditer(text):
        line, column = lines.place(match.start())
        reason = (match.group("reason") or "").strip()
        last = len(lines.starts)
        found.append(Suppression(file.path, line, column, codes(match.group("codes")), reason, "file", 1, last))
    for match in IN_SQL.finditer(text):
        line, column = lines.place(match.start())
        covered = _covered(statements, line)
        first, last = (covered.line, covered.end_line) if covered else (line, line)
        ids = (covered.id,) if covered else ()
        reason = (match.group("reason") or "").strip().removesuffix("*/").strip()
        found.append(Suppression(file.path, line, column, codes(match.group("codes")), reason, "sql", first, last, ids))
    return found


def _covered(statements: Sequence[Statement], line: int) -> Statement | None:
    """The statement on the comment's line, else the next one."""
    around = [statement for statement in statements if statement.line <= line <= statement.end_line]
    if around:
        return around[-1]
    return next((statement for statement in statements if statement.line > line), None)
