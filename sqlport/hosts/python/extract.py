"""From a Python file to its statements: cheap tests first, then the interpreter, then what was not resolved."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlport.hosts import Extraction, Settings, Suppression
from sqlport.hosts.python import strings
from sqlport.hosts.python.comments import IN_SQL, codes, comments, marked_lines, suppressions
from sqlport.hosts.python.dialects import dialect_of_imports, takes_format
from sqlport.hosts.python.evaluate import Evaluator
from sqlport.hosts.python.flow import Flow, Pending
from sqlport.hosts.python.holes import looks_like_sql
from sqlport.hosts.python.index import Index, index, replace_calls
from sqlport.hosts.python.literals import Token, scan
from sqlport.hosts.python.match import Match, arguments, match
from sqlport.hosts.python.modules import Modules, modules_of
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.sinks import Sink, Sinks, load
from sqlport.hosts.python.source import Source, check, parse
from sqlport.hosts.python.statements import Builder, Site
from sqlport.hosts.python.values import Const, Items, Str, Unknown, Value, options
from sqlport.hosts.python.wrappers import Wrapper, sinks_with, wrapper
from sqlport.model import (
    Applicability,
    Arguments,
    Dialect,
    Effect,
    Finding,
    Literal,
    Place,
    Severity,
    SourceFile,
    Statement,
)

MAX_WRAPPERS = 4
"""How far helpers that call helpers are followed."""

_COMMENT_WORDS = ("sqlport:", "sqlport :")


def extract(file: SourceFile, settings: Settings) -> Extraction:
    """The SQL statements of a Python file, what could not be resolved, and its suppressions.

    The file is parsed, never imported or run. Raises SqlportError only for wrong sinks.
    """
    sinks = load(settings.sinks)
    if not _may_hold_sql(file.data, sinks, settings):
        problem = check(file)
        return Extraction(findings=(problem,) if problem is not None else ())
    source = parse(file)
    if isinstance(source, Finding):
        return Extraction(findings=(source,))
    return _Extractor(source, settings, sinks).run()


def _may_hold_sql(data: bytes, sinks: Sinks, settings: Settings) -> bool:
    if any(need in data for need in sinks.needs):
        return True
    lowered = data.lower() if b"#" in data and settings.markers else b""
    return any(_marker_word(marker).encode() in lowered for marker in (*settings.markers, "sqlport:"))


def _marker_word(marker: str) -> str:
    """The part of a marker that is found however it is spaced."""
    return marker.lower().replace(":", " ").replace("=", " ").split()[0]


@dataclass(slots=True)
class _Extractor:
    source: Source
    settings: Settings
    sinks: Sinks
    statements: list[Statement] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    suppressions: list[Suppression] = field(default_factory=list)
    tokens: dict[tuple[str, int], Token] = field(default_factory=dict)
    dialect: Dialect = "unknown"
    index: Index = field(default_factory=Index)
    done: set[int] = field(default_factory=set)
    wrappers: list[Wrapper] = field(default_factory=list)
    called: set[str] = field(default_factory=set)
    passing: set[tuple[int, str]] = field(default_factory=set)
    active: Sinks = field(init=False)
    flow: Flow = field(init=False)
    modules: Modules = field(init=False)
    evaluator: Evaluator = field(init=False)
    builder: Builder = field(init=False)

    def __post_init__(self) -> None:
        self.active = self.sinks
        self.modules = modules_of(self.settings, self.sinks)
        path = self.source.file.path
        self.evaluator = Evaluator(self.source, self.sinks, self.modules.resolver(path))
        self.builder = Builder(self._place)

    def run(self) -> Extraction:
        words = [*_COMMENT_WORDS, *(_marker_word(marker) for marker in self.settings.markers)]
        found = comments(self.source, words)
        marked = marked_lines(self.source, found, self.settings.markers)
        self.suppressions = suppressions(self.source, found)
        tree = self.source.tree
        self.index = index(tree, self.sinks.by_method, self.sinks.function_names, strings=bool(marked))
        self.dialect = self.settings.dialect or dialect_of_imports(self.index.imports)
        if self.index.any_calls or marked:
            self._follow(marked)
            self._follow_wrappers()
        self.statements.sort(key=lambda statement: (statement.sink_line, statement.alternative))
        return Extraction(tuple(self.statements), tuple(self.findings), tuple(self.suppressions))

    def _follow(self, marked: Sequence[tuple[int, bool]]) -> None:
        self.flow = flow = Flow(self.evaluator, self.index.calls, self._call)
        scope = flow.module(self.source.tree)
        for name in self.index.globals:
            if isinstance(scope.names.get(name), (Str, Const)):
                scope.set(name, Unknown(name, "it is assigned in several functions"))
        while flow.pending:
            waiting = sorted(flow.pending, key=self._turn)
            flow.pending.clear()
            for pending in waiting:
                if id(pending.function.node) in self.index.functions:
                    flow.function(pending)
        if marked:
            self._marked(marked, scope)

    def _follow_wrappers(self) -> None:
        """The calls of the helpers that pass a text on, and of the helpers that call those, and so on."""
        for _ in range(MAX_WRAPPERS):
            if not self.wrappers:
                return
            current, self.wrappers = self.wrappers, []
            self.called.clear()
            self.active = sinks_with(current, self.sinks)
            self.index = replace_calls(self.index, self.source.tree, self.active)
            self._follow(())
            for one in current:
                if one.finding is not None and one.name not in self.called:
                    self.findings.append(one.finding)
        self.findings.extend(one.finding for one in self.wrappers if one.finding is not None)

    def _turn(self, pending: Pending) -> int:
        """Methods that fill `self` come before those that use it."""
        node = pending.function.node
        if node.name == "__init__":
            return 0
        return 1 if id(node) in self.index.keepers else 2

    # -- sinks

    def _call(self, call: ast.Call, scope: Scope, where: str) -> None:
        if id(call) in self.done:
            return
        for found in match(call, self.evaluator, self.active, scope):
            value = self.evaluator.value(found.sql, scope)
            self.done.add(id(call))
            self.called.add(found.label.rpartition(".")[2])
            known = arguments(found, self.evaluator, scope)
            self._sink(call, found, value, known, where)

    def _sink(self, call: ast.Call, found: Match, value: Value, known: Arguments, where: str) -> None:
        sink = found.sink
        site = self._site(call, found.label, where, self._dialect(sink), known)
        made = 0
        reasons: list[Unknown] = []
        for option in options(value):
            for part in _texts(option.value, sink):
                if isinstance(part, Str) and part.known:
                    if sink.checked and not looks_like_sql(strings.flat(part)):
                        continue
                    self._add(part, site, made)
                    made += 1
                elif isinstance(part, Unknown):
                    reasons.append(part)
        if reasons and not made:
            finding = None if self._is_quiet(found) else self._unresolved(found.sql, found.label, reasons[0])
            if not self._passes_on(found, reasons[0], finding) and finding is not None:
                self.findings.append(finding)

    def _passes_on(self, found: Match, value: Unknown, finding: Finding | None) -> bool:
        """Whether the text is a parameter of the function, whose calls are looked at then."""
        function = self.flow.current
        if not value.parameter or function is None or finding is None:
            return False
        key = (id(function.node), value.parameter)
        if key in self.passing:  # it calls itself
            return True
        helper = wrapper(function, value.parameter, found, self._dialect(found.sink), finding)
        if helper is None:
            return False
        self.passing.add(key)
        self.wrappers.append(helper)
        return True

    def _is_quiet(self, found: Match) -> bool:
        """Whether an argument that was not followed may well be no text at all."""
        if found.sink.silent:
            return True
        builders = {"sqlalchemy", "sqlmodel", "peewee", "pypika", "tortoise", "piccolo"}
        return not found.typed and not builders.isdisjoint(self.index.imports)

    def _dialect(self, sink: Sink) -> Dialect:
        if self.settings.dialect is not None:
            return self.settings.dialect
        return sink.dialect if sink.dialect != "unknown" else self.dialect

    def _site(self, node: ast.expr, label: str, where: str, dialect: Dialect, known: Arguments) -> Site:
        line, column = self.source.lines.place(self.source.span(node).start)
        return Site(self.source.file.path, line, column, where, label, dialect, known)

    def _add(self, value: Str, site: Site, alternative: int) -> None:
        any_format = takes_format(self.index.imports) or self.dialect != "unknown"
        made = self.builder.statements(value, replace(site, any_format=any_format), alternative)
        self.statements.extend(made)
        if made:
            self._suppressed(value, made)

    def _suppressed(self, value: Str, made: Sequence[Statement]) -> None:
        """Suppressions written in the SQL itself: for the statement around the comment, else the next one."""
        text = strings.flat(value)
        if "sqlport:" not in text:
            return
        cutter = strings.Cutter(value)
        for comment in IN_SQL.finditer(text):
            cut = cutter.cut(comment.start(), comment.start() + 1)
            literal = getattr(cut[0], "literal", None) if cut else None
            path, line, column = self.source.file.path, made[0].line, made[0].column
            if literal is not None:
                path = literal.path
                line, column = self._place(literal, cut[0].offset)  # type: ignore[union-attr]
            around = [item for item in made if item.line <= line <= item.end_line]
            later = [item for item in made if item.line > line]
            covered = around[-1:] or later[:1] or [made[-1]]
            self.suppressions.append(
                Suppression(
                    path,
                    line,
                    column,
                    codes(comment.group("codes")),
                    (comment.group("reason") or "").strip().removesuffix("*/").strip(),
                    "sql",
                    covered[0].line,
                    covered[0].end_line,
                    (covered[0].id,),
                )
            )

    def _unresolved(self, node: ast.expr, label: str, value: Unknown) -> Finding:
        span = self.source.span(node)
        line, column = self.source.lines.place(span.start)
        end_line, end_column = self.source.lines.place(span.end)
        shown = self.evaluator.segment(node)
        reason = value.reason or "it is computed where sqlport does not look"
        return Finding(
            code="SQP001",
            name="unresolved-sql",
            effect=Effect.DIFFERS,
            severity=Severity.INFO,
            message=f"The SQL that `{label}` runs is not known: `{shown}`: {reason}. "
            "Nothing in it was checked. Write it as a literal or a constant, or, when a function of yours passes it "
            "on, name that function in `sinks` of [tool.sqlport] and mark the texts with `# sqlport: sql`.",
            span=span,
            applicability=Applicability.MANUAL,
            place=Place(self.source.file.path, line, column, end_line, end_column),
        )

    # -- markers

    def _marked(self, marked: Sequence[tuple[int, bool]], scope: Scope) -> None:
        written = {
            (origin.literal.path, origin.literal.start) for statement in self.statements for origin in statement.origins
        }
        for line, trailing in marked:
            values = [
                (node, option.value)
                for node in self.index.strings
                if self._is_marked(node, line, trailing)
                for option in options(self.evaluator.value(node, scope))
            ]
            texts = [(node, value) for node, value in values if isinstance(value, Str) and value.known]
            sure = [pair for pair in texts if looks_like_sql(strings.flat(pair[1]))]
            for number, (node, value) in enumerate(sure or texts[-1:]):
                if not _uses(value, written):
                    self._add(value, self._site(node, "marker", "", self.dialect, Arguments()), number)

    def _is_marked(self, node: ast.expr, line: int, trailing: bool) -> bool:
        """Whether a marker speaks of the literal: on one of its lines, or above it or its statement."""
        last = node.end_lineno or node.lineno
        return node.lineno <= line <= last or (not trailing and self._begins_marked(node, line))

    def _begins_marked(self, node: ast.expr, line: int) -> bool:
        before = self.source.lines.starts[node.lineno - 1]
        previous = self.source.text[:before].rstrip()
        if not previous.endswith(("(", "=", "\\")):
            return False
        return self.source.lines.place(max(len(previous) - 1, 0))[0] == line

    # -- places

    def _place(self, literal: Literal, offset: int) -> tuple[int, int]:
        source = self.modules.sources.get(literal.path, self.source)
        if literal.path == self.source.file.path:
            source = self.source
        key = (literal.path, literal.start)
        if key not in self.tokens:
            self.tokens[key] = scan(source.text, literal.start)
        at, _ = self.tokens[key].fragments[literal.fragment].source_range(offset, offset + 1)
        return source.lines.place(at)


def _texts(value: Value, sink: Sink) -> list[Value]:
    """The texts that one argument holds: itself, or the elements of a list where the sink takes one."""
    if not isinstance(value, Items):
        return [value]
    if not sink.items:
        return []
    found: list[Value] = []
    for element in value.values:
        for option in options(element):
            part = option.value
            found.append(part.values[0] if isinstance(part, Items) and part.values else part)
    return found


def _uses(value: Str, written: set[tuple[str, int]]) -> bool:
    literals = (getattr(piece, "literal", None) for piece in value.pieces)
    return any((literal.path, literal.start) in written for literal in literals if literal is not None)
