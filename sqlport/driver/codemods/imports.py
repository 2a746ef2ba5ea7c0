"""DRV010: the imports follow: sqlite3 goes where nothing needs it any more, psycopg and the helper come once."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlport.driver.model import Change, Module, replaced
from sqlport.driver.names import Import, fallbacks
from sqlport.model import FileEdit, Span


def doubts(module: Module) -> Iterator[Change]:
    """What makes it uncertain which names are the library's."""
    for problem in module.uses.problems:
        node = problem.node
        span = module.source.span(node) if isinstance(node, (ast.expr, ast.stmt)) else Span(0, 0)
        yield Change("DRV010", module.path, span, message=f"{problem.reason}, so that the port would be a guess")


def find(module: Module, changes: Sequence[Change]) -> Iterator[Change]:
    """The change of the file's imports after the other `changes`, and what is wrong with the imports."""
    yield from doubts(module)
    edited = [edit for change in changes for edit in change.edits]
    if not edited and module.uses.references:
        return
    for one in _statements(module.uses.imports):
        yield from _statement(module, one, changes, edited)


@dataclass(frozen=True, slots=True)
class _Group:
    """An import statement with the names in it that are the library's."""

    node: ast.Import | ast.ImportFrom
    imports: tuple[Import, ...]


def _statements(imports: Iterable[Import]) -> list[_Group]:
    found: dict[int, list[Import]] = {}
    for one in imports:
        found.setdefault(id(one.node), []).append(one)
    return [_Group(group[0].node, tuple(group)) for group in found.values()]


def _statement(
    module: Module, group: _Group, changes: Sequence[Change], edited: Sequence[FileEdit]
) -> Iterator[Change]:
    gone = [one for one in group.imports if _is_gone(module, one, edited)]
    needs = _needs(module, group, changes)
    wanted = [line for line in needs if not _has(module, line, group)]
    if not gone and not wanted:
        return
    span = module.source.span(group.node)
    if group.imports[0].scope is None and group.node in module.source.tree.body:
        edits = tuple(_at_top(module, group, gone, wanted))
    else:
        edits = (_in_place(module, group, gone, wanted), *_fallbacks(module, gone, wanted))
    yield Change("DRV010", module.path, span, edits)


def _is_gone(module: Module, one: Import, edited: Sequence[FileEdit]) -> bool:
    """Whether every use of the name is edited away."""
    for reference in module.uses.references:
        name = reference.node
        while isinstance(name, ast.Attribute):
            name = name.value
        if not isinstance(name, ast.Name) or name.id != one.name:
            continue
        span = module.source.span(reference.node)
        if not any(edit.start <= span.start and span.end <= edit.end for edit in edited):
            return False
    return True


def _needs(module: Module, group: _Group, changes: Sequence[Change]) -> list[str]:
    """The import lines that the new text of this import's scope needs."""
    scope = group.imports[0].scope
    inside = Span(0, len(module.source.text)) if scope is None else module.source.span(scope)
    names: set[str] = set()
    for change in changes:
        if change.edits and inside.contains(change.span):
            names |= change.needs
    lines = [f"import {name}" for name in sorted(names) if name not in module.homes]
    for library in sorted(names & module.homes.keys()):
        home = module.homes[library]
        package, _, last = home.module.rpartition(".")
        line = f"from {package} import {last}" if package else f"import {last}"
        lines.append(line if home.name == last else f"{line} as {home.name}")
    return lines


def _has(module: Module, line: str, group: _Group) -> bool:
    """Whether the file has that import already, or an earlier import of the library at the same level brings it."""
    wanted = ast.dump(ast.parse(line).body[0])
    if any(ast.dump(node) == wanted for node in module.source.tree.body):
        return True
    first = next(one for one in module.uses.imports if one.scope is group.imports[0].scope)
    top = [one for one in module.uses.imports if one.scope is None and one.node in module.source.tree.body]
    if group.imports[0].scope is None and top:
        return group.node is not top[0].node
    return first.node is not group.node


def _in_place(module: Module, group: _Group, gone: Sequence[Import], wanted: Sequence[str]) -> FileEdit:
    """Inside a function or a branch: the new imports where the old one stood."""
    span = module.source.span(group.node)
    lines = [*_left(module, group, gone), *wanted] or ["pass"]
    start = module.source.text.rfind("\n", 0, span.start) + 1
    indent = module.source.text[start : span.start]
    separator = _newline(module) + indent if not indent.strip() else "; "
    return FileEdit(module.path, span.start, span.end, separator.join(lines))


def _fallbacks(module: Module, gone: Sequence[Import], wanted: Sequence[str]) -> Iterator[FileEdit]:
    """`sqlite3 = None` where the import fails: the names that the new imports bring instead."""
    aliases = [alias for line in wanted for node in ast.parse(line).body for alias in getattr(node, "names", ())]
    names = " = ".join(alias.asname or alias.name for alias in aliases)
    for one in gone:
        for node in fallbacks(one, module.uses.parents):
            yield replaced(module, module.source.span(node.targets[0] if names else node), names or "pass")


def _left(module: Module, group: _Group, gone: Sequence[Import]) -> list[str]:
    """The import statement without the names that are gone."""
    names = {id(one.alias) for one in gone}
    if not names:
        return [module.source.span(group.node).of(module.source.text)]
    kept = [alias for alias in group.node.names if id(alias) not in names]
    if not kept:
        return []
    shown = ", ".join(f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in kept)
    if isinstance(group.node, ast.Import):
        return [f"import {shown}"]
    return [f"from {'.' * group.node.level}{group.node.module or ''} import {shown}"]


# -- at the top of the module: each import in its own group, as people and isort keep them

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_Line = tuple[int, tuple[bool, str]]


def _rank(line: ast.Import | ast.ImportFrom, module: Module) -> _Line:
    """The group of an import (standard library, third party, own) and its place there."""
    if isinstance(line, ast.ImportFrom):
        name, own = line.module or "", line.level > 0
    else:
        name, own = line.names[0].name, False
    root = name.partition(".")[0]
    firsts = {home.module.partition(".")[0] for home in module.homes.values()}
    firsts |= {PurePosixPath(module.path).parts[0]} if "/" in module.path else set()
    if root == "__future__":
        group = 0
    elif own or root in firsts:
        group = 3
    else:
        group = 1 if root in sys.stdlib_module_names else 2
    return group, (isinstance(line, ast.ImportFrom), name.lower())


def _at_top(module: Module, group: _Group, gone: Sequence[Import], wanted: Sequence[str]) -> Iterator[FileEdit]:
    text, newline = module.source.text, _newline(module)
    block = _block(module, group.node)
    left = _left(module, group, gone)
    removed = not left
    places: dict[int, list[tuple[_Line, str, bool]]] = {}
    others = [node for node in block if node is not group.node or not removed]
    for line in wanted:
        rank = _rank(ast.parse(line).body[0], module)  # type: ignore[arg-type]
        same = [node for node in others if _rank(node, module)[0] == rank[0]]
        before = [node for node in same if _rank(node, module) <= rank]
        lower = [node for node in others if _rank(node, module)[0] < rank[0]]
        if before:
            places.setdefault(_line_end(module, before[-1]), []).append((rank, line, False))
        elif same:
            places.setdefault(_line_start(module, same[0]), []).append((rank, line, False))
        elif lower:
            places.setdefault(_line_end(module, lower[-1]), []).append((rank, line, True))
        else:
            places.setdefault(_line_start(module, group.node), []).append((rank, line, True))
    shared = _shares_line(module, group.node)
    span = module.source.span(group.node)
    if removed and not shared:
        start, end = _line_start(module, group.node), _line_end(module, group.node)
        alone = _is_blank_before(text, start) and _is_blank_at(text, end)
        fresh = places.pop(start, [])
        fresh += places.pop(end, []) if alone and not fresh else []
        if fresh:
            yield FileEdit(module.path, start, end, _apart(text, start, end, sorted(fresh), newline))
        elif alone:
            yield FileEdit(module.path, start, _after_blank(text, end), "")
        else:
            yield FileEdit(module.path, start, end, "")
    elif gone:
        yield FileEdit(module.path, span.start, span.end, left[0] if left else "pass")
    for at, lines in sorted(places.items()):
        yield FileEdit(module.path, at, at, _apart(text, at, at, sorted(lines), newline))


def _apart(text: str, start: int, end: int, lines: Sequence[tuple[_Line, str, bool]], newline: str) -> str:
    """The lines in the place of `[start, end)`, groups set apart by a blank line, also from what is around."""
    parts: list[str] = []
    if lines[0][2] and start and not _is_blank_before(text, start):
        parts.append("")
    for number, (rank, line, _) in enumerate(lines):
        if number and lines[number - 1][0][0] != rank[0]:
            parts.append("")
        parts.append(line)
    if lines[-1][2] and end < len(text) and not _is_blank_at(text, end):
        parts.append("")
    return "".join(part + newline for part in parts)


def _block(module: Module, own: ast.stmt) -> list[ast.Import | ast.ImportFrom]:
    """The imports of the module up to its first function or class, or to the one that is changed."""
    body = module.source.tree.body
    ends = (number for number, node in enumerate(body) if isinstance(node, _DEFINITIONS))
    end = max(next(ends, len(body)), body.index(own) + 1)
    return [node for node in body[:end] if isinstance(node, (ast.Import, ast.ImportFrom))]


def _newline(module: Module) -> str:
    return "\r\n" if "\r\n" in module.source.text else "\n"


def _line_start(module: Module, node: ast.stmt) -> int:
    return module.source.text.rfind("\n", 0, module.source.span(node).start) + 1


def _line_end(module: Module, node: ast.stmt) -> int:
    found = module.source.text.find("\n", module.source.span(node).end)
    return found + 1 if found >= 0 else len(module.source.text)


def _shares_line(module: Module, node: ast.stmt) -> bool:
    """Whether more than the statement stands on its lines."""
    text, span = module.source.text, module.source.span(node)
    line = text[_line_start(module, node) : span.start] + text[span.end : _line_end(module, node)]
    return bool(line.strip()) and not line.strip().startswith("#")


def _is_blank_before(text: str, at: int) -> bool:
    """Whether the line before the one that begins at `at` is blank, or there is none."""
    return at == 0 or not text[text.rfind("\n", 0, at - 1) + 1 : at].strip()


def _is_blank_at(text: str, at: int) -> bool:
    end = text.find("\n", at)
    return not text[at : end if end >= 0 else len(text)].strip()


def _after_blank(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end + 1 if end >= 0 else len(text)
