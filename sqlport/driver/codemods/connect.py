"""DRV001, DRV002: `sqlite3.connect(path)`, which opens a file, becomes a connection to `DATABASE_URL`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from sqlport.driver.model import Change, Module, replaced
from sqlport.driver.names import Reference
from sqlport.model import FileEdit

_POSITIONS = ("database", "timeout", "detect_types", "isolation_level", "check_same_thread", "factory")
_OPENS = (("sqlite3", "connect"), ("sqlite3", "Connection"), ("aiosqlite", "connect"))
_NAMED = (ast.Attribute, ast.Name)
_READ_ONLY = re.compile(r"mode=ro\b|immutable=1\b")


def calls(module: Module) -> Iterator[tuple[Reference, ast.Call]]:
    """Every call that opens a connection."""
    for reference in module.uses.references:
        parent = module.uses.parents.get(id(reference.node))
        if isinstance(parent, ast.Call) and parent.func is reference.node:
            if (reference.library, reference.member) in _OPENS:
                yield reference, parent


def is_foreign(module: Module, call: ast.Call) -> bool:
    """Whether it reads a file of another program: a URI that allows no writing."""
    texts = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return any(_READ_ONLY.search(text) for text in texts)


def factories(modules: Sequence[Module]) -> frozenset[str]:
    """The names of the classes that derive from the library's Connection, and leave to it how one is made."""
    classes = [node for one in modules for node in ast.walk(one.source.tree) if isinstance(node, ast.ClassDef)]
    references = [reference for one in modules for reference in one.uses.references]
    bases = {id(reference.node) for reference in references if reference.member == "Connection"}
    found: set[str] = set()
    for _ in classes:
        more = {one.name for one in classes if any(id(base) in bases or _last(base) in found for base in one.bases)}
        if more <= found:
            break
        found |= more
    made = ("__init__", "__new__", "connect")
    own = {one.name for one in classes if any(getattr(part, "name", "") in made for part in one.body)}
    others = {name for name in found if [one.name for one in classes].count(name) > 1}
    return frozenset(found - own - others)


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def find(
    module: Module,
    declared: Mapping[str, str] = MappingProxyType({}),
    derived: frozenset[str] = frozenset(),
) -> Iterator[Change]:
    """The calls, and those of their arguments that say something to SQLite only.

    `declared` are the columns (`table.column`) of types that detect_types converts, each with that type, `derived` the
    classes that a `factory` may be.
    """
    for reference, call in calls(module):
        span = module.source.span(call)
        if is_foreign(module, call):
            message = (
                "this opens a file of SQLite for reading only, so it is taken for one of another program and stays on"
                " sqlite3; if it is this program's own, open it without mode=ro"
            )
            yield Change("DRV002", module.path, span, message=message)
            continue
        given, problem = _arguments(call, derived)
        if problem:
            yield Change("DRV002", module.path, span, message=problem)
            continue
        function = module.expression(reference.library, module.table.members["connect"])
        edits = [replaced(module, module.source.span(reference.node), function)]
        converted = declared if reference.library == "sqlite3" and _by_declaration(given.get("detect_types")) else {}
        edits += _without_arguments(module, call, given, converted)
        yield Change("DRV001", module.path, span, tuple(edits), needs=frozenset([reference.library]))
        yield from _lost(
            module, {name: node for name, node in given.items() if name != "detect_types" or not converted}
        )


def _arguments(call: ast.Call, derived: frozenset[str]) -> tuple[dict[str, ast.expr], str]:
    """The arguments by name, `**` for computed ones, or why they cannot be told."""
    given: dict[str, ast.expr] = {}
    for position, node in enumerate(call.args):
        if isinstance(node, ast.Starred) or position >= len(_POSITIONS):
            return {}, "the arguments of this connect() are computed, so that it cannot be ported; write them out"
        given[_POSITIONS[position]] = node
    for keyword in call.keywords:
        given[keyword.arg or "**"] = keyword.value
    if "**" in given and sum(keyword.arg is None for keyword in call.keywords) > 1:
        return {}, "the arguments of this connect() are computed, so that it cannot be ported; write them out"
    if "factory" in given and _last(given["factory"]) not in derived:
        return {}, "psycopg calls no `factory` as sqlite3 does; derive the class from the helper's Connection"
    if "autocommit" in given and not _is_constant(given["autocommit"], True):
        return {}, "sqlite3's `autocommit=False` is psycopg's own way; open it with psycopg.connect() by hand"
    return given, ""


def _is_constant(node: ast.expr, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _by_declaration(node: ast.expr | None) -> bool:
    """Whether it is PARSE_DECLTYPES alone."""
    named = (ast.unparse(node).rpartition(".")[2] if node is not None else "") if isinstance(node, _NAMED) else ""
    return named == "PARSE_DECLTYPES"


def _without_arguments(
    module: Module, call: ast.Call, given: dict[str, ast.expr], declared: Mapping[str, str]
) -> Iterator[FileEdit]:
    """The edits that leave the database, where it is computed or in memory, and the isolation level."""
    kept = {name for name in ("database", "isolation_level", "factory", "**") if name in given}
    database = given.get("database")
    if isinstance(database, ast.Constant) and database.value not in (":memory:", ""):
        kept.discard("database")
    nodes = list(given.items())
    if len(kept) == len(nodes) and not (isinstance(given.get("isolation_level"), ast.expr) and len(call.args) > 1):
        return
    marks = {"database": "", "**": "**"}
    parts = [f"{marks.get(name, f'{name}=')}{_text(module, given[name])}" for name in given if name in kept]
    if "autocommit" in given:
        parts.append("isolation_level=None")
    if declared:
        shown = ", ".join(f'"{column}": "{kind}"' for column, kind in sorted(declared.items()))
        parts.append(f"declared={{{shown}}}")
    function_end = module.source.span(call.func).end
    opening = module.source.text.index("(", function_end)
    yield FileEdit(module.path, opening + 1, module.source.span(call).end - 1, ", ".join(parts))


def _text(module: Module, node: ast.expr) -> str:
    return module.source.span(node).of(module.source.text)


def _lost(module: Module, given: dict[str, ast.expr]) -> Iterator[Change]:
    """Arguments whose effect is gone."""
    if "**" in given:
        message = (
            "these options are computed; psycopg has none of sqlite3's, so the helper keeps isolation_level, factory"
            " and autocommit=True and passes over the rest (timeout, detect_types): take out what is not needed"
        )
        yield Change("DRV002", module.path, module.source.span(given["**"]), message=message)
    node = given.get("detect_types")
    if node is not None and not _is_constant(node, 0):
        message = (
            "with detect_types sqlite3 converts columns by their declared type, but a date is text in the ported"
            ' schema; before you port, write `date = "date"` and `timestamp = "timestamp"` into'
            " [tool.sqlport.types], then psycopg returns the same objects; for other types convert the value where it"
            " is read"
        )
        yield Change("DRV002", module.path, module.source.span(node), message=message)
    node = given.get("isolation_level")
    if isinstance(node, ast.Constant) and str(node.value).upper() in ("IMMEDIATE", "EXCLUSIVE"):
        message = (
            "with this level sqlite3 lets one writer in at a time; on PostgreSQL writers run side by side, and a"
            " program that reads a row to write it again must lock it (SELECT ... FOR UPDATE)"
        )
        yield Change("DRV002", module.path, module.source.span(node), message=message)
    node = given.get("timeout")
    if node is not None:
        message = (
            "sqlite3 waits that long for another writer and then raises; PostgreSQL locks rows, not files, and waits"
            " until it gets them; set lock_timeout in DATABASE_URL (`?options=-clock_timeout%3D5s`) to limit that"
        )
        yield Change("DRV002", module.path, module.source.span(node), message=message)
