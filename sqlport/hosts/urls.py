"""URLs of SQLite in the files that configure a program: `.env`, compose files, Makefiles, Dockerfiles, scripts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from sqlport.model import Effect, Finding, Place, Severity, SourceFile, Span
from sqlport.placing import line_starts

SUFFIXES = (
    ".env",
    ".env.example",
    ".env.sample",
    ".env.test",
    ".yml",
    ".yaml",
    "Makefile",
    "Makefile.toml",
    "Dockerfile",
)
"""Ends of the names of files that configure a program."""

_URL = re.compile(
    r"\bsqlite3?(?:\+\w+)?:(?://+(?=[^\s\"'`])|(?=\.{0,2}/|\$|:memory:|[\w-]+\.(?:db|sqlite3?)\b))(?:\$\{[^}]*\}|[^\s\"'`,;)}])*"
)


def findings(file: SourceFile) -> Iterator[Finding]:
    """SQP007 for each URL of SQLite outside of a comment line."""
    if "sqlite" not in file.text:
        return
    starts = line_starts(file.text)
    for match in _URL.finditer(file.text):
        line = bisect_right(starts, match.start())
        if file.text[starts[line - 1] : match.start()].lstrip().startswith("#"):
            continue
        column = match.start() - starts[line - 1] + 1
        yield Finding(
            code="SQP007",
            name="configuration-value",
            effect=Effect.REJECTED,
            severity=Severity.ERROR,
            message=f"`{match.group()}` names a SQLite database; PostgreSQL's is postgresql://user@host/database",
            span=Span(match.start(), match.end()),
            place=Place(file.path, line, column, line, column + len(match.group())),
        )
