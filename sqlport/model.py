"""The shared nouns: frozen values that the rooms hand to each other, and nothing else.

A text position is always a half-open range of 0-based *character* offsets; a line or a column that a
person or a machine format sees is 1-based, and columns count characters.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf


class SqlportError(Exception):
    """What could not be done, said so that the user knows the place and the next step (exit code 2)."""


class Effect(str, enum.Enum):
    """What PostgreSQL does with the statement as it stands."""

    REJECTED = "rejected"
    DIFFERS = "differs"
    SLOWER = "slower"
    STYLE = "style"


class Severity(str, enum.Enum):
    """How loudly a finding is said; only output and exit code depend on it."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


DEFAULT_SEVERITY: Mapping[Effect, Severity] = {
    Effect.REJECTED: Severity.ERROR,
    Effect.DIFFERS: Severity.ERROR,
    Effect.SLOWER: Severity.WARNING,
    Effect.STYLE: Severity.INFO,
}
"""How loud a finding is unless the user says otherwise."""


class Applicability(str, enum.Enum):
    """Whether a fix may be written: `safe` always, `unsafe` on request, `manual` never (it is shown)."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    MANUAL = "manual"

    def worse(self, other: Applicability) -> Applicability:
        """The more careful of the two."""
        order = list(Applicability)
        return max(self, other, key=order.index)


class HoleKind(str, enum.Enum):
    """What a host expression stands for in the SQL around it."""

    VALUE = "value"
    IDENTIFIER = "identifier"
    TABLE = "table"
    COLUMNS = "column-list"
    PLACEHOLDERS = "placeholder-list"
    ORDER = "order-direction"
    CLAUSE = "clause"
    INSIDE_STRING = "inside-string"


Dialect = OneOf["sqlite", "postgres", "unknown"]
Profile = OneOf["faithful", "native"]
Driver = OneOf["psycopg", "numbered", "none"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` up to, not including, `end` of some text."""

    start: int
    end: int

    def __len__(self) -> int:
        return self.end - self.start

    def contains(self, other: Span) -> bool:
        """Whether `other` lies wholly inside (equal counts)."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two share a character."""
        return self.start < other.end and other.start < self.end

    def touches(self, other: Span) -> bool:
        """Whether the two share a character or stand side by side."""
        return self.start <= other.end and other.start <= self.end

    def of(self, text: str) -> str:
        """The characters of `text` that this span names."""
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Place:
    """A range in a file as people and machine formats see it: 1-based, columns in characters, end exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Target:
    """What the code is ported to. Made once from the configuration; part of every cache key."""

    profile: Profile = "faithful"
    types: Mapping[str, str] = field(default_factory=dict)
    driver: Driver = "psycopg"
    postgres_version: int | None = None
    locale: str = ""
    helpers: bool = False


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that was read: `text` is decoded and keeps its line ends; `data` are the bytes on disk.

    `path` is as reported (relative to the working directory, `/` as separator); `encoding` and `bom` tell
    how to write it back byte for byte.
    """

    path: str
    data: bytes
    text: str
    encoding: str = "utf-8"
    bom: bool = False


@dataclass(frozen=True, slots=True)
class Literal:
    """A string token of a host, where SQL is written: `[start, end)` of the file's text with prefix and quotes.

    `fragment` counts the literal parts of an f-string between its fields (0 for all others); `end` and
    `start` always name the whole token. `host` and `templated` (`%`, `.format` or `Template` work on the text) tell how
    an inserted text has to be encoded.
    """

    path: str
    start: int
    end: int
    host: str = "python"
    fragment: int = 0
    templated: OneOf["", "%", "format", "$"] = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Statement characters `[start, end)` are written in `literal`, from its decoded character `offset` on."""

    start: int
    end: int
    literal: Literal
    offset: int


@dataclass(frozen=True, slots=True)
class Hole:
    """A piece of a statement that the host computes; it stands as `{name}` at `[start, end)` of the SQL."""

    name: str
    kind: HoleKind
    source: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the call tells about a statement's parameters.

    `count` and `names` are None where unknown; `types` are Python type names by position or name
    (`"int"`, `"str"`, `"float"`, `"bytes"`, `"bool"`, `"None"`, `"datetime"`), absent where unknown.
    `passed` tells whether the call passes parameters at all: drivers read `%` only then. `traits` are what is
    odd about a value that is known: `"nul"` (text with a NUL character), `"nan"`, `"negative"`.
    """

    passed: bool = False
    count: int | None = None
    names: tuple[str, ...] | None = None
    types: Mapping[int | str, str] = field(default_factory=dict)
    traits: Mapping[int | str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """A type that the host declares for a result column (by label or 0-based position), or for a parameter.

    `path` and `line` are where it is declared; `converts` tells that a narrower type is widened on the way.
    """

    column: str | int
    type: str
    path: str
    line: int
    converts: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement as text with holes, and where every character of it is written.

    `path`, `line`, `column`, `end_line` are where the text is written; `sink_path` and `sink_line` the call
    that runs it. `alternative` numbers the texts that one call may run. `branch` is the engine for which a program
    that supports several has the statement: not PostgreSQL, so that it is not ported. Origins are sorted and do not
    overlap; characters without an origin are computed. `reads` and `passes` are the types that the host declares
    for columns and parameters, of hosts whose drivers refuse others. `stand_ins` are, where they were asked for, what
    stood for each hole so that the text could be read: `a name`, `nothing`, `its own text` (inside a string), or
    `unreadable`.
    """

    id: str
    path: str
    line: int
    column: int
    end_line: int
    host: str
    dialect: Dialect
    sink: str
    sink_path: str
    sink_line: int
    sql: str
    holes: tuple[Hole, ...] = ()
    origins: tuple[Origin, ...] = ()
    alternative: int = 0
    resolved: bool = True
    arguments: Arguments = Arguments()
    branch: OneOf["", "sqlite", "other"] = ""
    stand_ins: tuple[str, ...] = ()
    reads: tuple[Reading, ...] = ()
    passes: tuple[Reading, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace characters `[start, end)` of a text by `text`."""

    start: int
    end: int
    text: str

    @property
    def span(self) -> Span:
        """The replaced characters."""
        return Span(self.start, self.end)


@dataclass(frozen=True, slots=True)
class FileEdit:
    """Replace characters `[start, end)` of the decoded text of the file `path`."""

    path: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that are made together or not at all.

    `edits` are over the statement's SQL; `files` the same change as edits of host files, filled in once the
    host has mapped it. `condition` says under what an unsafe fix is right; `reason` why it is not applied.
    """

    applicability: Applicability
    edits: tuple[Edit, ...] = ()
    files: tuple[FileEdit, ...] = ()
    condition: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule at a place: what, why and what to do.

    `span` is over the text that was given (the statement's SQL, or the file for findings without a
    statement). `applied` tells that its fix is part of the ported text.
    """

    code: str
    name: str
    effect: Effect
    severity: Severity
    message: str
    span: Span
    applicability: Applicability = Applicability.MANUAL
    applied: bool = False
    fix: Fix | None = None
    place: Place | None = None
    statement_id: str = ""
    fingerprint: str = ""


VerdictKind = OneOf["verified", "rejected", "unverified"]


@dataclass(frozen=True, slots=True)
class StatementPort:
    """A ported statement.

    `edits` lead from its SQL to `sql`, the text for the host. `question` is the same port with the
    placeholders as `$1`..., as the server is asked; `parameters` the original parameter of each placeholder
    of `sql`, `question_parameters` of each `$n`, `question_holes` where its holes are. `left` tells
    that PostgreSQL would still reject it: for a finding that is fixed only on request (`unsafe`), or by hand.
    `spelling` are the edits that make only the placeholders those of the target's driver: a call that speaks it
    takes no others, whatever else of the statement is ported; `spelled` is the parameter of each of them.
    """

    findings: tuple[Finding, ...]
    edits: tuple[Edit, ...]
    sql: str
    question: str
    parameters: tuple[int | str, ...]
    question_parameters: tuple[int | str, ...]
    question_holes: tuple[Hole, ...]
    left: OneOf["", "unsafe", "manual"]
    spelling: tuple[Edit, ...] = ()
    spelled: tuple[int | str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ported:
    """A statement and what became of it; the ports of the statements `together` (ids) with it are made with it only."""

    statement: Statement
    port: StatementPort
    together: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """The server behind a verdict: `provider` (`embedded`, `url`, `system`, `docker`), version and locale."""

    provider: str
    major: int
    version: str
    locale: str

    def __str__(self) -> str:
        return f"PostgreSQL {self.version} ({self.provider}, locale {self.locale})"


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column that PostgreSQL says a statement returns: its label and type name (`numeric`, `bigint`)."""

    label: str
    type: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What PostgreSQL said of a ported statement; `position` is the 0-based offset of the error in the port."""

    kind: VerdictKind
    reason: str = ""
    sqlstate: str = ""
    message: str = ""
    position: int | None = None
    parameters: tuple[str, ...] = ()
    columns: tuple[ResultColumn, ...] = ()
    server: ServerInfo | None = None


ProofKind = OneOf["same", "differs", "unproven"]
Aspect = OneOf["rows", "order", "types", "labels", "count", "tables", "error"]
"""In what two answers differ; `types` means equal values of other types (1 and true, 2.5 and Decimal 2.5)."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Two answers to one statement on the fewest rows that show it.

    `summary` says the first differing row in words, `sqlite` and `postgres` are the answers as lines of text,
    `parameters` what the statement was run with, `script` a shell script that shows both with the programs
    `sqlite3` and `psql`.
    """

    aspect: Aspect
    summary: str
    sqlite: tuple[str, ...] = ()
    postgres: tuple[str, ...] = ()
    parameters: str = ""
    script: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether the original on SQLite and the port on PostgreSQL answer the same on generated rows.

    `reason` begins with a word for programs (`vacuous`, `hole`, `no-schema`, ...) where it is `unproven`.
    `stand_ins` tell what stood for holes, `runs` on how many universes of rows it was compared.
    """

    kind: ProofKind
    reason: str = ""
    difference: Difference | None = None
    stand_ins: tuple[str, ...] = ()
    runs: int = 0
    server: ServerInfo | None = None

    @property
    def is_open(self) -> bool:
        """Whether there is something to prove and it is not proven."""
        word = self.reason.partition(":")[0]
        return self.kind == "unproven" and word not in ("definition", "no-rows", "postgres")


@dataclass(frozen=True, slots=True)
class Port:
    """A ported text: the statements in place, nothing between them lost.

    `parameters` gives, for each placeholder of the result in order, the 0-based index or the name of the
    original parameter. `edits` lead from the given text to `sql`.
    """

    sql: str
    findings: tuple[Finding, ...] = ()
    parameters: tuple[int | str, ...] = ()
    edits: tuple[Edit, ...] = ()
