"""DRV003, DRV005, DRV008, DRV009: names of sqlite3 other than connect(): rows, exceptions, types, and the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from sqlport.driver.codemods import connect
from sqlport.driver.model import Change, Module, replaced
from sqlport.driver.names import Reference

_ADVICE: Mapping[str, str] = {
    "complete_statement": "psycopg does not tell whether a statement is complete; ask the shell that reads it",
    "enable_callback_tracebacks": "psycopg calls nothing back from SQL; take it out",
    "sqlite_version": "the server's version is `connection.info.server_version`",
    "sqlite_version_info": "the server's version is `connection.info.server_version`",
    "version": "the driver's version is `psycopg.__version__`",
}

_REPLACED = (
    "`{name}` is replaced here, which the ported calls do not see: they open their connections by another module;"
    " replace the function there"
)


def find(module: Module) -> Iterator[Change]:
    """Every name of the library but the calls of connect()."""
    yield from _unported(module)
    opened = {id(reference.node) for reference, _ in connect.calls(module)}
    for reference in module.uses.references:
        if id(reference.node) not in opened:
            yield from _reference(module, reference)


def _unported(module: Module) -> Iterator[Change]:
    """The imports of libraries whose calls stay on SQLite."""
    for node in ast.walk(module.source.tree):
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            names = [node.module] if node.module and not node.level else []
        for name in sorted({name.partition(".")[0] for name in names} & module.table.unported):
            message = f"{name}: its calls stay on SQLite although their SQL may be ported; move them to psycopg by hand"
            yield Change("DRV009", module.path, module.source.span(node), message=message)


def converted(module: Module) -> Iterator[str]:
    """The declared types that the file registers converters for."""
    for reference in module.uses.references:
        call = module.uses.parents.get(id(reference.node))
        if reference.member == "register_converter" and isinstance(call, ast.Call) and call.args:
            name = call.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value.lower()


def _reference(module: Module, reference: Reference) -> Iterator[Change]:
    span = module.source.span(reference.node)
    table, member = module.table, reference.member
    if not isinstance(getattr(reference.node, "ctx", ast.Load()), ast.Load):
        yield Change("DRV009", module.path, span, message=_REPLACED.format(name=ast.unparse(reference.node)))
    elif member in table.exceptions:
        text, edits_span = _exceptions(module, reference), span
        edit = replaced(module, edits_span, text)
        yield Change("DRV005", module.path, span, (edit,), needs=frozenset(["psycopg"]))
    elif member in table.members and member != "connect":
        template = table.members[member]
        edit = replaced(module, span, module.expression(reference.library, template))
        needs = frozenset([reference.library] if "{helper}" in template else ())
        yield Change("DRV003" if member == "Row" else "DRV008", module.path, span, (edit,), needs=needs)
    elif not member:
        message = "sqlite3 itself is handed on here, so that its names are looked up out of sight; name what is needed"
        yield Change("DRV009", module.path, span, message=message)
    elif member.startswith(("PARSE_", "SQLITE_")) and _is_argument(module, reference):
        return
    elif member == "connect":
        message = "connect() is handed on here without being called; hand on a function that opens the connection"
        yield Change("DRV009", module.path, span, message=message)
    else:
        advice = _ADVICE.get(member, "psycopg has nothing of that name; port this by hand")
        yield Change("DRV009", module.path, span, message=f"{reference.library}.{member}: {advice}")


def _is_argument(module: Module, reference: Reference) -> bool:
    """Whether it is (part of) the detect_types of a connect(), which goes."""
    node: ast.AST | None = reference.node
    opened = {id(call) for _, call in connect.calls(module) if not connect.is_foreign(module, call)}
    while node is not None and not isinstance(node, ast.stmt):
        if id(node) in opened:
            return True
        node = module.uses.parents.get(id(node))
    return False


def _exceptions(module: Module, reference: Reference) -> str:
    """The classes of psycopg; several as a tuple where one may stand, else the first."""
    names = module.table.exceptions[reference.member]
    parent = module.uses.parents.get(id(reference.node))
    if len(names) == 1:
        return names[0]
    if isinstance(parent, ast.ExceptHandler):
        return f"({', '.join(names)})"
    if isinstance(parent, ast.Tuple):  # nested tuples are fine for except, isinstance and pytest.raises
        around = module.uses.parents.get(id(parent))
        return ", ".join(names) if isinstance(around, ast.ExceptHandler) else f"({', '.join(names)})"
    if isinstance(parent, ast.Call) and parent.func is not reference.node:
        name = parent.func.attr if isinstance(parent.func, ast.Attribute) else getattr(parent.func, "id", "")
        if name in ("raises", "assertRaises", "assertRaisesRegex", "suppress", "isinstance", "issubclass"):
            return ", ".join(names) if name == "suppress" else f"({', '.join(names)})"
    return names[0]
