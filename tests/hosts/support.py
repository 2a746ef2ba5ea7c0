"""Two verbs for the tests of hosts: what is found in a source, and what an edit makes of it."""

from __future__ import annotations

import textwrap

from sqlport.files import source_of
from sqlport.hosts import Extraction, Settings
from sqlport.hosts.python import extract
from sqlport.model import Edit, SourceFile, Statement
from tests.hosts.splicing import Spliced, splice

HEADER = "import sqlite3\ncur = sqlite3.connect('x').cursor()\n"


def found(source: str, *, header: str = HEADER, path: str = "app.py", **settings: object) -> Extraction:
    """What a Python source holds (dedented, behind `header`)."""
    text = header + textwrap.dedent(source)
    return extract(source_of(path, text.encode("utf-8")), Settings(**settings))  # type: ignore[arg-type]


def sqls(source: str, **more: object) -> list[str]:
    """The SQL of each statement."""
    return [statement.sql for statement in found(source, **more).statements]  # type: ignore[arg-type]


def spliced(text: str | bytes, *changes: tuple[str, str], path: str = "app.py") -> Spliced:
    """The file with each `(old, new)` replaced in every statement that contains `old`."""
    data = text.encode("utf-8") if isinstance(text, str) else text
    file = source_of(path, data)
    return splice(file, edits_of(file, *changes))


def edits_of(file: SourceFile, *changes: tuple[str, str]) -> list[tuple[Statement, tuple[Edit, ...]]]:
    """The edits of all statements of a file, in the form that `splice` takes."""
    return [(statement, _edits(statement, changes)) for statement in extract(file, Settings()).statements]


def _edits(statement: Statement, changes: tuple[tuple[str, str], ...]) -> tuple[Edit, ...]:
    edits = []
    for old, new in changes:
        at = statement.sql.find(old)
        if at >= 0:
            edits.append(Edit(at, at + len(old), new))
    return tuple(sorted(edits, key=lambda edit: edit.start))
