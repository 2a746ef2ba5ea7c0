"""Statements to scopes: follows a block from top to bottom, branches as alternatives, loops taken once."""

from __future__ import annotations

import ast
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field

from sqlport.hosts.python.annotations import annotation
from sqlport.hosts.python.branches import Engine, engines
from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.loops import accumulated, each_of, elements, repeated, within
from sqlport.hosts.python.names import dotted
from sqlport.hosts.python.parametrized import parametrized
from sqlport.hosts.python.scopes import ClassInfo, Scope, merge, parameter_names, unknown_parameter
from sqlport.hosts.python.slices import Slice, captured
from sqlport.hosts.python.targets import assign
from sqlport.hosts.python.truth import narrow, truth
from sqlport.hosts.python.updates import augmented, mutate
from sqlport.hosts.python.values import (
    Class,
    Const,
    Function,
    Items,
    Object,
    Ref,
    Unknown,
    Value,
)

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(slots=True)
class Pending:
    """A function body to follow later, when its module is known as a whole."""

    function: Function
    name: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What a module's own statements say: its names, the functions that wait to be followed, the classes."""

    scope: Scope
    pending: tuple[Pending, ...]
    classes: tuple[ClassInfo, ...]


@dataclass(slots=True)
class Flow:
    """One pass over a file. `on_call` gets each interesting call with the scope in which it happens.

    `calls` are those calls by the statement whose own expressions (not its blocks) contain them. With `returned`
    or `inlined` it is a function with the arguments of one call: what it returns is put into `returned` and
    `yielded`, tests that the arguments decide are decided, and nothing is remembered of `self`. `functions` are all
    that were followed, by the id of their node; `wanted` the ids of those that have to be, None for each one.
    `slice` is what matters of the function that is followed now, None where everything does.
    """

    evaluator: Evaluator
    calls: dict[int, list[ast.Call]]
    on_call: Callable[[ast.Call, Scope, str], None]
    pending: list[Pending] = field(default_factory=list)
    classes: list[ClassInfo] = field(default_factory=list)
    where: str = ""
    current: Function | None = None
    returned: list[Value] | None = None
    yielded: list[Value] = field(default_factory=list)
    inlined: bool = False
    functions: dict[int, Function] = field(default_factory=dict)
    wanted: Container[int] | None = None
    slice: Slice | None = None

    def module(self, tree: ast.Module) -> Scope:
        """Follow the module's own statements; its functions wait in `pending`."""
        scope = Scope()
        self.block(tree.body, scope)
        for info in self.classes:
            for base in info.lineage():
                if base is not info:
                    base.heirs.append(info)
        self.evaluator.budget.changes.number += 1
        return scope

    def outline(self, scope: Scope) -> Outline:
        """What was found by `module`, before any function is followed."""
        return Outline(scope, tuple(self.pending), tuple(self.classes))

    def again(self, known: Outline) -> Scope:
        """As `module`, by what an earlier pass over the file found."""
        self.classes = list(known.classes)
        self.pending = list(known.pending)
        return known.scope

    def function(self, pending: Pending) -> None:
        """Follow one function's body."""
        function = pending.function
        node = function.node
        scope = Scope(function.scope, function.owner)
        body = self.evaluator.source.body(node)
        matters = body.slice("inlined" if self.by_call else "calls", self.calls, self.wanted)
        for parameter in parameter_names(node):
            if matters is not None and parameter.arg not in matters.names:
                continue
            known = annotation(self.evaluator, parameter.annotation, function.scope)
            scope.set(parameter.arg, known or unknown_parameter(parameter, node))
        for name, value in parametrized(node, self.evaluator, function.scope).items() if node.decorator_list else ():
            scope.set(name, value)
        self.functions[id(node)] = function
        if function.owner is not None:
            bind_self(node, function.owner, scope)
        before, self.where, self.current = self.where, pending.name, function
        self.slice = matters
        self.block(node.body, scope)
        self.where, self.current, self.slice = before, None, None

    @property
    def by_call(self) -> bool:
        """Whether a function is followed for one call of it."""
        return self.inlined or self.returned is not None

    def block(self, statements: Sequence[ast.stmt], scope: Scope) -> None:
        """Follow statements one after the other."""
        by_call = self.by_call
        live = self.slice.live if self.slice is not None else None
        for statement in statements:
            if by_call and scope.ended:
                return
            if live is not None and id(statement) not in live:
                continue
            handler = _HANDLERS.get(type(statement))
            if handler is None:
                self._visit(statement, scope)
            else:
                handler(self, statement, scope)

    def _matters(self, statement: ast.stmt) -> bool:
        """Whether what the statement itself binds is asked for, and not only what stands in its block."""
        return self.slice is None or id(statement) in self.slice.active

    def _visit(self, statement: ast.AST, scope: Scope) -> None:
        walk = self.evaluator.source.walk
        for named in walk.named.get(id(statement), ()) if walk is not None else ():
            self.evaluator.value(named, scope)
        for call in self.calls.get(id(statement), ()):
            self.on_call(call, within(self.evaluator, call, scope), self.where)

    # -- simple statements

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        self._visit(node, scope)
        value = self.evaluator.value(node.value, scope)
        for target in node.targets:
            self._bind(target, value, scope)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        self._visit(node, scope)
        if node.value is not None:
            self._bind(node.target, self.evaluator.value(node.value, scope), scope)
            return
        known = annotation(self.evaluator, node.annotation, scope)
        if known is not None:
            self._bind(node.target, known, scope)

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        self._visit(node, scope)
        key = dotted(node.target)
        if key is None and not isinstance(node.target, ast.Subscript):
            return
        self._bind(node.target, augmented(self.evaluator, node, scope), scope)

    def _bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        assign(target, value, scope)
        if self.by_call:
            return
        targets = target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
        for element in targets:
            if isinstance(element, ast.Attribute) and isinstance(element.value, ast.Name):
                owner = scope.get(element.value.id)
                if isinstance(owner, Object):
                    known = scope.get(f"{element.value.id}.{element.attr}")
                    if known is not None:
                        owner.info.learn(element.attr, known)

    def _expression(self, node: ast.Expr, scope: Scope) -> None:
        self._visit(node, scope)
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            mutate(self.evaluator, call, call.func, scope)
        elif self.returned is not None and isinstance(call, ast.Yield) and call.value is not None:
            self.yielded.append(self.evaluator.value(call.value, scope))
        elif self.returned is not None and isinstance(call, ast.YieldFrom):
            found = elements(self.evaluator.value(call.value, scope))
            self.yielded.extend(found.values if isinstance(found, Items) else [self.evaluator.unknown(call.value)])

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            if alias.asname is not None:
                scope.set(alias.asname, Ref(alias.name))
            else:
                top = alias.name.partition(".")[0]
                scope.set(top, Ref(top))

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            if alias.name == "*":
                known = scope.get("*")
                before = known.values if isinstance(known, Items) else ()
                scope.set("*", Items((*before, Ref(node.module or "", node.level))))
            else:
                name = f"{node.module}.{alias.name}" if node.module else alias.name
                scope.set(alias.asname or alias.name, Ref(name, node.level))

    def _forget(self, node: ast.Global | ast.Nonlocal, scope: Scope) -> None:
        for name in node.names:
            scope.set(name, Unknown(name, "it is assigned in several functions"))

    def _ends(self, node: ast.stmt, scope: Scope) -> None:
        self._visit(node, scope)
        if self.returned is not None and isinstance(node, ast.Return) and node.value is not None:
            self.returned.append(self.evaluator.value(node.value, scope))
        scope.ended = True

    # -- blocks

    def _if(self, node: ast.If, scope: Scope) -> None:
        arms: list[Scope] = []
        rest: list[ast.stmt] = [node]
        engine: Engine = ""
        while len(rest) == 1 and isinstance(rest[0], ast.If):  # a loop: elif chains are long
            current = rest[0]
            self._visit(current, scope)
            decided = truth(current.test, self.evaluator, scope) if self.by_call else None
            holds, fails = engines(current.test)
            rest = current.orelse
            if decided is not False:
                arms.append(self._arm(current, True, holds or engine, scope))
            engine = fails or engine
            if decided is True:
                break
        else:
            arms.append(self._arm(current, False, engine, scope))
        self.evaluator.budget.engines.update(
            ((id(node), index), arm.engine) for index, arm in enumerate(arms) if arm.engine
        )
        merge(scope, arms, id(node))

    def _arm(self, node: ast.If, holds: bool, engine: Engine, scope: Scope) -> Scope:
        arm = scope.child()
        arm.engine = engine
        narrow(node.test, holds, scope, arm)
        self.block(node.body if holds else node.orelse, arm)
        return arm

    def _match(self, node: ast.Match, scope: Scope) -> None:
        self._visit(node, scope)
        arms = []
        total = False
        for case in node.cases:
            arm = scope.child()
            for name in captured(case.pattern):
                arm.set(name, Unknown(name, "it is bound by a pattern"))
            self._visit(case, arm)
            self.block(case.body, arm)
            arms.append(arm)
            total = total or (isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None)
        if not total:
            arms.append(scope.child())
        merge(scope, arms, id(node))

    def _for(self, node: ast.For | ast.AsyncFor, scope: Scope) -> None:
        self._visit(node, scope)
        body = scope.child()
        if self._matters(node):
            found = elements(self.evaluator.value(node.iter, scope))
            assign(node.target, each_of(found, node.iter), body)
        self._loop(node, scope, body)

    def _while(self, node: ast.While, scope: Scope) -> None:
        self._visit(node, scope)
        self._loop(node, scope, scope.child())

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, scope: Scope, body: Scope) -> None:
        """The body once. What it builds up (`+=`, append) is taken as built, as no turn adds nothing new.

        A number that it counts up is another one in each turn.
        """
        built = accumulated(node.body)
        for name in built:
            if isinstance(scope.get(name), Const):
                body.set(name, Unknown(name, "it changes with each turn"))
        self.block(node.body, body)
        body.ended = False
        for name in built:
            value = body.names.pop(name, None)
            if value is not None:
                scope.set(name, repeated(value, name))
        merge(scope, [body, scope.child()], id(node))
        self.block(node.orelse, scope)

    def _try(self, node: ast.Try, scope: Scope) -> None:
        body = scope.child()
        self.block(node.body, body)
        after = body.ended
        self.block(node.orelse, body)
        arms = [body]
        for handler in node.handlers:
            arm = scope.child()
            if not after:  # the body may have come as far as its end
                arm.names.update(body.names)
            if handler.name:
                arm.set(handler.name, Unknown(handler.name, "it is an exception"))
            self._visit(handler, arm)
            self.block(handler.body, arm)
            arms.append(arm)
        merge(scope, arms, id(node))
        self.block(node.finalbody, scope)

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> None:
        self._visit(node, scope)
        for item in node.items if self._matters(node) else ():
            if item.optional_vars is not None:
                self._bind(item.optional_vars, self.evaluator.value(item.context_expr, scope), scope)
        self.block(node.body, scope)

    # -- definitions

    def _define(self, node: FunctionNode, scope: Scope) -> None:
        self._visit(node, scope)
        function = Function(node, scope, self.evaluator, scope.owner if scope.in_class() else None)
        scope.set(node.name, function)
        self.pending.append(Pending(function, f"{self.where}.{node.name}" if self.where else node.name))

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        self._visit(node, scope)
        inner = Scope(scope)
        bases = [self.evaluator.value(base, scope) for base in node.bases]
        info = inner.owner = ClassInfo(
            node,
            inner,
            self.evaluator.budget.changes,
            tuple(base.info for base in bases if isinstance(base, Class)),
            tuple(base.name for base in bases if isinstance(base, Ref)),
        )
        self.classes.append(info)
        before, self.where = self.where, f"{self.where}.{node.name}" if self.where else node.name
        matters, self.slice = self.slice, None
        self.block(node.body, inner)
        self.where, self.slice = before, matters
        # Methods do not see the names of the class.
        for value in inner.names.values():
            if isinstance(value, Function) and value.owner is info:
                object.__setattr__(value, "scope", scope)
        scope.set(node.name, Class(info))


def bind_self(node: FunctionNode, owner: ClassInfo, scope: Scope) -> None:
    """Give a method's first parameter its object or class."""
    named = [*node.args.posonlyargs, *node.args.args]
    decorators = {dotted(decorator) for decorator in node.decorator_list}
    if named and "staticmethod" not in decorators:
        scope.set(named[0].arg, Class(owner) if "classmethod" in decorators else Object(owner))


_HANDLERS: dict[type, Callable[..., None]] = {
    ast.Assign: Flow._assign,
    ast.AnnAssign: Flow._annotated,
    ast.AugAssign: Flow._augmented,
    ast.Expr: Flow._expression,
    ast.Import: Flow._import,
    ast.ImportFrom: Flow._import_from,
    ast.Global: Flow._forget,
    ast.Nonlocal: Flow._forget,
    ast.Return: Flow._ends,
    ast.Raise: Flow._ends,
    ast.Continue: Flow._ends,
    ast.Break: Flow._ends,
    ast.If: Flow._if,
    ast.Match: Flow._match,
    ast.For: Flow._for,
    ast.AsyncFor: Flow._for,
    ast.While: Flow._while,
    ast.Try: Flow._try,
    ast.With: Flow._with,
    ast.AsyncWith: Flow._with,
    ast.FunctionDef: Flow._define,
    ast.AsyncFunctionDef: Flow._define,
    ast.ClassDef: Flow._class,
}
if hasattr(ast, "TryStar"):
    _HANDLERS[ast.TryStar] = Flow._try
