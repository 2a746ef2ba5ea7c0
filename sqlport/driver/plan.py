"""One decision for a whole project: which calls are ported, with which statements, or why none is."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlport.catalog import Catalog
from sqlport.driver.codemods import (
    connect,
    connections,
    errors,
    functions,
    imports,
    lastrowid,
    lists,
    members,
    parameters,
    placeholders,
)
from sqlport.driver.codemods.parameters import Binding
from sqlport.driver.home import home, text_of
from sqlport.driver.model import Change, Home, Module
from sqlport.driver.names import uses
from sqlport.driver.table import Table, concerns, load
from sqlport.hosts.python.source import Source, parse
from sqlport.model import SourceFile, Statement, Target

_OTHERS = ("sqlalchemy.", "sqlmodel.", "django.", "peewee.", "databases.", "pandas.", "asyncpg.", "psycopg", "apsw.")
_METHODS = frozenset(["execute", "executemany", "executescript", "execute_insert", "execute_fetchall"])


@dataclass(frozen=True, slots=True)
class DriverPort:
    """The port of a project's calls.

    `changes` are the rules at their places, with edits where they can be made. `speaking` are the ids of
    statements whose calls take the target's placeholders afterwards, `returning` the column that an INSERT of those
    has to return, `bindings` the parameters of their calls where those can change places. `created` are new files
    by path. Where `refused` says why, nothing of this is done.
    """

    changes: tuple[Change, ...] = ()
    speaking: frozenset[str] = frozenset()
    returning: Mapping[str, str] = field(default_factory=dict)
    created: Mapping[str, str] = field(default_factory=dict)
    refused: str = ""
    bindings: Mapping[str, Binding] = field(default_factory=dict)

    @property
    def is_made(self) -> bool:
        """Whether there are calls to port, and nothing speaks against it."""
        return bool(self.created) and not self.refused


def plan(
    files: Mapping[str, SourceFile],
    statements: Sequence[Statement],
    catalog_of: Callable[[str], Catalog],
    target: Target,
    *,
    is_muted: Callable[[Change], bool] = lambda change: False,
) -> DriverPort | None:
    """How the calls of these files are ported; None where nothing opens a connection by SQLite's library.

    `is_muted` tells what the user wants to keep. Raises SqlportError for a broken table of the driver.
    """
    table = load(target.driver)
    if table is None:
        return None
    modules = _modules(files, table)
    homes = _homes(modules, table, files)
    if not homes:
        doubts = tuple(change for module in modules for change in imports.doubts(module))
        return DriverPort(doubts) if doubts else None
    broken = [path for path, file in files.items() if path.endswith(".py") and concerns(file, target.driver)]
    broken = [path for path in broken if path not in {module.path for module in modules}]
    modules = [replace(module, homes=homes) for module in modules]
    speaking = _speaking(statements, modules, table)
    bound, unported = _parameters(modules, [one for one in statements if one.id in speaking])
    speaking -= unported.keys()
    returning: dict[str, str] = {}
    changes: list[Change] = []
    running = {one.sink_path for one in statements if one.id in speaking} | {
        module.path for module in modules if module.uses.imports
    }
    written = _written(statements)
    kinds = frozenset(["date", "timestamp"]).union(*map(members.converted, modules))
    derived = connect.factories(modules)
    for module in modules:
        converted = _declared(catalog_of(module.path), kinds, target)
        made = [*connect.find(module, converted, derived), *members.find(module)]
        made += lastrowid.find(module, _inserts(module.path, statements, speaking, catalog_of), returning, True)
        if module.path in running:
            made += [*connections.find(module), *functions.find(module), *errors.find(module)]
            made += placeholders.find(module, written.get(module.path, ()))
        made += [change for change in unported.values() if change.path == module.path]
        made += lists.find(module, [one for one in statements if one.sink_path == module.path and one.id in speaking])
        kept = [replace(change, edits=()) if is_muted(change) else change for change in made]
        changes += kept
        changes += imports.find(module, kept)
    refused = f"{broken[0]}: it is not valid Python" if broken else _refusal(modules, changes, is_muted)
    created = {one.path: text_of(library, table, homes) for library, one in homes.items()}
    return DriverPort(tuple(changes), speaking, returning, created, refused, bound)


def _declared(catalog: Catalog, kinds: frozenset[str], target: Target) -> dict[str, str]:
    """The columns whose declared types sqlite3 has converters for, as it looks them up: by the first word.

    Not those to which the configuration gives a type of PostgreSQL's, which psycopg converts.
    https://docs.python.org/3/library/sqlite3.html#sqlite3.PARSE_DECLTYPES
    """
    from sqlport.catalog.names import folded

    found: dict[str, str] = {}
    given = {key.lower() for key in target.types}
    for table in catalog:
        for column in table.columns:
            words = column.declared_type.replace("(", " ").lower().split()
            name = f"{folded(table.name)}.{folded(column.name)}"
            if words and words[0] in kinds and not {words[0], name.lower()} & given:
                found[name] = words[0]
    return found


def _modules(files: Mapping[str, SourceFile], table: Table) -> list[Module]:
    """The files that can be read and have something to do with a database."""
    found: list[Module] = []
    for path, file in files.items():
        if not path.endswith(".py"):
            continue
        source = parse(file)
        if isinstance(source, Source):
            found.append(Module(source, uses(source.tree, table.modules), table))
    return found


def _homes(modules: Sequence[Module], table: Table, files: Mapping[str, SourceFile]) -> dict[str, Home]:
    """The helper's module for each library by which connections are opened."""
    opened: dict[str, list[str]] = {}
    for module in modules:
        for reference, call in connect.calls(module):
            if not connect.is_foreign(module, call):
                opened.setdefault(reference.library, []).append(module.path)
    taken = frozenset(
        node.id
        for module in modules
        if module.uses.references
        for node in ast.walk(module.source.tree)
        if isinstance(node, ast.Name)
    )
    imported = frozenset(name for module in modules for name in _prefixes(module.source.tree))
    for library in list(opened):
        if library in table.bases:
            opened.setdefault(table.bases[library], opened[library])
    return {
        library: home(paths, table.helpers[library], lambda path: path in files or Path(path).exists(), taken, imported)
        for library, paths in opened.items()
    }


def _speaking(statements: Sequence[Statement], modules: Sequence[Module], table: Table) -> frozenset[str]:
    """The statements that a connection of SQLite's library runs, as far as anybody can tell."""
    foreign = {module.path: set(_foreign_lines(module)) for module in modules}
    mixed = {
        module.path
        for module in modules
        if not module.uses.imports and _imports_of(module.source.tree) & {"sqlalchemy", "sqlmodel", "django", "peewee"}
    }
    found: set[str] = set()
    for one in statements:
        if one.host != "python" or one.dialect == "postgres" or one.branch or one.sink.startswith(_OTHERS):
            continue
        if one.sink.endswith((".exec_driver_sql", "marker")):
            continue
        if one.sink_path in mixed and one.sink.rpartition(".")[2] in _METHODS:
            continue
        if one.sink_line not in foreign.get(one.sink_path, ()):
            found.add(one.id)
    return frozenset(found)


def _parameters(
    modules: Sequence[Module], statements: Sequence[Statement]
) -> tuple[dict[str, Binding], dict[str, Change]]:
    """The parameters of calls that can change places, and what is said of those that cannot but would have to."""
    keys = {one.id: parameters.keys_of(one) for one in statements}
    found: dict[str, Binding] = {}
    unported: dict[str, Change] = {}
    for module in modules:
        own = [one for one in statements if one.sink_path == module.path]
        bound = parameters.agreed({one.id: made for one, made in parameters.bindings(module, own)}, keys)
        found |= bound
        for one in own:
            if parameters.follow(bound.get(one.id), keys[one.id]) is None:
                unported[one.id] = parameters.unported(module, one)
    return found, unported


def _written(statements: Sequence[Statement]) -> dict[str, set[int]]:
    """By file, where the string tokens begin that statements are written with."""
    found: dict[str, set[int]] = {}
    for one in statements:
        for origin in one.origins:
            found.setdefault(origin.literal.path, set()).add(origin.literal.start)
    return found


def _prefixes(tree: ast.Module) -> Iterator[str]:
    """The dotted names of all packages that a file imports from."""
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[:count]) for count in range(1, len(parts)))


def _imports_of(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _foreign_lines(module: Module) -> Iterator[int]:
    """The lines of calls on a connection that stays on SQLite: by the names that it is bound to in its function."""
    from sqlport.driver.names import scope_of

    for _, call in connect.calls(module):
        if not connect.is_foreign(module, call):
            continue
        scope: ast.AST = scope_of(call, module.uses.parents) or module.source.tree
        names: set[str] = set()
        for node in ast.walk(scope):
            value, targets = _binding(node)
            if value is not None and _mentions(value, call, names):
                names |= {ast.unparse(target) for target in targets}
        for node in ast.walk(scope):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if _mentions(node.func.value, call, names):
                    yield node.lineno


def _binding(node: ast.AST) -> tuple[ast.expr | None, list[ast.expr]]:
    if isinstance(node, ast.Assign):
        return node.value, node.targets
    if isinstance(node, (ast.NamedExpr, ast.AnnAssign)):
        return node.value, [node.target]
    if isinstance(node, ast.withitem) and node.optional_vars is not None:
        return node.context_expr, [node.optional_vars]
    return None, []


def _mentions(node: ast.expr, call: ast.Call, names: set[str]) -> bool:
    return any(
        found is call or (isinstance(found, (ast.Name, ast.Attribute)) and ast.unparse(found) in names)
        for found in ast.walk(node)
    )


def _inserts(
    path: str, statements: Sequence[Statement], speaking: frozenset[str], catalog_of: Callable[[str], Catalog]
) -> dict[int, lastrowid.Inserts]:
    """By line, the calls that run nothing but INSERTs of one row each into tables with a number for a key."""
    by_line: dict[int, list[Statement]] = {}
    for one in statements:
        if one.sink_path == path:
            by_line.setdefault(one.sink_line, []).append(one)
    found: dict[int, lastrowid.Inserts] = {}
    for line, group in by_line.items():
        columns = {_key_of(one, catalog_of(one.path)) if one.id in speaking else "" for one in group}
        if len(columns) == 1 and (column := columns.pop()):
            found[line] = lastrowid.Inserts(tuple(one.id for one in group), column)
    return found


def _key_of(statement: Statement, catalog: Catalog) -> str:
    """The column that holds the number of the row that the statement inserts; empty where that is not sure."""
    from sqlglot import exp

    from sqlport.catalog.names import quote
    from sqlport.sql import read

    parsed = read(statement.sql, statement.holes)
    tree = parsed.tree
    if parsed.problem is not None or not isinstance(tree, exp.Insert) or parsed.lifted.get("conflict"):
        return ""
    if tree.args.get("returning") or tree.args.get("conflict") or parsed.lifted.get("upsert"):
        return ""
    named = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    table = catalog.table(named.name) if isinstance(named, exp.Table) else None
    if table is None or not isinstance(tree.expression, exp.Values) or len(tree.expression.expressions) != 1:
        return ""
    column = table.rowid_column
    return quote(column.name) if column is not None else ""


def _refusal(modules: Sequence[Module], changes: Sequence[Change], is_muted: Callable[[Change], bool]) -> str:
    """Why nothing is ported: a doubt about a name, or a connection that cannot be opened otherwise."""
    doubts = [
        f"{module.path}:{getattr(problem.node, 'lineno', 1)}: {problem.reason}"
        for module in modules
        for problem in module.uses.problems
    ]
    if doubts:
        return doubts[0]
    for module in modules:
        for _, call in connect.calls(module):
            span = module.source.span(call)
            own = [change for change in changes if change.path == module.path and change.span == span]
            if not connect.is_foreign(module, call) and not any(change.edits for change in own):
                if not any(change.code == "DRV001" and is_muted(change) for change in own):
                    line, _ = module.source.lines.place(span.start)
                    return f"{module.path}:{line}: {next((c.message for c in own if c.message), 'it cannot be ported')}"
    return ""
