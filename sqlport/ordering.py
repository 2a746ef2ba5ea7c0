"""Tables that are made before the one that their foreign key refers to: behind which statement the key is added.

SQLite looks for the other table when rows are written, PostgreSQL when the key is made. Where one script, or one
function of a program, makes both tables, it is known which statement comes later.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlport.catalog.keys import clause, foreign_keys
from sqlport.catalog.names import folded, quote, truncated
from sqlport.hosts.python.source import tree_of
from sqlport.model import Ported, SourceFile, Statement

if TYPE_CHECKING:
    from sqlport.sql.definitions import Constraint, CreateTable

_Arms = tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class LaterKey:
    """A key of the table that the statement `child` makes, to `table` (folded), which the statement `parent` makes.

    `sql` adds it behind that one.
    """

    child: str
    parent: str
    table: str
    sql: str


@dataclass(frozen=True, slots=True)
class _Created:
    statement: Statement
    table: CreateTable
    arms: _Arms

    @property
    def name(self) -> str:
        return folded(self.table.name.text)


def later_keys(
    statements: Sequence[Statement], files: Mapping[str, SourceFile], is_ported: Callable[[Statement], bool]
) -> tuple[LaterKey, ...]:
    """The foreign keys of tables that the same script or function makes before the table that they refer to.

    Only statements that are known in full and `is_ported` count; two arms of one `if` do not follow each other.
    """
    places: dict[tuple[str, int], list[Statement]] = defaultdict(list)
    scopes: dict[str, _Scopes] = {}
    for path in sorted({one.sink_path or one.path for one in statements if _refers(one)}):
        if path in files:
            scopes[path] = _Scopes(files[path])
    for one in statements:
        path = one.sink_path or one.path
        known = one.resolved and not one.holes and one.host in ("python", "sql")
        if path in scopes and known and is_ported(one):
            places[path, scopes[path].function(one)].append(one)
    return tuple(
        key for (path, _), found in places.items() if any(map(_refers, found)) for key in _of(found, scopes[path])
    )


def with_later_keys(
    ported: Mapping[str, Ported], keys: Sequence[LaterKey], again: Callable[[Ported, tuple[str, ...]], Ported]
) -> dict[str, Ported]:
    """The ports, and those of `again` with the statements behind them which add the keys that others leave out.

    Each pair of such statements is made `together`.
    """
    found = dict(ported)
    made = [key for key in keys if key.table not in _referred(ported[key.child])]
    for parent in dict.fromkeys(key.parent for key in made):
        found[parent] = again(found[parent], tuple(key.sql for key in made if key.parent == parent))
    for one, other in [pair for key in made for pair in ((key.child, key.parent), (key.parent, key.child))]:
        found[one] = replace(found[one], together=(*found[one].together, other))
    return found


def _referred(one: Ported) -> frozenset[str]:
    """The (folded) tables that the port of a CREATE TABLE still has keys to."""
    from sqlport.sql import read
    from sqlport.sql.ddl import read_create_table

    parsed = read(one.port.question)
    table = read_create_table(parsed.text, parsed.tokens)
    keys = [each.references for _, each in foreign_keys(table)] if table is not None else []
    return frozenset(folded(each.table.text) for each in keys if each is not None)


def _refers(one: Statement) -> bool:
    text = one.sql.lower()
    return "references" in text and "create" in text


def _of(statements: Sequence[Statement], scopes: _Scopes) -> Iterator[LaterKey]:
    ordered = sorted(statements, key=lambda one: (one.sink_line, one.path, one.line, one.column))
    made = list(_created(ordered, scopes))
    for number, child in enumerate(made):
        before = {one.name for one in made[: number + 1]}
        for columns, constraint in foreign_keys(child.table):
            name = folded(constraint.references.table.text) if constraint.references else ""
            later = [one for one in made[number + 1 :] if one.name == name and _follow(child.arms, one.arms)]
            if name not in before and len(later) == 1:
                sql = _alter(child.table, columns, constraint, later[0].table)
                yield LaterKey(child.statement.id, later[0].statement.id, name, sql)


def _created(statements: Sequence[Statement], scopes: _Scopes) -> Iterator[_Created]:
    from sqlport.sql import read
    from sqlport.sql.ddl import read_create_table

    for one in statements:
        if "create" not in one.sql.lower():
            continue
        parsed = read(one.sql)
        if parsed.problem is None and parsed.kind == "CREATE TABLE":
            table = read_create_table(parsed.text, parsed.tokens)
            if table is not None and table.body is not None:
                yield _Created(one, table, scopes.arms(one))


def _alter(child: CreateTable, columns: Sequence[str], constraint: Constraint, parent: CreateTable) -> str:
    """What adds the key; nothing where it is there already and the tables are made IF NOT EXISTS."""
    table = quote(child.name.text)
    default = truncated(f"{folded(child.name.text)}_{'_'.join(map(folded, columns))}_fkey")
    name = constraint.name.text if constraint.name else default
    add = f"ALTER TABLE {table} ADD CONSTRAINT {quote(name)} FOREIGN KEY ({', '.join(map(quote, columns))})"
    add += f" {clause(constraint.references)}" if constraint.references else ""
    if not child.if_not_exists and not parent.if_not_exists:
        return add
    known = f"conrelid = {_string(table)}::regclass AND conname = {_string(folded(name))}"
    return (
        f"DO $$ BEGIN\n    IF NOT EXISTS (SELECT FROM pg_constraint WHERE {known}) THEN\n"
        f"        {add};\n    END IF;\nEND $$"
    )


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _follow(one: _Arms, other: _Arms) -> bool:
    """Whether both can run in one go: they are in no two arms of one statement."""
    chosen = dict(one)
    return all(chosen.get(node, arm) == arm for node, arm in other)


class _Scopes:
    """The functions of a file, and the arms of its conditions, by line; those of a script are all one."""

    def __init__(self, file: SourceFile) -> None:
        self._functions: list[tuple[int, int]] = []
        self._arms: list[tuple[int, str, int, int]] = []
        if file.path.endswith((".py", ".pyi")):
            for number, node in enumerate(ast.walk(tree_of(file.text))):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                    self._functions.append((node.lineno, node.end_lineno or node.lineno))
                elif isinstance(node, ast.If | ast.Try | ast.For | ast.While | ast.Match):
                    self._arms.extend((number, arm, *lines) for arm, lines in _arms(node))

    def function(self, one: Statement) -> int:
        """The first line of the innermost function round the call; 0 outside of all."""
        return max((start for start, end in self._functions if start <= one.sink_line <= end), default=0)

    def arms(self, one: Statement) -> _Arms:
        """The arms of conditions that the call stands in."""
        return tuple((node, arm) for node, arm, start, end in self._arms if start <= one.sink_line <= end)


def _arms(node: ast.If | ast.Try | ast.For | ast.While | ast.Match) -> Iterator[tuple[str, tuple[int, int]]]:
    parts: list[tuple[str, Sequence[ast.stmt]]]
    if isinstance(node, ast.Match):
        parts = [(str(number), case.body) for number, case in enumerate(node.cases)]
    elif isinstance(node, ast.Try):
        parts = [("body", node.body), *((str(n), each.body) for n, each in enumerate(node.handlers))]
    else:
        parts = [("body", node.body), ("orelse", node.orelse)]
    for name, body in parts:
        if body:
            yield name, (body[0].lineno, body[-1].end_lineno or body[-1].lineno)
