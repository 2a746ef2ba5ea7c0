"""SQP007: settings that still name SQLite: URLs of SQLAlchemy and its like, Django's ENGINE."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from sqlport.hosts.python.source import Source, parse
from sqlport.model import Effect, Finding, Severity, SourceFile
from sqlport.placing import Placer

_URL = re.compile(r"sqlite3?(?P<driver>\+\w+)?://")
_DJANGO = frozenset(["django.db.backends.sqlite3", "django.contrib.gis.db.backends.spatialite"])
_WORDS = (b"sqlite://", b"sqlite3://", b"sqlite+", b"backends.sqlite3", b"spatialite")


def may_hold(file: SourceFile) -> bool:
    """Whether a file may name SQLite in a setting."""
    return file.path.endswith(".py") and any(word in file.data for word in _WORDS)


def findings(files: Mapping[str, SourceFile]) -> Iterator[Finding]:
    """Every text that is such a setting, with the value that takes its place."""
    placer = Placer(files)
    for file in files.values():
        source = parse(file) if may_hold(file) else None
        if not isinstance(source, Source):
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                message = _message(node.value)
                if message:
                    span = source.span(node)
                    yield Finding(
                        code="SQP007",
                        name="configuration-value",
                        effect=Effect.REJECTED,
                        severity=Severity.WARNING,
                        message=message,
                        span=span,
                        place=placer.of_file(file.path, span),
                    )


def _message(text: str) -> str:
    if text in _DJANGO:
        return (
            "this setting names SQLite; on PostgreSQL ENGINE is `django.db.backends.postgresql`, with NAME, USER,"
            " PASSWORD, HOST and PORT of the server"
        )
    found = _URL.match(text)
    if found is None or not text.isprintable() or " " in text:
        return ""
    return (
        "this URL names SQLite; on PostgreSQL it is `postgresql+psycopg://USER:PASSWORD@HOST:5432/NAME` for SQLAlchemy"
        " (the same for its asynchronous engine), `postgresql://...` for others; read it from DATABASE_URL"
    )
