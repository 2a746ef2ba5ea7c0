"""Where names get their values: scopes as overlays, so that a branch costs what it changes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlport.hosts.python.branches import Engine
from sqlport.hosts.python.budget import Changes
from sqlport.hosts.python.slices import MUTATING
from sqlport.hosts.python.types import of_annotation
from sqlport.hosts.python.values import (
    Const,
    Function,
    Items,
    Option,
    Parameter,
    Str,
    Table,
    Unknown,
    Value,
    choose,
    options,
)


class Scope:
    """Names and values of one block; what is not here is looked up in `parent`.

    `steps` are the arms of earlier branches that a test told: the program only comes here by way of them.
    """

    __slots__ = ("ended", "engine", "names", "owner", "parent", "steps")

    def __init__(self, parent: Scope | None = None, owner: ClassInfo | None = None) -> None:
        self.names: dict[str, Value] = {}
        self.parent = parent
        self.owner = owner
        self.ended = False
        self.engine: Engine = ""
        self.steps: tuple[tuple[int, int], ...] = ()

    def engine_here(self) -> Engine:
        """The engine on which the program comes here, where a test on it tells."""
        scope: Scope | None = self
        while scope is not None:
            if scope.engine:
                return scope.engine
            scope = scope.parent
        return ""

    def get(self, name: str) -> Value | None:
        """The name's value here or further out."""
        scope: Scope | None = self
        while scope is not None:
            value = scope.names.get(name)
            if value is not None:
                return value
            scope = scope.parent
        return None

    def set(self, name: str, value: Value) -> None:
        """Give the name a new value; what was known of its attributes is gone."""
        self.names[name] = value

    def in_class(self) -> bool:
        """Whether what is defined here is a member of the class."""
        scope: Scope | None = self
        while scope is not None and self.owner is not None:
            if scope is self.owner.names:
                return True
            scope = scope.parent
        return False

    def child(self) -> Scope:
        """An overlay for a branch."""
        return Scope(self, self.owner)


def merge(scope: Scope, arms: Sequence[Scope], branch: int) -> None:
    """After a branch: each name that an arm changed has one of the values that the arms left."""
    alive = [(index, arm) for index, arm in enumerate(arms) if not arm.ended]
    scope.ended = scope.ended or not alive
    left = {arm.engine for _, arm in alive}
    if len(alive) < len(arms) and len(left) == 1:
        scope.engine = left.pop() or scope.engine
    changed: dict[str, None] = {}
    for _, arm in alive:
        changed.update(dict.fromkeys(arm.names))
    for name in changed:
        before = scope.get(name)
        found = []
        for index, arm in alive:
            value = arm.names.get(name, before)
            if value is not None:
                found.append(Option(value, ((branch, index), *arm.steps) if len(alive) > 1 else ()))
        scope.set(name, choose(found, name))


MAX_LEARNED = 16
"""So many values of an attribute are told apart."""
_ENUMS = frozenset(("Enum", "StrEnum", "IntEnum"))


@dataclass(slots=True, eq=False)
class ClassInfo:
    """A class of the project: its own names, its bases that are known, and what methods assign to `self`.

    `fill` follows the methods for that, where nobody did so far; `outside` gives the heirs in other modules.
    `found` keeps what was looked up, with the number of `changes` at which it was so.
    """

    node: ast.ClassDef
    names: Scope
    changes: Changes
    bases: tuple[ClassInfo, ...] = ()
    library_bases: tuple[str, ...] = ()
    heirs: list[ClassInfo] = field(default_factory=list)
    attributes: dict[str, list[Value]] = field(default_factory=dict)
    fill: Callable[[], None] | None = None
    outside: Callable[[], Sequence[ClassInfo]] | None = None
    found: dict[tuple[str, bool], tuple[int, Value | None]] = field(default_factory=dict)
    _grown: frozenset[str] | None = None
    _lineage: tuple[ClassInfo, ...] = ()

    def lineage(self) -> tuple[ClassInfo, ...]:
        """The class and its known bases, nearest first, each once."""
        if not self._lineage:
            found: dict[int, ClassInfo] = {}
            waiting = [self]
            for info in waiting:  # it grows
                if id(info) not in found:
                    found[id(info)] = info
                    waiting.extend(info.bases)
            self._lineage = tuple(found.values())
        return self._lineage

    def learn(self, name: str, value: Value) -> None:
        """Note that a method assigns the value to the attribute of an object."""
        known = self.attributes.setdefault(name, [])
        for option in options(value):
            if option.value not in known and len(known) < MAX_LEARNED:
                known.append(option.value)
                self.changes.number += 1

    def lookup(self, name: str, *, instance: bool) -> Value | None:
        """The value of an attribute, with those that heirs of the class give it."""
        known = self.found.get((name, instance))
        begin = self.changes.number
        if known is not None and known[0] == begin:
            return known[1]
        value = self._look_up(name, instance)
        if self.changes.number == begin:
            self.found[name, instance] = begin, value
        return value

    def _look_up(self, name: str, instance: bool) -> Value | None:
        own = self.inherited(name, instance)
        outside = self.outside() if self.outside is not None and own and _is_plain(own[0]) else ()
        found: list[Option] = []
        for arm, info in enumerate((self, *self.heirs, *outside)):
            values = own if info is self else info.inherited(name, instance)
            for index, value in enumerate(values):
                if arm <= len(self.heirs) or _is_plain(value):
                    found.append(Option(value, ((id(self), arm), (id(self) ^ hash(name), index))))
        if any(isinstance(option.value, Items) and not option.value.open for option in found):
            if any(name in info.grown for info in self.lineage()):
                found = [Option(_opened(option.value), option.path) for option in found]
        useful = [option for option in found if option.value != Const(None)] or found
        return choose(useful, name) if useful else None

    @property
    def grown(self) -> frozenset[str]:
        """Attributes to which the class's methods add elements."""
        if self._grown is None:
            calls = (node.func for node in ast.walk(self.node) if isinstance(node, ast.Call))
            changed = [call.value for call in calls if isinstance(call, ast.Attribute) and call.attr in MUTATING]
            self._grown = frozenset(target.attr for target in changed if isinstance(target, ast.Attribute))
        return self._grown

    def inherited(self, name: str, instance: bool) -> list[Value]:
        """What the class says of the attribute, or the nearest of its bases that says something."""
        for info in self._lineage or self.lineage():
            if own := info.own(name, instance):
                return own
        return []

    def members(self) -> list[Value] | None:
        """The values of an enum's members; None for any other class."""
        if not any(base.rpartition(".")[2] in _ENUMS for info in self.lineage() for base in info.library_bases):
            return None
        own = self.names.names.items()
        return [value for name, value in own if isinstance(value, (Str, Const)) and not name.startswith("_")]

    def own(self, name: str, instance: bool) -> list[Value]:
        """What this class itself says of the attribute."""
        if instance and self.fill is not None and name not in self.names.names:
            fill, self.fill = self.fill, None
            fill()
        found = list(self.attributes.get(name, ())) if instance else []
        value = self.names.names.get(name)
        return [value, *found] if value is not None else found

    def method(self, name: str) -> Function | None:
        """The method of that name, if it is a plain one."""
        for info in self.lineage():
            value = info.names.names.get(name)
            if isinstance(value, Function):
                return value
        return None


def _opened(value: Value) -> Value:
    return Items(value.values, open=True) if isinstance(value, Items) else value


def _is_plain(value: Value) -> bool:
    """Whether the value is data of a class, which its heirs may say otherwise."""
    return isinstance(value, (Str, Items, Table)) or value == Const(None)


def parameter_names(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> list[ast.arg]:
    """All parameters in the order of positional calls, then the others."""
    arguments = node.args
    named = [*arguments.posonlyargs, *arguments.args]
    extra = [arg for arg in (arguments.vararg, arguments.kwarg) if arg is not None]
    return [*named, *arguments.kwonlyargs, *extra]


def unknown_parameter(parameter: ast.arg, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Unknown:
    """A parameter's value inside its function."""
    name = parameter.arg
    reason = f"it is the parameter `{name}` of `{function.name}()`"
    return Unknown(name, reason, parameter=Parameter(id(function), name, type=of_annotation(parameter.annotation)))
