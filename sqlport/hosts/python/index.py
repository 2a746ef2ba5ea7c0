"""One walk over a file's tree: which calls may run SQL, in which statement and function each of them is."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from sqlport.hosts.python.sinks import ANY_CALLABLE, Sinks, is_callable_name

_LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.alias)
_OWNERS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(slots=True)
class Index:
    """`calls`: by the id of the innermost statement, handler or case, in source order.

    `functions`: ids of the functions that have to be followed; `imports`: top names of all imported modules;
    `globals`: names that functions assign at module level; `keepers`: ids of methods that assign attributes.
    """

    calls: dict[int, list[ast.Call]] = field(default_factory=dict)
    functions: set[int] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    strings: list[ast.expr] = field(default_factory=list)
    keepers: set[int] = field(default_factory=set)

    @property
    def any_calls(self) -> bool:
        """Whether anything may run SQL."""
        return bool(self.calls)


def index(tree: ast.Module, methods: Collection[str], functions: Collection[str], *, strings: bool = False) -> Index:
    """The calls of one of `methods`, of a name imported from one of `functions`, or of an alias of either.

    With `strings` also all outermost string expressions.
    """
    result = Index()
    aliases = set(functions)
    callables = ANY_CALLABLE in functions
    by_name: list[tuple[ast.Call, int, int, str]] = []
    found: list[tuple[ast.Call, int, int]] = []
    parents: dict[int, int] = {}
    keeps_state: dict[int, list[int]] = {}
    stack: list[tuple[ast.AST, int, int, int, bool]] = [(tree, 0, 0, 0, strings)]
    while stack:
        node, owner, function, klass, wanted = stack.pop()
        if isinstance(node, _OWNERS):
            owner = id(node)
            if isinstance(node, _FUNCTIONS):
                parents[id(node)] = function
                function = id(node)
            elif isinstance(node, ast.ClassDef):
                parents[id(node)] = function or klass
                klass = id(node)
            else:
                _note(node, result, aliases, methods)
                if klass and function and _assigns_attribute(node):
                    keeps_state.setdefault(klass, []).append(function)
                    result.keepers.add(function)
        elif isinstance(node, ast.Call):
            target = node.func
            if isinstance(target, ast.Attribute):
                if target.attr in methods or target.attr in functions or (callables and is_callable_name(target.attr)):
                    found.append((node, owner, function))
                    if klass:
                        keeps_state.setdefault(klass, []).append(0)
            elif callables and isinstance(target, ast.Call):
                found.append((node, owner, function))
            elif isinstance(target, ast.Name):
                by_name.append((node, owner, function, target.id))
        if wanted and _is_string(node):
            result.strings.append(node)  # type: ignore[arg-type]
            wanted = False
        for name in node._fields:
            child = getattr(node, name, None)
            if isinstance(child, list):
                stack.extend((part, owner, function, klass, wanted) for part in child if _branch(part, wanted))
            elif isinstance(child, ast.AST) and _branch(child, wanted):
                stack.append((child, owner, function, klass, wanted))
    found.extend(
        (call, owner, function)
        for call, owner, function, name in by_name
        if name in aliases or (callables and is_callable_name(name))
    )
    _collect(result, found, parents)
    for functions_of_class in keeps_state.values():
        if 0 in functions_of_class:  # the class has a sink: what its methods keep in `self` matters
            for needed in functions_of_class:
                _need(result, needed, parents)
    return result


def _branch(node: object, wanted: bool) -> bool:
    if isinstance(node, _LEAVES):
        return wanted and isinstance(node, ast.Constant)
    return isinstance(node, ast.AST)


def _is_string(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp):
        return _is_string(node.left) or (isinstance(node.op, ast.Add) and _is_string(node.right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("format", "join", "strip") and _is_string(node.func.value)
    return isinstance(node, ast.JoinedStr) or type(node).__name__ == "TemplateStr"


def _note(node: ast.AST, result: Index, aliases: set[str], methods: Collection[str]) -> None:
    if isinstance(node, ast.Import):
        result.imports.update(alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.module and not node.level:
            result.imports.add(node.module.partition(".")[0])
        aliases.update(alias.asname for alias in node.names if alias.asname and alias.name in aliases)
    elif isinstance(node, ast.Global):
        result.globals.update(node.names)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute) and node.value.attr in methods:
        aliases.update(target.id for target in node.targets if isinstance(target, ast.Name))


def _assigns_attribute(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, (ast.Attribute, ast.Tuple)) for target in node.targets)
    return isinstance(node, (ast.AnnAssign, ast.AugAssign)) and isinstance(node.target, ast.Attribute)


def _collect(result: Index, found: list[tuple[ast.Call, int, int]], parents: dict[int, int]) -> None:
    for call, owner, function in sorted(found, key=lambda item: (item[0].lineno, item[0].col_offset)):
        result.calls.setdefault(owner, []).append(call)
        _need(result, function, parents)


def _need(result: Index, function: int, parents: dict[int, int]) -> None:
    while function and function not in result.functions:
        result.functions.add(function)
        function = parents.get(function, 0)


def replace_calls(known: Index, tree: ast.Module, sinks: Sinks) -> Index:
    """The index of other sinks in the same file; what the file imports and assigns stays known."""
    found = index(tree, sinks.by_method, sinks.function_names)
    return replace(found, imports=known.imports, globals=known.globals, strings=known.strings)
