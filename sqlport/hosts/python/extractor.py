"""One Python file to its statements: the interpreter runs over it, what it cannot resolve is said."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlport.hosts import Extraction, Link, Settings, Suppression
from sqlport.hosts.python import strings
from sqlport.hosts.python.alternatives import script_of, texts_of, whole_texts
from sqlport.hosts.python.arguments import arguments
from sqlport.hosts.python.branches import Engine
from sqlport.hosts.python.calls import given_to
from sqlport.hosts.python.comments import IN_SQL, codes, comments, marked_lines, suppressions
from sqlport.hosts.python.dialects import dialect_of_imports, takes_format
from sqlport.hosts.python.evaluate import interpreter
from sqlport.hosts.python.flow import Flow, Outline, Pending
from sqlport.hosts.python.helpers import MAX_VARIANTS, Fallback, Helper, Inner, parameter_of, sinks_of
from sqlport.hosts.python.holes import looks_like_sql
from sqlport.hosts.python.index import Index, Walk, index, walk
from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.literals import Token, scan
from sqlport.hosts.python.markers import marked_texts, uses
from sqlport.hosts.python.match import Match, match
from sqlport.hosts.python.modules import Modules
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.sinks import Sink, Sinks
from sqlport.hosts.python.source import Source
from sqlport.hosts.python.statements import Builder, Site
from sqlport.hosts.python.unresolved import COLLECTION, unknown_of, unresolved
from sqlport.hosts.python.values import (
    Const,
    Function,
    Object,
    Option,
    Parameter,
    Str,
    Unknown,
    Value,
    choose,
    options,
)
from sqlport.model import (
    Arguments,
    Dialect,
    Finding,
    Literal,
    Statement,
)


@dataclass(slots=True)
class Extractor:
    """The statements of one file; `helpers` are those of all files of the run, to which it adds its own.

    `own` are the methods of `self` whose calls are sinks by their name alone (`self.execute("...")`).
    """

    source: Source
    settings: Settings
    sinks: Sinks
    modules: Modules
    helpers: list[Helper]
    statements: list[Statement] = field(default_factory=list)
    findings: dict[int, Finding] = field(default_factory=dict)
    suppressions: list[Suppression] = field(default_factory=list)
    tokens: dict[tuple[str, int], Token] = field(default_factory=dict)
    dialect: Dialect = "unknown"
    index: Index = field(default_factory=Index)
    done: set[int] = field(default_factory=set)
    fallbacks: list[Fallback] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    marked: list[tuple[int, bool]] = field(default_factory=list)
    own: set[str] = field(default_factory=set)
    top: Outline | None = None
    followed: dict[int, Function] = field(default_factory=dict)
    active: Sinks = field(init=False)
    flow: Flow = field(init=False)
    evaluator: Evaluator = field(init=False)
    builder: Builder = field(init=False)

    def __post_init__(self) -> None:
        self.active = self.sinks
        path = self.source.file.path
        self.evaluator = interpreter(
            self.source, self.sinks, self.modules.resolver(path), self.modules.budget, self.modules.scripts(path)
        )
        self.builder = Builder(self._place)

    def begin(self) -> None:
        """The sinks of libraries and those of the user."""
        found = comments(self.source, self.settings.markers)
        self.marked = marked_lines(self.source, found, self.settings.markers)
        self.suppressions = suppressions(self.source, found)
        self.index = index(self._walked(), self.sinks.by_method, self.sinks.function_names)
        self.dialect = self.settings.dialect or dialect_of_imports(self.index.imports)
        if self.index.any_calls or self.marked:
            scope = self._follow()
            if self.marked:
                self._mark(scope)

    def _walked(self) -> Walk:
        """The tree is walked once; the sinks differ from round to round."""
        if self.source.walk is None:
            self.source.walk = walk(self.source.tree, strings=bool(self.marked))
        return self.source.walk

    def follow(self, active: Sinks) -> None:
        """The calls of helpers."""
        self.active = active
        self.index = index(self._walked(), active.by_method, active.function_names, self.done)
        if self.index.any_calls:
            self._follow()

    def finish(self) -> Extraction:
        """All that was found; calls inside helpers get the texts that the helpers' calls gave them."""
        for last in self.fallbacks:
            self._fall_back(last)
        self.statements.sort(key=lambda statement: (statement.sink_line, statement.alternative))
        findings = tuple(self.findings.values())
        return Extraction(tuple(self.statements), findings, tuple(self.suppressions), tuple(self.links))

    def _fall_back(self, last: Fallback) -> None:
        inner, helper = last.inner, last.helper
        if inner.whole:
            if helper.called or (helper.function.owner is not None and helper.function.node.name in self.own):
                return
        elif last.site is not None and 0 < len(inner.variants) <= MAX_VARIANTS:
            if not inner.told:  # by the first of the call's alternatives, for all of them
                inner.told = True
                for number, variant in enumerate(inner.variants.values()):
                    self._add(variant, last.site, last.alternative + number)
            if not inner.open:
                return
            last = replace(last, alternative=last.alternative + len(inner.variants))
        if last.text is not None and last.site is not None:
            self._add(last.text, last.site, last.alternative)
        if last.finding is not None:
            self.findings[id(inner.call)] = last.finding

    def _follow(self) -> Scope:
        self.modules.budget.begin_file()
        wanted = self.index.functions | self.index.fillers
        if self.top is None or self.index.at_top:
            self.followed = {}
        self.flow = flow = Flow(self.evaluator, self.index.calls, self._call, functions=self.followed, wanted=wanted)
        if self.top is None or self.index.at_top:
            scope = flow.module(self.source.tree)
            for name in self.index.globals:
                if isinstance(scope.names.get(name), (Str, Const)):
                    scope.set(name, Unknown(name, "it is assigned in several functions"))
            self.top = flow.outline(scope)
            self.modules.know_heirs(self.source.file.path, flow.classes)
        else:  # what the module itself says does not change with the sinks
            scope = flow.again(self.top)
        while flow.pending:
            waiting = sorted(flow.pending, key=self._turn)
            flow.pending.clear()
            for pending in waiting:
                function = id(pending.function.node)
                if function in self.index.functions or (
                    function in self.index.fillers and function not in self.followed
                ):
                    flow.function(pending)
        return scope

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
            helper = self.helpers[found.sink.key - 1] if found.sink.key else None
            if helper is None:
                value = self.evaluator.value(found.sql, scope)
            elif (given := self._given(call, found, helper, scope)) is not None:
                value = given
            else:
                continue
            known = arguments(found, self.evaluator, scope)
            site = replace(
                self._site(call, found.label, where, self._dialect(found.sink), known), engine=self._engine(scope)
            )
            if self._sink(call, found, value, site, helper):
                self.done.add(id(call))

    def _given(self, call: ast.Call, found: Match, helper: Helper, scope: Scope) -> Value | None:
        """What the helper runs when it is called so; None when its caller does not write the statement."""
        whole = [inner for inner in helper.inner if inner.whole]
        written = [inner for inner in helper.inner if not inner.whole]
        if helper.plain:
            return self.evaluator.value(found.sql, scope)
        if written and not whole and not found.typed:
            for inner in written:
                inner.open = True
            return None
        receiver = self.evaluator.value(call.func.value, scope) if isinstance(call.func, ast.Attribute) else None
        given = given_to(self.evaluator, call, scope, receiver if isinstance(receiver, Object) else None)
        results = helper.texts(given)
        for inner, value in results:
            if not inner.whole:
                inner.vary(value)
        if not whole:
            return None
        texts = [Option(value) for inner, value in results if inner.whole]
        return choose(texts, self.evaluator.segment(found.sql)) if texts else self.evaluator.value(found.sql, scope)

    def _sink(self, call: ast.Call, found: Match, value: Value, site: Site, via: Helper | None) -> bool:
        """Make the statements of a call. Whether it is settled, and no other meaning of it is to be tried."""
        sink = found.sink
        made = 0
        passed = False
        reasons: list[Unknown] = []
        for option in whole_texts(options(value)):
            at = site if site.engine else replace(site, engine=self._engine_of(option))
            for part in texts_of(option.value, sink):
                if (reason := unknown_of(part)) is not None:
                    reasons.append(reason)
                    continue
                if not isinstance(part, Str) or not part.known:
                    continue
                if sink.checked and not looks_like_sql(strings.flat(part)):
                    passed = passed or self._passes_text(call, found, part, at, made, via, checked=True)
                    continue
                if self._passes_text(call, found, part, at, made, via):
                    passed = True
                else:
                    self._add(part, at, made)
                made += 1
        if made:  # the branch with the other texts is the one that is taken: no driver takes a list
            reasons = [reason for reason in reasons if reason.reason != COLLECTION]
        for reason in reasons:
            plain = len(options(value)) == 1 and reason.parameter is not None and reason.parameter.exact
            finding = None
            if not self._is_quiet(found):
                finding = unresolved(self.source, found.sql, found.label, reason, partly=made > 0)
            inner = self._passes_on(call, found, reason.parameter, via, whole=True, plain=plain)
            if inner is not None:
                passed = True
                self.fallbacks.append(Fallback(*inner, finding))
            elif finding is not None and not passed:
                self.findings[id(call)] = finding
                break
        if passed or (made and not reasons):
            self.findings.pop(id(call), None)
        if via is None and made and isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) == "self":
            self.own.add(call.func.attr)
        if via is not None and (made or passed or id(call) in self.findings):
            via.called += 1
        return bool(made or passed)

    def _passes_text(
        self,
        call: ast.Call,
        found: Match,
        text: Str,
        site: Site,
        alternative: int,
        via: Helper | None,
        *,
        checked: bool = False,
    ) -> bool:
        """Whether a text is partly a parameter of the function, whose calls are looked at then."""
        made_of = parameter_of(text)
        if made_of is None:
            return False
        parameter, whole = made_of
        if checked and not whole:
            return False
        inner = self._passes_on(call, found, parameter, via, whole=whole, plain=False)
        if inner is None:
            return False
        self.fallbacks.append(Fallback(*inner, None, None if checked else text, site, alternative))
        return True

    def _passes_on(
        self, call: ast.Call, found: Match, parameter: Parameter | None, via: Helper | None, *, whole: bool, plain: bool
    ) -> tuple[Inner, Helper] | None:
        """The helper whose parameter the text is made of, with this call noted; None when it is no parameter."""
        function = self.flow.functions.get(parameter.function) if parameter is not None else None
        if parameter is None or function is None:
            return None
        helper = next(
            (one for one in self.helpers if one.function.node is function.node and one.parameter == parameter.name),
            None,
        )
        if helper is None:
            sinks = sinks_of(function, parameter.name, found, self._dialect(found.sink))
            if not sinks:
                return None
            helper = Helper(function, parameter.name, sinks)
            self.helpers.append(helper)
        for inner in helper.inner:
            if inner.call is call and inner.whole == whole:
                return inner, helper
        owner = self.index.owners.get(id(call), 0)
        plain = plain and parameter.exact and (via is None or via.plain)
        made = Inner(call, owner, found, via, whole, plain)
        helper.inner.append(made)
        return made, helper

    def _is_quiet(self, found: Match) -> bool:
        """Whether an argument that was not followed needs no word: it may well be no text, or no SQL of SQLite's."""
        if found.sink.silent or isinstance(found.sql, ast.Starred):
            return True
        if self._dialect(found.sink) == "postgres":
            return True
        builders = {"sqlalchemy", "sqlmodel", "peewee", "pypika", "tortoise", "piccolo"}
        return not found.typed and not builders.isdisjoint(self.index.imports)

    def _engine(self, scope: Scope) -> Engine:
        """The engine on which the code runs that is in the scope; the configuration has the last word."""
        return scope.engine_here() if self.settings.dialect is None else ""

    def _engine_of(self, option: Option) -> Engine:
        """The engine on which the program takes the branches that lead to the text."""
        known = self.modules.budget.engines
        found = {engine for step in option.path if (engine := known.get(step))} if known else set()
        return found.pop() if len(found) == 1 and self.settings.dialect is None else ""

    def _dialect(self, sink: Sink) -> Dialect:
        if self.settings.dialect is not None:
            return self.settings.dialect
        return sink.dialect if sink.dialect != "unknown" else self.dialect

    def _site(self, node: ast.expr, label: str, where: str, dialect: Dialect, known: Arguments) -> Site:
        line, column = self.source.lines.place(self.source.span(node).start)
        return Site(self.source.file.path, line, column, where, label, dialect, known)

    def _add(self, value: Str, site: Site, alternative: int) -> None:
        if (script := script_of(value)) is not None:
            self.links.append(Link(script, site.sink, site.path, site.line, site.dialect))
            return
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

    def _mark(self, scope: Scope) -> None:
        written = {
            (origin.literal.path, origin.literal.start) for statement in self.statements for origin in statement.origins
        }
        for number, node, value in marked_texts(self.evaluator, self.index.strings, self.marked, scope):
            if not uses(value, written):
                self._add(value, self._site(node, "marker", "", self.dialect, Arguments()), number)

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
