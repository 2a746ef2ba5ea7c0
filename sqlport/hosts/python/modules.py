"""Constants that are imported from other modules of the project: found by file, read, never imported."""

from __future__ import annotations

import ast
import posixpath
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from sqlport.hosts import Read, Settings
from sqlport.hosts.python.budget import Budget
from sqlport.hosts.python.evaluate import interpreter
from sqlport.hosts.python.flow import Flow, Pending
from sqlport.hosts.python.interpreter import Evaluator, Script
from sqlport.hosts.python.scopes import ClassInfo, Scope
from sqlport.hosts.python.sinks import Sinks
from sqlport.hosts.python.source import Source, parse
from sqlport.hosts.python.values import MAX_EACH, Chars, Class, Items, Ref, Str, Value
from sqlport.model import Literal, SourceFile, SqlportError

MAX_MODULES = 2000
"""Modules that are kept for the imports of others."""


@dataclass(slots=True)
class Modules:
    """The modules that a run's files import, each read once.

    `derived`: by the name of a class, the files and names of those that are derived from one of that name.
    """

    settings: Settings
    sinks: Sinks
    sources: dict[str, Source] = field(default_factory=dict)
    scopes: dict[str, Scope | None] = field(default_factory=dict)
    files: dict[str, bool] = field(default_factory=dict)
    located: dict[tuple[str, tuple[str, ...], int], str | None] = field(default_factory=dict)
    known: dict[tuple[str, Ref], Value | None] = field(default_factory=dict)
    budget: Budget = field(default_factory=Budget)
    derived: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    heirs: dict[int, Sequence[ClassInfo]] = field(default_factory=dict)

    def forget(self) -> None:
        """Let go of all that was read, when no more is asked."""
        for source in self.sources.values():
            source.forget()
        for known in (self.sources, self.scopes, self.files, self.located, self.known, self.heirs):
            known.clear()
        self.budget = Budget()

    def resolver(self, path: str) -> Callable[[Ref], Value | None]:
        """How the file at `path` looks up its imports."""

        def resolve(ref: Ref) -> Value | None:
            if self.settings.read is None:
                return None
            key = (path, ref)
            if key not in self.known:
                self.known[key] = None  # while it is looked up: a cycle of imports ends here
                self.known[key] = self._lookup(path, ref)
            return self.known[key]

        return resolve

    def scripts(self, path: str) -> Script:
        """How the file at `path` looks up the `.sql` files that it reads: beside it and upwards, then in the roots."""

        def script(name: str) -> Str | None:
            if self.settings.read is None:
                return None
            for base in (*_upwards(posixpath.dirname(path)), *self.settings.roots):
                file = _read(self.settings.read, posixpath.normpath(posixpath.join(base, name)))
                if file is not None:
                    literal = Literal(file.path, 0, len(file.text), host="sql")
                    return Str((Chars(file.text, literal),))
            return None

        return script

    def _lookup(self, importer: str, ref: Ref) -> Value | None:
        parts = ref.name.split(".")
        for size in range(len(parts), -1 if ref.level else 0, -1):
            file = self._file(importer, parts[:size], ref.level)
            if file is None:
                continue
            rest = parts[size:]
            return self._member(file, rest) if rest else None
        return None

    def _member(self, file: str, names: list[str]) -> Value | None:
        scope = self._scope(file)
        value = scope.names.get(names[0]) if scope is not None else None
        everything = scope.names.get("*") if scope is not None and value is None else None
        for module in reversed(everything.values) if isinstance(everything, Items) else ():
            value = self.resolver(file)(module.member(names[0])) if isinstance(module, Ref) else None
            if value is not None:
                break
        if isinstance(value, Ref):  # a re-export
            value = self.resolver(file)(value) or value
        for name in names[1:]:
            if not isinstance(value, Class):
                return None
            value = value.info.lookup(name, instance=False)
        return value

    def _file(self, importer: str, parts: list[str], level: int) -> str | None:
        """The file of a module or package, looked for beside the importer and upwards, then in the roots."""
        folder = posixpath.dirname(importer)
        key = (folder, tuple(parts), level)
        if key not in self.located:
            self.located[key] = self._locate(folder, parts, level)
        return self.located[key]

    def _locate(self, folder: str, parts: list[str], level: int) -> str | None:
        if level:
            for _ in range(level - 1):
                folder = posixpath.join(folder, "..")
            folders = [folder]
        else:
            folders = [*_upwards(folder), *self.settings.roots]
        for base in folders:
            stem = posixpath.normpath(posixpath.join(base, *parts))
            for candidate in (f"{stem}.py", posixpath.join(stem, "__init__.py")):
                if self._exists(candidate):
                    return candidate
        return None

    def _exists(self, path: str) -> bool:
        if path not in self.files:
            file = _read(self.settings.read, path) if self.settings.read is not None else None
            self.files[path] = file is not None
            if file is not None and path not in self.sources and len(self.sources) < MAX_MODULES:
                source = parse(file)
                if isinstance(source, Source):
                    self.sources[path] = source
        return self.files[path]

    def _scope(self, path: str) -> Scope | None:
        if path not in self.scopes:
            self.scopes[path] = None  # while it is followed: a cycle
            source = self.sources.get(path)
            if source is not None:
                evaluator = interpreter(source, self.sinks, self.resolver(path), self.budget, self.scripts(path))
                evaluator.lasting = True
                flow = Flow(evaluator, {}, lambda *_: None)
                self.budget.building += 1
                self.scopes[path] = flow.module(source.tree)
                self.budget.building -= 1
                kept = tuple(flow.pending)
                for info in flow.classes:
                    info.fill = partial(_fill, evaluator, info, kept)
                self.know_heirs(path, flow.classes)
        return self.scopes[path]

    def know_heirs(self, path: str, classes: Iterable[ClassInfo]) -> None:
        """Let classes of the file at `path` find those that other files derive from them."""
        for info in classes:
            if info.node.name in self.derived:
                info.outside = partial(self._heirs, path, info.node)
                self.budget.changes.number += 1

    def _heirs(self, path: str, node: ast.ClassDef) -> Sequence[ClassInfo]:
        known = self.heirs.get(id(node))
        if known is None:
            self.heirs[id(node)] = ()  # while they are looked up
            found = []
            seen = {node.name}
            waiting = list(self.derived.get(node.name, ()))
            for other, name in waiting:  # it grows: heirs have heirs
                scope = self._scope(other) if self._exists(other) else None
                value = scope.names.get(name) if scope is not None else None
                if not isinstance(value, Class) or not any(base.node is node for base in value.info.lineage()):
                    continue
                if other != path:
                    found.append(value.info)
                if name not in seen:
                    seen.add(name)
                    waiting.extend(self.derived.get(name, ()))
            known = self.heirs[id(node)] = tuple(found[:MAX_EACH])
            self.budget.changes.number += 1
        return known


def _fill(evaluator: Evaluator, info: ClassInfo, pending: Sequence[Pending]) -> None:
    """Follow the methods of a class for what they assign to `self`, the constructor first."""
    own = [one for one in pending if one.function.owner is info]
    flow = Flow(evaluator, {}, lambda *_: None)
    for one in sorted(own, key=lambda one: one.function.node.name != "__init__"):
        flow.function(one)


_OPEN: weakref.WeakKeyDictionary[Read, dict[tuple[object, ...], Modules]] = weakref.WeakKeyDictionary()


def modules_of(settings: Settings, sinks: Sinks) -> Modules:
    """The modules as `settings.read` gives them: shared by all files that are read through the same function."""
    if settings.read is None:
        return Modules(settings, sinks)
    shared = _OPEN.setdefault(settings.read, {})
    return shared.setdefault((settings.sinks, settings.roots), Modules(settings, sinks))


def _upwards(folder: str) -> list[str]:
    """The folder and those above it, as far as the reported path goes."""
    found = [folder]
    while folder and folder not in ("/", "."):
        folder = posixpath.dirname(folder)
        found.append(folder)
    return found


def _read(read: Read, path: str) -> SourceFile | None:
    """The file, or None: an import that cannot be read is one that is not followed."""
    try:
        return read(path)
    except SqlportError:
        return None
