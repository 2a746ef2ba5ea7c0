"""What the codemods get and give: a file with its uses of SQLite's library, and changes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlport.driver.names import Uses
from sqlport.driver.table import Table
from sqlport.hosts.python.source import Source
from sqlport.model import FileEdit, Span


@dataclass(frozen=True, slots=True)
class Home:
    """The helper's module in the user's project: the file, how it is imported, and the name that it has then."""

    path: str
    module: str
    name: str


@dataclass(frozen=True, slots=True)
class Module:
    """A Python file of the user's, and what the port needs to know of it."""

    source: Source
    uses: Uses
    table: Table
    homes: Mapping[str, Home] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The file."""
        return self.source.file.path

    def expression(self, library: str, template: str) -> str:
        """An expression of the driver's table as this file writes it."""
        home = self.homes.get(library)
        return template.replace("{helper}", home.name if home is not None else "")


@dataclass(frozen=True, slots=True)
class Change:
    """A rule at a place of a file: `edits` are what makes it right, none where a person has to act.

    `needs` are the modules that the new text names: `psycopg`, or a library for its helper.
    """

    code: str
    path: str
    span: Span
    edits: tuple[FileEdit, ...] = ()
    message: str = ""
    needs: frozenset[str] = frozenset()


def replaced(module: Module, span: Span, text: str) -> FileEdit:
    """The edit that puts `text` in the place of a span of the file."""
    return FileEdit(module.path, span.start, span.end, text)


def joined(changes: Sequence[Change]) -> tuple[FileEdit, ...]:
    """All edits of the changes, each once, in order."""
    found = dict.fromkeys(edit for change in changes for edit in change.edits)
    return tuple(sorted(found, key=lambda edit: (edit.path, edit.start, edit.end)))
