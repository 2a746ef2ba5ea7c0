"""Tables whose names the program computes: what makes them tells their columns to the statements beside it.

`CREATE TABLE "{self.table}" (...)` has no name that a catalog could have, but the statements of the same class that
name their table by the same attribute mean this one, and those of the same file by the same constant.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlport.catalog import Catalog, Table, from_statements, is_definition
from sqlport.hosts.python.source import tree_of
from sqlport.model import Hole, HoleKind, SourceFile, Statement
from sqlport.sql.tokens import HOLE_LETTER, stand_in

_CONSTANT = re.compile(r"(?:\w+\.)*[A-Z][A-Z0-9_]*")
_ATTRIBUTE = re.compile(r"(?:self|cls)\.\w+")
_NAMES = frozenset([HoleKind.TABLE, HoleKind.IDENTIFIER])
_NAME = f"{HOLE_LETTER}computed"

_Key = tuple[str, int, str]
"""A file, the first line of a class (0 outside of all), and what computes the name."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A table whose name is computed, between `before` and `after`."""

    before: str
    after: str
    table: Table


class ComputedTables:
    """The tables that are made with a name which an attribute, or a constant, gives; not those with two meanings."""

    def __init__(self, statements: Sequence[Statement], files: Mapping[str, SourceFile]) -> None:
        """Parses the files in which such a table is made."""
        makers = [one for one in statements if _may_make(one)]
        self._scopes = {path: _Scopes(files[path].text) for path in {one.path for one in makers} if path in files}
        self._tables: dict[_Key, tuple[_Named, ...]] = {}
        texts: dict[_Key, list[tuple[str, str]]] = defaultdict(list)
        for one in makers:
            key = self._key(one, one.holes[0])
            if key is not None:
                texts[key].append((one.path, _filled(one)))
        for key, definitions in texts.items():
            result = from_statements(definitions)
            if not any(failure.kind == "duplicate" for failure in result.failures):
                self._tables[key] = tuple(_named(table) for table in result.known if _NAME in table.name)

    def with_those_of(self, statement: Statement, catalog: Catalog) -> Catalog:
        """The catalog with the tables that the statement names by its holes, under the names that stand for those."""
        tables = []
        for index, hole in enumerate(statement.holes if self._tables else ()):
            key = self._key(statement, hole)
            for one in self._tables.get(key, ()) if key is not None else ():
                name = one.before + stand_in(index, hole.end - hole.start) + one.after
                tables.append(replace(one.table, name=name))
        return catalog.overlaid(Catalog.of(tables)) if tables else catalog

    def _key(self, one: Statement, hole: Hole) -> _Key | None:
        scopes = self._scopes.get(one.path)
        if scopes is None or hole.kind not in _NAMES:
            return None
        if _CONSTANT.fullmatch(hole.source):
            return one.path, 0, hole.source
        if _ATTRIBUTE.fullmatch(hole.source) or (hole.source.isidentifier() and scopes.is_kept(hole.source, one.line)):
            return one.path, scopes.first_line_of_class(one.line), hole.source.rpartition(".")[2]
        return None


def _may_make(one: Statement) -> bool:
    same = len({hole.source for hole in one.holes}) == 1 and all(hole.kind in _NAMES for hole in one.holes)
    return same and one.host == "python" and one.dialect != "postgres" and is_definition(one.sql)


def _filled(one: Statement) -> str:
    text = one.sql
    for hole in reversed(one.holes):
        text = text[: hole.start] + _NAME + text[hole.end :]
    return text


def _named(table: Table) -> _Named:
    before, _, after = table.name.partition(_NAME)
    return _Named(before, after, table)


class _Scopes:
    """The classes of a file, and the names that its functions bind."""

    def __init__(self, text: str) -> None:
        self._classes: list[tuple[int, int]] = []
        self._functions: list[tuple[int, int, frozenset[str]]] = []
        for node in ast.walk(tree_of(text)):
            if isinstance(node, ast.ClassDef):
                self._classes.append((node.lineno, node.end_lineno or node.lineno))
            elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                bound = frozenset[str]() if node.name == "__init__" else frozenset(_bound(node))
                self._functions.append((node.lineno, node.end_lineno or node.lineno, bound))

    def first_line_of_class(self, line: int) -> int:
        """The first line of the innermost class round a line; 0 outside of all."""
        return max((start for start, end in self._classes if start <= line <= end), default=0)

    def is_kept(self, name: str, line: int) -> bool:
        """Whether a name in a method is what the object was made with: no function round the line binds it."""
        inside = [bound for start, end, bound in self._functions if start <= line <= end]
        return self.first_line_of_class(line) > 0 and bool(inside) and not any(name in bound for bound in inside)


def _bound(function: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
    names = {node.arg for node in ast.walk(function) if isinstance(node, ast.arg)}
    return names | {
        node.id for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
