"""The Rust files of a run together: constants, functions and calls are looked up in all of them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlport.hosts import Extraction, Link, Settings
from sqlport.hosts.python.statements import Builder, Site
from sqlport.hosts.python.values import Gap, Str
from sqlport.hosts.rust.comments import suppressions
from sqlport.hosts.rust.crates import dialect_of_code, dialect_of_crate
from sqlport.hosts.rust.evaluate import INCLUDED, Evaluator, Named, Values
from sqlport.hosts.rust.literals import scan
from sqlport.hosts.rust.reads import passings, readings
from sqlport.hosts.rust.sinks import CRATES, NAMES, Use, use_at
from sqlport.hosts.rust.source import STRINGS, Source
from sqlport.model import Applicability, Arguments, Dialect, Effect, Finding, Literal, Place, Severity, SourceFile, Span

if TYPE_CHECKING:
    from tree_sitter import Node

    from sqlport.model import Statement

_ITEM = re.compile(rb"\b(?P<kind>const|static|fn|struct)\s+(?P<name>\w+)\b")
_UNKNOWN = "\ufffc"


@dataclass(frozen=True, slots=True)
class Text:
    """All that one way through a sink says, with where it is used."""

    use: Use
    value: Str
    number: int


@dataclass
class Project:
    """Files are added one after the other; what is in them is known when all are there."""

    files: dict[str, tuple[Source, Settings]] = field(default_factory=dict)
    items: dict[tuple[str, str], list[tuple[str, int]]] = field(default_factory=dict)

    def add(self, file: SourceFile, settings: Settings) -> None:
        """Note a file and the names that it defines; it is parsed when something in it is asked for."""
        source = Source(file)
        self.files[file.path] = source, settings
        for match in _ITEM.finditer(source.data):
            kind = "const" if match["kind"] == b"static" else match["kind"].decode()
            self.items.setdefault((kind, match["name"].decode()), []).append((file.path, match.start("name")))

    def finish(self) -> dict[str, Extraction]:
        """What was found, by the file's path."""
        return {path: self._extract(source, settings) for path, (source, settings) in self.files.items()}

    def texts(self, path: str) -> Iterator[Text]:
        """Every text that the file's sinks run, whole as it is written."""
        source, _ = self.files[path]
        evaluator = Evaluator(self._constant, self._function, self._calls)
        for use in self._uses(source):
            for number, value in enumerate(_values(evaluator, source, use)):
                yield Text(use, value, number)

    def _extract(self, source: Source, settings: Settings) -> Extraction:
        if not CRATES.search(source.data) and not NAMES.search(source.data):
            return Extraction(suppressions=tuple(suppressions(source, ())))
        builder = Builder(self._place, host="rust")
        evaluator = Evaluator(self._constant, self._function, self._calls)
        dialect = settings.dialect or dialect_of_code(source.data) or dialect_of_crate(source.file.path)
        statements: list[Statement] = []
        findings: list[Finding] = []
        links: list[Link] = []
        for use in self._uses(source):
            if use.sink.file:
                links += _link(source, use, dialect)
                continue
            site = _site(source, use, dialect)
            values = _values(evaluator, source, use)
            wanted = [value for value in values if _is_sql(value, use)]
            for number, value in enumerate(wanted):
                made = builder.statements(value, site, number)
                statements += [self._typed(source, use, made[0])] if len(made) == 1 else made
            included = [value for value in values if _included(value)]
            if included:
                links += _included_links(source, use, dialect, included)
            elif not wanted and (use.sink.surely or use.qualified) and not any(value.known for value in values):
                findings.append(_unresolved(source, use, values))
        return Extraction(tuple(statements), tuple(findings), tuple(suppressions(source, statements)), tuple(links))

    def _typed(self, source: Source, use: Use, statement: Statement) -> Statement:
        """The statement with the types that the program declares."""
        reads = readings(source, use, statement.sql, self._struct)
        return replace(statement, reads=reads, passes=passings(source, use))

    def _struct(self, source: Source, name: str) -> Named | None:
        found = self._item(source, "struct", name)
        return found if found is not None and found.node.type == "struct_item" else None

    def _uses(self, source: Source) -> Iterator[Use]:
        seen: set[int] = set()
        for match in NAMES.finditer(source.data):
            use = use_at(source, match.start(), len(match.group()))
            if use is not None and use.node.start_byte + use.node.end_byte * 1_000_003 not in seen:
                seen.add(use.node.start_byte + use.node.end_byte * 1_000_003)
                yield use

    def _place(self, literal: Literal, offset: int) -> tuple[int, int]:
        source, _ = self.files[literal.path]
        token = scan(source.file.text, literal.start)
        start, _ = token.source_range(offset, min(offset + 1, len(token.text)))
        return source.position(start)

    def _constant(self, source: Source, name: str) -> Named | None:
        found = self._item(source, "const", name)
        value = found.node.child_by_field_name("value") if found is not None else None
        return Named(found.source, value) if found is not None and value is not None else None

    def _function(self, source: Source, name: str) -> Named | None:
        found = self._item(source, "fn", name)
        return found if found is not None and found.node.type == "function_item" else None

    def _item(self, source: Source, kind: str, name: str) -> Named | None:
        """The item of that name: of the same file, else the only one of the project."""
        places = self.items.get((kind, name), [])
        own = [place for place in places if place[0] == source.file.path]
        chosen = own or places
        if len(chosen) != 1:
            return None
        path, byte = chosen[0]
        where = self.files[path][0]
        node = where.at(byte, len(name.encode()))
        parent = node.parent if node is not None else None
        if parent is None or parent.type not in ("const_item", "static_item", "function_item", "struct_item"):
            return None
        return Named(where, parent)

    def _calls(self, name: str) -> Sequence[Named]:
        """The calls of the only function of that name."""
        if len(self.items.get(("fn", name), [])) != 1:
            return ()
        pattern = re.compile(rb"\b" + re.escape(name.encode()) + rb"\s*(?:::\s*<[^()]*>\s*)?\(")
        found: list[Named] = []
        for source, _ in self.files.values():
            for match in pattern.finditer(source.data):
                node = source.at(match.start(), len(name.encode()))
                while node is not None and node.type in (
                    "identifier",
                    "field_identifier",
                    "scoped_identifier",
                    "generic_function",
                    "field_expression",
                ):
                    node = source.parent(node)
                if node is not None and node.type == "call_expression":
                    found.append(Named(source, node))
        return found


def _values(evaluator: Evaluator, source: Source, use: Use) -> Values:
    if use.sink.form == "builder":
        return _built(evaluator, source, use)
    if use.sink.text >= len(use.arguments):
        return ()
    argument = use.arguments[use.sink.text]
    if use.sink.form == "method" and argument.type not in (
        *STRINGS,
        "macro_invocation",
        "reference_expression",
        "identifier",
        "scoped_identifier",
        "call_expression",
    ):
        return ()
    return evaluator.values(source, argument)


def _built(evaluator: Evaluator, source: Source, use: Use) -> Values:
    """What a query builder says once all is pushed."""
    first = evaluator.values(source, use.arguments[0]) if use.arguments else (Str(()),)
    let = source.parent(use.node)
    while let is not None and let.type not in ("let_declaration", "block", "expression_statement"):
        let = source.parent(let)
    pattern = let.child_by_field_name("pattern") if let is not None and let.type == "let_declaration" else None
    block = source.parent(let) if let is not None else None
    if let is None or pattern is None or block is None or pattern.type != "identifier":
        return first
    from sqlport.hosts.rust.pushes import changes

    last = block.children[-1]
    return changes(evaluator, source, first, (let, block, last), source.text(pattern)) or first


def _is_sql(value: Str, use: Use) -> bool:
    from sqlport.hosts.python.holes import looks_like_sql

    if not value.known:
        return False
    flat = "".join(_UNKNOWN if isinstance(piece, Gap) else piece.text for piece in value.pieces)
    return (use.sink.form != "method" and use.qualified) or looks_like_sql(flat)


def _site(source: Source, use: Use, dialect: Dialect) -> Site:
    from sqlport.hosts.rust.binds import arguments_at

    line, column = source.position(source.char(use.node.start_byte))
    return Site(
        path=source.file.path,
        line=line,
        column=column,
        scope=_scope(source, use.node),
        sink=use.name,
        dialect=dialect,
        arguments=arguments_at(source, use) if use.sink.form != "builder" else Arguments(),
        any_format=True,
    )


def _scope(source: Source, node: Node) -> str:
    at: Node | None = node
    while at is not None and at.type != "function_item":
        at = source.parent(at)
    name = at.child_by_field_name("name") if at is not None else None
    return source.text(name) if name is not None else ""


def _link(source: Source, use: Use, dialect: Dialect) -> Iterator[Link]:
    """The file of `query_file!`, whose path counts from the crate's folder."""
    node = use.arguments[use.sink.text] if use.sink.text < len(use.arguments) else None
    if node is None or node.type not in STRINGS:
        return
    name = scan(source.file.text, source.char(node.start_byte)).text
    folder = posixpath.dirname(source.file.path)
    while True:
        if Path(folder, "Cargo.toml").is_file():
            path = posixpath.normpath(posixpath.join(folder, name))
            if Path(path).is_file():
                yield Link(path, use.name, source.file.path, source.line(use.node), dialect)
            return
        above = posixpath.dirname(folder)
        if above == folder:
            return
        folder = above


def _included(value: Str) -> str:
    first = value.pieces[0] if len(value.pieces) == 1 else None
    return first.reason.removeprefix(INCLUDED) if isinstance(first, Gap) and first.reason.startswith(INCLUDED) else ""


def _included_links(source: Source, use: Use, dialect: Dialect, values: Sequence[Str]) -> Iterator[Link]:
    """The file that is run; of several ones, which are migrations most likely, each speaks for itself."""
    if len(values) == 1:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(source.file.path), _included(values[0])))
        if Path(path).is_file():
            yield Link(path, use.name, source.file.path, source.line(use.node), dialect)


def _unresolved(source: Source, use: Use, values: Values) -> Finding:
    shown = " ".join(source.text(use.arguments[use.sink.text]).split())[:60] if use.arguments else ""
    start = source.char(use.node.start_byte)
    end = source.char(use.arguments[use.sink.text].end_byte) if use.arguments else start + 1
    line, column = source.position(start)
    end_line, end_column = source.position(end)
    return Finding(
        code="SQP001",
        name="unresolved-sql",
        effect=Effect.REJECTED,
        severity=Severity.WARNING,
        message=f"the SQL that `{use.name}` runs could not be worked out from `{shown}`, so nothing is known of it;"
        " build it from constants, or look at it by hand",
        span=Span(start, end),
        applicability=Applicability.MANUAL,
        place=Place(source.file.path, line, column, end_line, end_column),
    )
