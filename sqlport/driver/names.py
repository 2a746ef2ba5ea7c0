"""Which names of a file mean SQLite's library, by its imports; what leaves doubt is a problem, not a guess."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Import:
    """One name of an import statement that brings (a part of) the library: `member` is empty for the module."""

    node: ast.Import | ast.ImportFrom
    alias: ast.alias
    name: str
    library: str
    member: str
    scope: Scope | None


@dataclass(frozen=True, slots=True)
class Reference:
    """`sqlite3.member`, or the imported member by its own name; `member` is empty for the module itself."""

    node: ast.expr
    library: str
    member: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What leaves doubt about a name: a place and the reason."""

    node: ast.AST
    reason: str


@dataclass(frozen=True, slots=True)
class Uses:
    """All that a file has of SQLite's libraries. `parents` leads from each node (by id) to the one around it."""

    imports: tuple[Import, ...] = ()
    references: tuple[Reference, ...] = ()
    problems: tuple[Problem, ...] = ()
    parents: Mapping[int, ast.AST] = field(default_factory=dict)


def uses(tree: ast.Module, modules: Mapping[str, str]) -> Uses:
    """The imports of SQLite's libraries (`modules` by dotted name) and every use of what they bring."""
    parents = {id(child): parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    imports: list[Import] = []
    problems: list[Problem] = []
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            scope = scope_of(node, parents)
            for alias in node.names:
                found = _import(node, alias, modules, scope)
                if isinstance(found, Problem):
                    problems.append(found)
                elif found is not None:
                    imports.append(found)
    if not imports:
        return Uses((), (), tuple(problems), parents)
    by_name: dict[str, Import] = {}
    for one in imports:
        other = by_name.setdefault(one.name, one)
        if (other.library, other.member) != (one.library, one.member):
            problems.append(Problem(one.node, f"`{one.name}` is imported from two libraries"))
    missing = {id(target) for one in imports for node in fallbacks(one, parents) for target in node.targets}
    problems += _shadows(tree, by_name, {id(one.alias) for one in imports} | missing)
    references = [
        _reference(node, by_name[node.id], parents)
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in by_name and isinstance(node.ctx, ast.Load)
    ]
    references.sort(key=lambda found: (found.node.lineno, found.node.col_offset))
    return Uses(tuple(imports), tuple(references), tuple(problems), parents)


def fallbacks(one: Import, parents: Mapping[int, ast.AST]) -> Iterator[ast.Assign]:
    """`sqlite3 = None` where the import fails, which is no other meaning of the name."""
    parent = parents.get(id(one.node))
    if not isinstance(parent, ast.Try) or one.node not in parent.body:
        return
    for handler in parent.handlers:
        kind = handler.type.id if isinstance(handler.type, ast.Name) else ""
        for node in handler.body if kind in ("ImportError", "ModuleNotFoundError") else ():
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                is_none = isinstance(node.value, ast.Constant) and node.value.value is None
                if is_none and node.targets[0].id == one.name:
                    yield node


def scope_of(node: ast.AST, parents: Mapping[int, ast.AST]) -> Scope | None:
    """The function or class that a node is in; None at the top of the module."""
    found = parents.get(id(node))
    while found is not None and not isinstance(found, Scope):
        found = parents.get(id(found))
    return found


def _import(
    node: ast.Import | ast.ImportFrom, alias: ast.alias, modules: Mapping[str, str], scope: Scope | None
) -> Import | Problem | None:
    if isinstance(node, ast.Import):
        library = modules.get(alias.name)
        if library is None:
            return None
        if alias.asname is None and "." in alias.name:
            return Problem(node, f"`import {alias.name}` brings its package under another name; import it `as` a name")
        return Import(node, alias, alias.asname or alias.name, library, "", scope)
    if node.level or node.module is None:
        return None
    library = modules.get(f"{node.module}.{alias.name}")
    if library is not None:
        return Import(node, alias, alias.asname or alias.name, library, "", scope)
    library = modules.get(node.module)
    if library is None:
        return None
    if alias.name == "*":
        return Problem(node, f"`from {node.module} import *` does not say which names it brings")
    return Import(node, alias, alias.asname or alias.name, library, alias.name, scope)


def _shadows(tree: ast.Module, names: Mapping[str, Import], own: set[int]) -> Iterator[Problem]:
    """Every other place that binds one of the names."""
    for node in ast.walk(tree):
        bound: list[str | None] = []
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and id(node) not in own:
            bound = [node.id]
        elif isinstance(node, ast.arg):
            bound = [node.arg]
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            method = names.get(node.name)
            bound = [node.name] if method is not None and not _is_method(node, tree) else []
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)):
            bound = [node.name]
        elif isinstance(node, ast.alias) and id(node) not in own:
            bound = [node.asname or node.name.partition(".")[0]]
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            bound = list(node.names)
        for name in bound:
            if name in names:
                yield Problem(node, f"`{name}` has another meaning here as well")


def _is_method(node: ast.AST, tree: ast.Module) -> bool:
    """Whether a definition is one of a class, which binds no name that functions see."""
    return any(isinstance(found, ast.ClassDef) and node in found.body for found in ast.walk(tree))


def _reference(node: ast.Name, binding: Import, parents: Mapping[int, ast.AST]) -> Reference:
    if binding.member:
        return Reference(node, binding.library, binding.member)
    found: ast.expr = node
    parent = parents.get(id(found))
    if isinstance(parent, ast.Attribute) and parent.attr in ("dbapi2", "core", "cursor"):
        found, parent = parent, parents.get(id(parent))
    if isinstance(parent, ast.Attribute):
        return Reference(parent, binding.library, parent.attr)
    return Reference(found, binding.library, "")
