"""Functions of the project that pass a parameter on to a sink: their calls are sinks, too, in all its files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from sqlport.hosts.python.calls import given_to
from sqlport.hosts.python.flow import Flow
from sqlport.hosts.python.inline import Given, bound, is_static
from sqlport.hosts.python.match import Match
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.sinks import ANY_CALLABLE, Sink, Sinks
from sqlport.hosts.python.statements import Site
from sqlport.hosts.python.strings import flat
from sqlport.hosts.python.values import Chars, Function, Gap, Object, Parameter, Piece, Str, Value, options
from sqlport.model import Dialect, Finding

MAX_SIZE = 400
"""Lines of a helper that is followed for each of its calls."""
MAX_VARIANTS = 8
"""So many texts of one call inside a helper are told apart by the helper's calls."""


@dataclass(slots=True, eq=False)
class Inner:
    """A sink call inside a helper; `via` is the helper that it calls, None for a library's sink.

    `whole` where the text begins with the parameter, so that the helper's caller writes the statement; else the
    helper does, and the caller's arguments make `variants` of it; `open` when a call of the helper is not known,
    `told` once the variants are statements.
    """

    call: ast.Call
    owner: int
    found: Match
    via: Helper | None
    whole: bool
    plain: bool
    variants: dict[str, Str] = field(default_factory=dict)
    open: bool = False
    told: bool = False

    def vary(self, value: Value) -> None:
        """Note what a call makes of the text. Equal texts of several calls are written in no one place."""
        for option in options(value):
            text = option.value
            if not isinstance(text, Str):
                self.open = True
                continue
            key = flat(text)
            known = self.variants.get(key)
            if known is not None:
                self.variants[key] = _unplaced(known, text)
            elif len(self.variants) <= MAX_VARIANTS:
                self.variants[key] = text


@dataclass(slots=True, eq=False)
class Helper:
    """A function and the parameter of it that reaches sinks. `called` counts the calls that are understood."""

    function: Function
    parameter: str
    sinks: tuple[Sink, ...]
    inner: list[Inner] = field(default_factory=list)
    called: int = 0

    @property
    def names(self) -> frozenset[str]:
        """What its calls are called."""
        return frozenset(
            name for sink in self.sinks for name in (*sink.methods, *(f.rpartition(".")[2] for f in sink.functions))
        )

    @property
    def home(self) -> str:
        """What a file has to name that can know the helper: its class or its module."""
        if self.function.owner is not None:
            return self.function.owner.node.name
        path = PurePosixPath(self.function.home.source.file.path)
        return path.parent.name if path.stem == "__init__" else path.stem

    @property
    def plain(self) -> bool:
        """Whether the sinks get exactly what the caller gives."""
        return all(inner.plain for inner in self.inner)

    def texts(self, given: Given) -> list[tuple[Inner, Value]]:
        """What its sinks get when it is called with those arguments."""
        node, home = self.function.node, self.function.home
        size = (node.end_lineno or node.lineno) - node.lineno + 1
        if size > MAX_SIZE or not home.budget.spend(size):
            return []
        found: list[tuple[Inner, Value]] = []
        by_call = {id(inner.call): inner for inner in self.inner}

        def collect(call: ast.Call, scope: Scope, _where: str) -> None:
            inner = by_call.get(id(call))
            if inner is None:
                return
            if inner.via is None:
                found.append((inner, home.value(inner.found.sql, scope)))
                return
            deeper = given_to(home, call, scope, _receiver(call, self.function, scope))
            found.extend((inner, value) for below, value in inner.via.texts(deeper) if below.whole)

        calls: dict[int, list[ast.Call]] = {}
        for inner in self.inner:
            calls.setdefault(inner.owner, []).append(inner.call)
        matters = home.source.body(node).slice("inlined", calls)
        flow = Flow(home, calls, collect, inlined=True, slice=matters)
        home.budget.depth += 1
        try:
            flow.block(node.body, bound(self.function, given, matters))
            while flow.pending:  # a function inside that runs the text
                flow.function(flow.pending.pop())
        finally:
            home.budget.depth -= 1
        return found


@dataclass(slots=True)
class Fallback:
    """What is said of a call inside a helper when the helper's calls do not tell its text."""

    inner: Inner
    helper: Helper
    finding: Finding | None = None
    text: Str | None = None
    site: Site | None = None
    alternative: int = 0


def _unplaced(a: Str, b: Str) -> Str:
    """The text of both; where they are written differently it has no origin."""
    if len(a.pieces) != len(b.pieces):
        return Str(tuple(Chars(piece.text) if isinstance(piece, Chars) else piece for piece in a.pieces))
    return Str(
        tuple(
            Chars(one.text) if isinstance(one, Chars) and one != other else one
            for one, other in zip(a.pieces, b.pieces, strict=True)
        )
    )


def _receiver(call: ast.Call, function: Function, scope: Scope) -> Object | None:
    if not isinstance(call.func, ast.Attribute):
        return None
    value = function.home.value(call.func.value, scope)
    return value if isinstance(value, Object) else None


def parameter_of(value: Str) -> tuple[Parameter, bool] | None:
    """The first parameter that a text is made of, and whether the text begins with it."""
    started = False
    for piece in value.pieces:
        if isinstance(piece, Gap) and piece.parameter is not None:
            return piece.parameter, not started
        started = started or _is_something(piece)
    return None


def _is_something(piece: Piece) -> bool:
    return isinstance(piece, Gap) or (isinstance(piece, Chars) and not piece.text.isspace())


def sinks_of(function: Function, parameter: str, found: Match, dialect: Dialect) -> tuple[Sink, ...]:
    """What the calls of a function are, whose `parameter` reaches the sink; none when it is no plain parameter."""
    node = function.node
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    keyword_only = [argument.arg for argument in node.args.kwonlyargs]
    if function.owner is not None and not is_static(node):
        names = names[1:]
    if node.args.vararg is not None and node.args.vararg.arg == parameter:
        position = len(names)
    elif parameter in names:
        position = names.index(parameter)
    elif parameter in keyword_only:
        position = -1
    else:
        return ()
    sink = Sink(
        library=found.sink.library,
        dialect=dialect,
        argument=position,
        keywords=(parameter,),
        many=found.sink.many,
        script=found.sink.script,
        items=found.sink.items,
        checked=True,  # what a caller gives may be a part of the text, or no text at all
        silent=found.sink.silent and not found.typed,
    )
    return _called(function, _with_parameters(sink, node, names, found))


def _called(function: Function, sink: Sink) -> tuple[Sink, ...]:
    owner = function.owner
    if owner is None:
        return (replace(sink, functions=(function.node.name,)),)
    if function.node.name == "__init__":
        return (replace(sink, functions=(owner.node.name,)),)
    same = [name for name, value in owner.names.names.items() if _is_same(value, function)]  # `__call__ = execute`
    names = tuple(dict.fromkeys((function.node.name, *same)))
    own = replace(sink, methods=names, types=(owner.node.name,))
    # Objects whose class is not known: only by the method's name, so the text has to look like SQL.
    by_name = replace(sink, receiver=re.compile(""), checked=True, silent=True)
    plain = tuple(name for name in names if name != "__call__")
    others = (replace(by_name, methods=plain),) if plain else ()
    return (own, *others, *((replace(by_name, functions=(ANY_CALLABLE,)),) if "__call__" in names else ()))


def _is_same(value: Value, function: Function) -> bool:
    return isinstance(value, Function) and value.node is function.node


def _with_parameters(
    sink: Sink, node: ast.FunctionDef | ast.AsyncFunctionDef, names: Sequence[str], found: Match
) -> Sink:
    """The sink that knows where the helper's caller gives the parameters, if they are passed on as they are."""
    none = replace(sink, parameters=-1)
    if found.parameters is None or len(found.parameters) != 1:
        return none
    passed = found.parameters[0]
    if isinstance(passed, ast.Starred):
        passed = passed.value
    if not isinstance(passed, ast.Name):
        return none
    if passed.id in names:
        return replace(sink, parameters=names.index(passed.id), parameter_keywords=(passed.id,))
    if node.args.vararg is not None and node.args.vararg.arg == passed.id and sink.argument != len(names):
        return replace(sink, parameters=len(names), spread=True)
    return none


def active_sinks(helpers: Iterable[tuple[int, Helper]], sinks: Sinks) -> Sinks:
    """Only the helpers as sinks, each with its number as `key`, with what is known of types."""
    by_method: dict[str, list[Sink]] = {}
    by_function: dict[str, list[Sink]] = {}
    by_node: dict[int, tuple[Sink, ...]] = {}
    for key, helper in helpers:
        for sink in helper.sinks:
            numbered = replace(sink, key=key)
            for method in sink.methods:
                by_method.setdefault(method, []).append(numbered)
            for function in sink.functions:
                by_function.setdefault(function, []).append(numbered)
            if not sink.methods and ANY_CALLABLE not in sink.functions:
                node = id(helper.function.node)
                by_node[node] = (*by_node.get(node, ()), numbered)
    return replace(sinks, by_method=_frozen(by_method), by_function=_frozen(by_function), by_node=by_node)


def _frozen(index: Mapping[str, Sequence[Sink]]) -> dict[str, tuple[Sink, ...]]:
    # The sinks of known types come before those that go by the name alone.
    return {key: tuple(sorted(found, key=lambda sink: sink.receiver is not None)) for key, found in index.items()}
