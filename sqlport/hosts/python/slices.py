"""What of a function has to be followed for what is asked of it: the rest of its body cannot change the answer.

Most of a function says nothing about SQL. From the statements that matter (calls that run SQL, or what is returned)
the names that they read lead to the statements that bind these, and so on. Names are taken as they are written
(`a`, `a.b`), and all that binds one counts, wherever it stands: too much is followed, never too little.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal as OneOf

from sqlport.hosts.python.names import dotted

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Purpose = OneOf["calls", "inlined", "result"]
"""The calls of a function as it is; those of it for the arguments of one call; what it returns for them."""

MUTATING = frozenset("append extend insert clear pop remove sort reverse update".split())
"""Methods that change the list or dict that they are called on."""

_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_BLOCKS = ("body", "orelse", "handlers", "finalbody", "cases")
_ANYTHING = frozenset(("locals", "vars", "getattr"))
"""Functions that read names which are not written as such."""
_LEAVES = frozenset((ast.Constant, ast.Load, ast.Store, ast.Del))
_ENDS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


@dataclass(slots=True)
class Step:
    """A statement, a handler or a case, in the step `parent`; `loop` is the innermost loop around it, -1 for none.

    `targets` are what it may bind, `reads` what its expressions need; `keeps` where an attribute of an object is set,
    `tests` where the reads only decide which way is taken.
    """

    node: ast.AST
    parent: int
    loop: int
    targets: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    keeps: bool = False
    tests: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """`live`: ids of the statements to go through; `active`: of those whose own expressions matter; `names`: read."""

    live: Container[int]
    active: Container[int]
    names: Container[str]


@dataclass(slots=True)
class Body:
    """The steps of a function, and the slices that were made of them."""

    steps: list[Step] = field(default_factory=list)
    places: dict[int, int] = field(default_factory=dict)
    binding: dict[str, list[int]] = field(default_factory=dict)
    whole: bool = False
    known: dict[object, Slice] = field(default_factory=dict)

    def slice(self, purpose: Purpose, calls: Container[int], functions: Container[int] | None = None) -> Slice | None:
        """What is to be followed; None for everything. `calls` are the ids of statements with calls of interest.

        `functions` are the ids of inner functions that are followed, too; by default each one that is there.
        """
        if self.whole:
            return None
        if purpose == "result" and purpose in self.known:
            return self.known[purpose]
        roots = [at for at, step in enumerate(self.steps) if _is_root(step, purpose, calls, functions)]
        key: object = purpose if purpose == "result" else (purpose, tuple(roots))
        if key not in self.known:
            self.known[key] = _Slicing(self, purpose).run(roots)
        return self.known[key]


def _is_root(step: Step, purpose: Purpose, calls: Container[int], functions: Container[int] | None) -> bool:
    node = step.node
    if id(node) in calls:
        return True
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return purpose != "result" and (functions is None or id(node) in functions)
    if isinstance(node, (ast.Import, ast.ImportFrom, ast.Global, ast.Nonlocal, ast.ClassDef)):
        return True
    if purpose == "calls":
        return step.keeps
    return purpose == "result" and _gives(node)


def _gives(node: ast.AST) -> bool:
    if isinstance(node, ast.Return):
        return node.value is not None
    return isinstance(node, ast.Expr) and isinstance(node.value, (ast.Yield, ast.YieldFrom))


class _Slicing:
    """One way from the roots to all that they need."""

    def __init__(self, body: Body, purpose: Purpose) -> None:
        self.body = body
        self.decides = purpose != "calls"  # tests are decided where the arguments are known
        self.active: set[int] = set()
        self.around: set[int] = set()
        self.names: set[str] = set()
        self.waiting: list[str] = []
        self.ends: dict[int, list[int]] = {}
        for at, step in enumerate(body.steps):
            if isinstance(step.node, _ENDS):
                self.ends.setdefault(step.loop, []).append(at)

    def run(self, roots: Iterable[int]) -> Slice:
        for at in roots:
            self.activate(at)
            self.read(self.body.steps[at].reads)
        for at in self.ends.get(-1, ()):
            self.go_through(at)
        while self.waiting:
            for at in self.body.binding.get(self.waiting.pop(), ()):
                self.activate(at)
        steps = self.body.steps
        live = frozenset(id(steps[at].node) for at in self.around)
        return Slice(live, frozenset(id(steps[at].node) for at in self.active), self.names)

    def activate(self, at: int) -> None:
        if at not in self.active:
            self.active.add(at)
            if self.decides or not self.body.steps[at].tests:
                self.read(self.body.steps[at].reads)
            self.go_through(at)

    def read(self, names: Iterable[str]) -> None:
        new = [name for name in names if name not in self.names]
        self.names.update(new)
        self.waiting.extend(new)

    def go_through(self, at: int) -> None:
        """A statement and those that it stands in; where these decide by a test, what they read matters."""
        turned = [at]
        while turned:
            at = turned.pop()
            while at >= 0 and at not in self.around:
                self.around.add(at)
                step = self.body.steps[at]
                if self.decides and isinstance(step.node, ast.If):
                    self.read(step.reads)
                if isinstance(step.node, _LOOPS):
                    turned.extend(self.ends.get(at, ()))
                at = step.parent


def body_of(node: FunctionNode) -> Body:
    """The steps of a function's body, in one walk over it."""
    body = Body()
    waiting: list[tuple[ast.AST, int, int]] = [(statement, -1, -1) for statement in node.body]
    while waiting:
        current, parent, loop = waiting.pop()
        at = len(body.steps)
        step = _step(current, parent, loop, body)
        body.steps.append(step)
        body.places[id(current)] = at
        for name in step.targets:
            body.binding.setdefault(name, []).append(at)
        if isinstance(current, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        for name in _BLOCKS:
            inner = at if name == "body" and isinstance(current, _LOOPS) else loop
            waiting.extend((statement, at, inner) for statement in getattr(current, name, ()))
    return body


def _step(node: ast.AST, parent: int, loop: int, body: Body) -> Step:
    targets: set[str] = set()
    reads: set[str] = set()
    keeps = tests = False
    for part in _own(node):
        _read(part, targets, reads, body)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        targets = {node.name}
    elif isinstance(node, ast.Assign):
        keeps = _bound(node.targets, targets)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For, ast.AsyncFor)):
        keeps = _bound([node.target], targets)
        if isinstance(node, ast.AugAssign):
            reads |= targets
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        given = [item.optional_vars for item in node.items if item.optional_vars is not None]
        keeps = _bound(given, targets)
    elif isinstance(node, ast.If):
        tests = not targets
        _narrowed(node.test, targets)
    elif isinstance(node, ast.ExceptHandler) and node.name:
        targets.add(node.name)
    elif isinstance(node, ast.match_case):
        targets.update(captured(node.pattern))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        function = node.value.func
        if isinstance(function, ast.Attribute) and function.attr in MUTATING:
            targets.add(dotted(function.value) or "")
    return Step(node, parent, loop, frozenset(targets), frozenset(reads), keeps, tests)


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a statement that are not statements in its blocks; all of a definition."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node
        return
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield child


def _read(part: ast.AST, targets: set[str], reads: set[str], body: Body) -> None:
    waiting: list[ast.AST] = [part]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is ast.Name:
            if type(node.ctx) is ast.Load:  # type: ignore[attr-defined]
                reads.add(node.id)  # type: ignore[attr-defined]
                if node.id in _ANYTHING:  # type: ignore[attr-defined]
                    body.whole = True
            continue
        if kind is ast.Attribute:
            key = dotted(node)  # type: ignore[arg-type]
            if key is not None:
                while key:
                    reads.add(key)
                    key = key.rpartition(".")[0]
                continue
        elif kind is ast.NamedExpr:
            targets.add(node.target.id)  # type: ignore[attr-defined]
        for name in node._fields:
            child = getattr(node, name, None)
            if type(child) is list:
                waiting.extend(one for one in child if isinstance(one, ast.AST))
            elif isinstance(child, ast.AST) and type(child) not in _LEAVES:
                waiting.append(child)


def _bound(targets: Sequence[ast.expr], found: set[str]) -> bool:
    """Add what an assignment to the targets binds. Whether an attribute of a named object is among it."""
    keeps = False
    waiting = list(targets)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Tuple, ast.List)):
            waiting.extend(node.elts)
        elif isinstance(node, ast.Starred):
            waiting.append(node.value)
        elif isinstance(node, ast.Subscript):
            found.add(dotted(node.value) or "")
        else:
            found.add(dotted(node) or "")
            keeps = keeps or (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name))
    return keeps


def _narrowed(test: ast.expr, found: set[str]) -> None:
    """Add what a test leaves fewer alternatives of."""
    waiting = [test]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.UnaryOp):
            waiting.append(node.operand)
        elif isinstance(node, ast.BoolOp):
            waiting.extend(node.values)
        elif isinstance(node, ast.Compare):
            waiting.append(node.left)
        elif isinstance(node, ast.Call):
            waiting.extend(node.args)
        else:
            found.add(dotted(node) or "")


def captured(pattern: ast.pattern) -> Iterator[str]:
    """The names that a pattern binds."""
    for node in ast.walk(pattern):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            yield name
