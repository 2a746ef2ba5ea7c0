"""What host languages have in common: the values that pass between a host and the pipeline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from sqlport.model import Dialect, Edit, FileEdit, Finding, SourceFile, Statement

Read = Callable[[str], "SourceFile | None"]
"""Reads another file of the project by path; None when there is no such file (see `Settings.read`)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the configuration says about finding SQL.

    `sinks` are the user's own, each `name`, `Class.name`, `module.name` or `*.name`, with `:` and the
    argument's position or keyword where it is not the first (`db.select:1`, `run:query`). `markers` are
    comments that declare the literal beside or below them to be SQL. `dialect` overrides detection.
    `read` looks up other files of the project, for constants that are imported; `roots` are the folders
    where absolute imports start.
    """

    sinks: tuple[str, ...] = ()
    markers: tuple[str, ...] = ("sqlport: sql", "language=sql")
    dialect: Dialect | None = None
    roots: tuple[str, ...] = ()
    read: Read | None = None


@dataclass(frozen=True, slots=True)
class Suppression:
    """A comment that takes findings out: its place, its codes or names, and the lines (1-based) it covers.

    `scope` `"sql"` is a comment inside a statement's text and covers only `statement_ids`; `"statement"` covers
    the host statement at `first_line` to `last_line`, by the place of the finding or of the sink; `"file"`
    covers the file.
    """

    path: str
    line: int
    column: int
    codes: tuple[str, ...]
    reason: str
    scope: OneOf["statement", "sql", "file"]
    first_line: int
    last_line: int
    statement_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """A call at `line` of `path` that runs the script of another file; `sink` and `dialect` as in a statement."""

    script: str
    sink: str
    path: str
    line: int
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that a host found in one file."""

    statements: tuple[Statement, ...] = ()
    findings: tuple[Finding, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a statement's edits were not made: `reason` is a word for machines, `message` for people.

    Reasons: `hole` (the text is computed), `conflicting-uses` (another statement written with the same
    literal does not agree), `unwritable` (the literal cannot say the text), `other-file`, `encoding`,
    `unparsable` (the result would not be valid Python), `stale` (the file's text is not the one the statement
    was found in).
    """

    statement_id: str
    reason: str
    message: str


class Finder:
    """All SQL of the files of a run. Files tell of one another: what a function does with a text, its calls show."""

    def __init__(self) -> None:
        from sqlport.hosts import python, rust

        self._python = python.Project()
        self._rust = rust.Project()
        self._found: dict[str, Extraction] = {}
        self._settings: dict[str, Settings] = {}
        self._told: set[str] = set()

    def add(self, file: SourceFile, settings: Settings) -> None:
        """Read a file by the host of its suffix. Raises SqlportError for sinks that are wrong in the settings."""
        from sqlport.hosts import shell, sqlfile, urls

        if settings.dialect is not None:
            self._told.add(file.path)
        if file.path.lower().endswith(".sql"):
            self._found[file.path] = sqlfile.extract(file, settings)
            return
        if file.path.endswith((*shell.SUFFIXES, *urls.SUFFIXES)):
            found = shell.extract(file, settings) if file.path.endswith(shell.SUFFIXES) else Extraction()
            self._found[file.path] = replace(found, findings=(*found.findings, *urls.findings(file)))
            return
        self._settings[file.path] = settings
        if file.path.endswith(".rs"):
            self._rust.add(file, settings)
        else:
            self._python.add(file, settings)

    def finish(self) -> dict[str, Extraction]:
        """What was found in each file, by its path."""
        python = self._python.finish()
        scripts = self._found
        if self._python.is_moved():
            from sqlport.hosts.python.project import as_postgres

            scripts = {path: one if path in self._told else as_postgres(one) for path, one in scripts.items()}
        found = {**scripts, **python, **self._rust.finish()}
        linked: set[str] = set()
        for path in list(found):
            for link in found[path].links:
                if link.script not in linked:
                    linked.add(link.script)
                    self._link(link, found)
        return found

    def _link(self, link: Link, found: dict[str, Extraction]) -> None:
        """Tell the statements of a script which call runs them; those of a script that was not given go to the call."""
        from sqlport.hosts import sqlfile

        settings = self._settings[link.path]
        script = found.get(link.script)
        target = link.script
        if script is None:
            file = settings.read(link.script) if settings.read is not None else None
            if file is None:
                return
            script, target = sqlfile.extract(file, settings), link.path
        statements = tuple(
            replace(
                one,
                sink=link.sink,
                sink_path=link.path,
                sink_line=link.line,
                dialect=one.dialect if one.dialect != "unknown" else link.dialect,
            )
            for one in script.statements
        )
        if target == link.script:
            found[target] = replace(script, statements=statements)
        else:
            known = found[target]
            found[target] = replace(known, statements=(*known.statements, *statements))


def extract(file: SourceFile, settings: Settings) -> Extraction:
    """All SQL of one file, as it is when there are no others that use it."""
    finder = Finder()
    finder.add(file, settings)
    return finder.finish()[file.path]


def map_edits(
    statement: Statement, edits: Sequence[Edit], files: Mapping[str, SourceFile]
) -> tuple[FileEdit, ...] | Refusal:
    """A statement's edits as edits of the files that hold its literals, proven, or why they cannot be made.

    `files` maps at least the paths of `statement.origins` to what was read.
    """
    from sqlport.hosts import python, rust, sqlfile

    if statement.host == "sql":
        return sqlfile.map_edits(statement, edits, files)
    if statement.host == "shell":
        message = "the script calls sqlite3: let it call psql, and write the port there"
        return Refusal(statement.id, "unwritable", message)
    if statement.host == "rust":
        return rust.map_edits(statement, edits, files)
    return python.map_edits(statement, edits, files)


def apply_around(file: SourceFile, edits: Sequence[FileEdit]) -> str | Refusal:
    """The file's new text with edits of the code around the SQL as well, or why it would not be valid."""
    from sqlport.hosts import python, rust
    from sqlport.hosts.mapping import Unmappable

    try:
        if file.path.endswith(".rs"):
            return rust.apply_around(file, edits)
        return python.apply_around(file, edits)
    except Unmappable as problem:
        return Refusal("", problem.reason, problem.message)


def apply_edits(file: SourceFile, edits: Sequence[FileEdit]) -> str | Refusal:
    """The file's new text, everything outside the edits unchanged, or why it would not be right."""
    from sqlport.hosts import python, rust, sqlfile
    from sqlport.hosts.mapping import Unmappable

    try:
        if file.path.lower().endswith(".sql"):
            return sqlfile.apply(file, edits)
        if file.path.endswith(".rs"):
            return rust.apply(file, edits)
        return python.apply(file, edits)
    except Unmappable as problem:
        return Refusal("", problem.reason, problem.message)
