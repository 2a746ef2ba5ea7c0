"""DDL of any origin applied to a scratch SQLite, since nobody reads SQLite's DDL as well as SQLite."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from typing import Literal as OneOf

from sqlport.catalog.names import folded
from sqlport.catalog.read import SHADOWS, SchemaReader, shadow_tables
from sqlport.catalog.tables import Table, Trigger
from sqlport.sql.cursor import Cursor, UnreadableError
from sqlport.sql.ddl import read_alter_table, read_create_table
from sqlport.sql.tokens import LexError, Token, tokenize

FailureKind = OneOf["syntax", "duplicate", "missing", "module", "database", "refused", "other"]


@dataclass(frozen=True, slots=True)
class Failure:
    """A definition that could not be used, and why, in words for the user.

    `duplicate`: another definition of that name was first. `missing`: what it refers to is not there.
    `module`: this SQLite lacks the virtual table's module. `database`: it names another (attached) database.
    """

    label: str
    sql: str
    reason: str
    kind: FailureKind


_LEADING: Final = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))*", re.DOTALL)
_DEFINES: Final = re.compile(
    r"(?:CREATE\s+(?:(?:TEMP|TEMPORARY|UNIQUE|VIRTUAL)\s+)?|ALTER\s+|DROP\s+)(?:TABLE|INDEX|VIEW|TRIGGER)\b",
    re.IGNORECASE,
)
_COMMENT: Final = re.compile(r"(?:--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))", re.DOTALL)
_MISSING: Final = re.compile(r"no such (?:table|column|index|view|trigger)|has no column named|unknown column")
_SYNTAX: Final = re.compile(r"syntax error|incomplete input|unrecognized token|unknown table option|malformed")
_REFUSED_FUNCTIONS: Final = frozenset({"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer"})
_STEPS: Final = 100_000
_MOST_STEPS: Final = 100  # times _STEPS virtual machine instructions, about a second
_MOST_ASSUMED: Final = 100


def is_definition(sql: str) -> bool:
    """Whether the statement creates, alters or drops a table, index, view or trigger."""
    start = _LEADING.match(sql)
    return _DEFINES.match(_COMMENT.sub(" ", sql[start.end() if start else 0 :][:400])) is not None


def new_scratch() -> sqlite3.Connection:
    """An empty database in memory that may call the stand-ins for an application's functions in its schema.

    Files, other databases and extensions stay refused as in every scratch database.
    """
    from sqlport.engines.sqlite import scratch

    connection = scratch()
    connection.set_authorizer(_authorize)
    # Stand-ins made with create_function() are not marked as innocuous, and do nothing but return NULL.
    connection.execute("PRAGMA trusted_schema = ON")
    return connection


def _authorize(action: int, _first: str | None, second: str | None, _database: str | None, _trigger: str | None) -> int:
    if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH):
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _REFUSED_FUNCTIONS:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


@dataclass(slots=True)
class Scratch:
    """A scratch database under construction. `apply` never raises for what a statement says."""

    connection: sqlite3.Connection = field(default_factory=new_scratch)
    failures: list[Failure] = field(default_factory=list)
    assumed: set[str] = field(default_factory=set)
    labels: dict[str, str] = field(default_factory=dict)
    made: dict[str, None] = field(default_factory=dict)
    dropped: dict[str, Table] = field(default_factory=dict)
    dropped_triggers: dict[str, tuple[str, Trigger]] = field(default_factory=dict)
    _seen: set[tuple[str, str]] = field(default_factory=set)
    _waiting: list[tuple[str, str, Failure]] = field(default_factory=list)

    def apply(self, label: str, sql: str) -> None:
        """Run one definition; one that needs what is not there yet is kept until `finish`."""
        failure = self._try(label, sql)
        if failure is None:
            return
        if failure.kind == "missing" and not _first_word(sql, "DROP"):
            self._waiting.append((label, sql, failure))
        else:
            self.failures.append(failure)

    def copy(self, label: str, name: str, sql: str) -> None:
        """As `apply`, for a row of a `sqlite_schema`: shadow tables come with their virtual table."""
        may_be_shadow = folded(name).rpartition("_")[2] in SHADOWS
        if not may_be_shadow or folded(name) not in shadow_tables(self.connection):
            self.apply(label, sql)

    def finish(self) -> None:
        """Try what waits until nothing more fits; the rest are failures, in order."""
        progress = True
        while self._waiting and progress:
            waiting, self._waiting = self._waiting, []
            for label, sql, _ in waiting:
                self.apply(label, sql)
            progress = len(self._waiting) < len(waiting)
        self.failures.extend(failure for _, _, failure in self._waiting)
        self._waiting = []

    def close(self) -> None:
        """Give the database up."""
        self.connection.close()

    def _try(self, label: str, sql: str) -> Failure | None:
        try:
            tokens = tokenize(sql)
        except LexError as error:
            return Failure(label, sql, f"is not valid SQL: {error}", "syntax")
        kind, name, lenient = _subject(sql, tokens)
        if lenient and self._existing(name) and not self._is_repeated(tokens, name):
            return self._duplicate(label, sql, name)
        dropped = self._table(name) if kind == "DROP TABLE" else None
        if kind == "DROP TRIGGER":
            self._keep_trigger(name)
        reason = self._run(sql)
        if reason is None:
            self._note(label, sql, tokens, dropped)
            return None
        if "already exists" in reason or "already a" in reason or "already an" in reason:
            return None if self._is_repeated(tokens, name) else self._duplicate(label, sql, name)
        if reason.startswith("duplicate column name") and self._has_column(sql, tokens):
            return None
        return Failure(label, sql, reason, _failure_kind(reason))

    def _note(self, label: str, sql: str, tokens: Sequence[Token], dropped: Table | None) -> None:
        kind, name, _ = _subject(sql, tokens)
        if kind.startswith("CREATE"):
            self._seen.add((folded(name), _normal(tokens)))
            self.labels.setdefault(folded(name), label)
            self.made.setdefault(folded(name))
            self.dropped.pop(folded(name), None)
            if kind == "CREATE TRIGGER":
                self.dropped_triggers.pop(folded(name), None)
        elif kind == "ALTER TABLE":
            altered = read_alter_table(sql, tokens)
            if altered and altered.action == "rename table" and altered.new:
                self.labels[folded(altered.new.text)] = self.labels.pop(folded(name), label)
                self.made.setdefault(folded(altered.new.text))
        elif dropped is not None:
            self.dropped[folded(name)] = dropped
            self.labels.pop(folded(name), None)

    def _keep_trigger(self, name: str) -> None:
        row = self.connection.execute(
            "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger' AND name = ? COLLATE NOCASE", (name,)
        ).fetchone()
        if row is not None:
            self.dropped_triggers[folded(name)] = (folded(row[0]), Trigger(row[1], row[2], dropped=True))

    def _run(self, sql: str) -> str | None:
        """Execute; None, or SQLite's message. Functions and collations of the application are stood in for."""
        for _ in range(_MOST_ASSUMED):
            try:
                with _bounded(self.connection):
                    self.connection.execute(sql)
            except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
                reason = str(error)
                if self._stand_in(reason):
                    continue
                if reason.startswith("error in ") and _first_word(sql, "ALTER"):
                    return self._run_legacy(sql, reason)
                return reason
            return None
        return "uses too many functions that SQLite does not know"

    def _run_legacy(self, sql: str, reason: str) -> str | None:
        """ALTER where an unrelated view or trigger is broken (it may be defined in a file not read)."""
        self.connection.execute("PRAGMA legacy_alter_table = ON")
        try:
            with _bounded(self.connection):
                self.connection.execute(sql)
        except sqlite3.Error:
            return reason
        finally:
            self.connection.execute("PRAGMA legacy_alter_table = OFF")
        return None

    def _stand_in(self, reason: str) -> bool:
        function = re.fullmatch(r"no such function: (.+)", reason)
        if function:
            self.assumed.add(f"function {function[1]}")
            self.connection.create_function(function[1], -1, _nothing, deterministic=True)
            return True
        collation = re.fullmatch(r"no such collation sequence: (.+)", reason)
        if collation:
            self.assumed.add(f"collation {collation[1]}")
            self.connection.create_collation(collation[1], _compare)
            return True
        return False

    def _existing(self, name: str) -> tuple[str, str | None] | None:
        """Type and SQL of what has this name."""
        row: tuple[str, str | None] | None = self.connection.execute(
            "SELECT type, sql FROM (SELECT * FROM sqlite_temp_master UNION ALL SELECT * FROM sqlite_master)"
            " WHERE name = ? COLLATE NOCASE",
            (name,),
        ).fetchone()
        return row

    def _is_repeated(self, tokens: Sequence[Token], name: str) -> bool:
        """Whether this very definition made what has the name (it may have been altered since)."""
        normal = _normal(tokens)
        existing = self._existing(name)
        if existing is None:
            return False
        return (folded(name), normal) in self._seen or _normal(tokenize(existing[1] or "")) == normal

    def _duplicate(self, label: str, sql: str, name: str) -> Failure:
        kind = (self._existing(name) or ("definition", ""))[0]
        origin = self.labels.get(folded(name))
        place = f" in {origin}" if origin else ""
        reason = f"{kind} {name} was defined in other words before{place}; that definition is used"
        return Failure(label, sql, reason, "duplicate")

    def _has_column(self, sql: str, tokens: Sequence[Token]) -> bool:
        """Whether ADD COLUMN asks for a column that is there with the same words."""
        added = read_alter_table(sql, tokens)
        if added is None or added.column is None:
            return False
        row = self.connection.execute(
            "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE", (added.table.text,)
        ).fetchone()
        table = read_create_table(row[0], tokenize(row[0])) if row else None
        column = table.column(added.column.name.text) if table else None
        if column is None:
            return False
        return _normal(tokenize(column.span.of(row[0]))) == _normal(tokenize(added.column.span.of(sql)))

    def _table(self, name: str) -> Table | None:
        row = self.connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name = ? COLLATE NOCASE", (name,)
        ).fetchone()
        if row is None:
            return None
        return SchemaReader(self.connection).read("main", "table", row[0], self.labels.get(folded(name), ""))


@contextmanager
def _bounded(connection: sqlite3.Connection) -> Iterator[None]:
    """CREATE TABLE ... AS runs a query, and that may be endless."""
    calls = 0

    def count() -> bool:
        nonlocal calls
        calls += 1
        return calls > _MOST_STEPS

    connection.set_progress_handler(count, _STEPS)
    try:
        yield
    finally:
        connection.set_progress_handler(None, 0)


def _subject(sql: str, tokens: Sequence[Token]) -> tuple[str, str, bool]:
    """The kind of a definition (`CREATE TABLE`), the name it is about, whether it says IF NOT EXISTS."""
    words = Cursor(sql, tokens)
    try:
        verb = words.advance().word
        noun = words.advance().word
        while noun in ("TEMP", "TEMPORARY", "UNIQUE", "VIRTUAL"):
            noun = words.advance().word
        lenient = words.take("IF", "NOT", "EXISTS") is not None
        _ = words.take("IF", "EXISTS")
        _, name = words.qualified_name()
    except UnreadableError:
        return "", "", False
    return f"{verb} {noun}", name.text, lenient


def _normal(tokens: Sequence[Token]) -> str:
    """A definition without layout, comments, letter case and what SQLite leaves out when it stores one."""
    words = [word for token in tokens for word in token.word.split()] if tokens else []
    while words and words[-1] == ";":
        words.pop()
    text = " ".join(words)
    text = re.sub(r"^CREATE (?:TEMP|TEMPORARY) ", "CREATE ", text)
    text = re.sub(r"^(CREATE (?:UNIQUE |VIRTUAL )?\w+) IF NOT EXISTS ", r"\1 ", text)
    return re.sub(r"^(CREATE (?:UNIQUE |VIRTUAL )?\w+) (?:MAIN|TEMP) \. ", r"\1 ", text)


def _first_word(sql: str, word: str) -> bool:
    start = _LEADING.match(sql)
    return sql[start.end() if start else 0 :][: len(word)].upper() == word


def _failure_kind(reason: str) -> FailureKind:
    if _SYNTAX.search(reason):
        return "syntax"
    if _MISSING.search(reason):
        return "missing"
    if reason.startswith("no such module"):
        return "module"
    if reason.startswith("unknown database"):
        return "database"
    if reason.startswith("duplicate column name"):
        return "duplicate"
    if "not authorized" in reason or "interrupted" in reason:
        return "refused"
    return "other"


def _nothing(*_arguments: object) -> None:
    """What a function of the application is taken to return."""


def _compare(left: str, right: str) -> int:
    return (left > right) - (left < right)
