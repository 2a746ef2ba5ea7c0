"""One walk over a file's tree: which calls may run SQL, in which statement and function each of them is."""

from __future__ import annotations

import ast
from collections.abc import Collection, Container, Iterator
from dataclasses import dataclass, field

from sqlport.hosts.python.sinks import ANY_CALLABLE, is_callable_name

_LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.alias)
_OWNERS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_INNER = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp, ast.Lambda)
Inner = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp | ast.Lambda
_Around = tuple[int, int, int, bool, tuple[Inner, ...]]
"""Ids of the innermost statement, function and class, whether strings are wanted, and what a node is inside of."""
_ROLES: dict[type, str] = {}


@dataclass(slots=True)
class Walk:
    """What one walk over a tree finds, whatever the sinks are.

    `calls`: each with the ids of its innermost statement, function and class; `parents`: of functions and
    classes; `keepers`: (class, method) that assigns attributes; `imported`, `taken`, `kept`: other names of imported
    names, of methods, and the names of attributes and functions that are or return methods; `around`: the
    comprehensions and lambdas, outermost first, in which a call is, by its id; `named`: `name := value` by the
    innermost statement; `passed`: as `calls`, those that are given a method and its arguments; `made`: the calls
    that these lead to, by the id of the method's expression.
    """

    calls: list[tuple[ast.Call, int, int, int]] = field(default_factory=list)
    parents: dict[int, int] = field(default_factory=dict)
    keepers: list[tuple[int, int]] = field(default_factory=list)
    imported: list[tuple[str, str]] = field(default_factory=list)
    taken: list[tuple[str, str]] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)
    imports: set[str] = field(default_factory=set)
    globals: set[str] = field(default_factory=set)
    strings: list[ast.expr] = field(default_factory=list)
    around: dict[int, tuple[Inner, ...]] = field(default_factory=dict)
    named: dict[int, list[ast.NamedExpr]] = field(default_factory=dict)
    passed: list[tuple[ast.Call, int, int, int]] = field(default_factory=list)
    made: dict[int, ast.Call] = field(default_factory=dict)


@dataclass(slots=True)
class Index:
    """`calls`: by the id of the innermost statement, handler or case, in source order; `owners`: the other way round.

    `functions`: ids of the functions that have to be followed for their calls, `fillers` of those for what they keep in
    attributes; `imports`: top names of all imported modules; `globals`: names that functions assign at module level;
    `keepers`: ids of methods that assign attributes; `at_top`: whether one of the calls is not in a function's body.
    """

    walk: Walk = field(default_factory=Walk)
    calls: dict[int, list[ast.Call]] = field(default_factory=dict)
    owners: dict[int, int] = field(default_factory=dict)
    functions: set[int] = field(default_factory=set)
    fillers: set[int] = field(default_factory=set)
    keepers: set[int] = field(default_factory=set)
    at_top: bool = False

    @property
    def any_calls(self) -> bool:
        """Whether anything may run SQL."""
        return bool(self.calls)

    @property
    def imports(self) -> set[str]:
        """The top names of all modules that are imported."""
        return self.walk.imports

    @property
    def globals(self) -> set[str]:
        """The names that functions assign at module level."""
        return self.walk.globals

    @property
    def strings(self) -> list[ast.expr]:
        """All outermost string expressions, where they were asked for."""
        return self.walk.strings


def walk(tree: ast.Module, *, strings: bool = False) -> Walk:
    """Every call of a tree and what has to be known around it; with `strings` all outermost string expressions."""
    result = Walk()
    stack: list[tuple[ast.AST, _Around]] = [(tree, (0, 0, 0, strings, ()))]
    while stack:
        node, state = stack.pop()
        role = _ROLES.get(type(node)) or _role(type(node))
        if role != "other" or state[3]:
            state = _seen(node, role, state, result)
        wanted = state[3]
        for name in node._fields:
            child = getattr(node, name, None)
            for part in child if type(child) is list else (child,):
                kind = type(part)
                role = _ROLES.get(kind) or _role(kind)
                if role != "leaf" or (wanted and kind is ast.Constant):
                    stack.append((part, state))  # type: ignore[arg-type]
    return result


def _seen(node: ast.AST, role: str, state: _Around, result: Walk) -> _Around:
    """Note what the node is; what is around the nodes inside it."""
    owner, function, klass, wanted, around = state
    if role == "owner":
        owner, around = id(node), ()
        if isinstance(node, _FUNCTIONS):
            result.parents[id(node)] = function
            function = id(node)
            result.kept.extend((name, node.name) for name in _returned(node))
        elif isinstance(node, ast.ClassDef):
            result.parents[id(node)] = function or klass
            klass = id(node)
        else:
            _note(node, result)
            if klass and function and _assigns_attribute(node):
                result.keepers.append((klass, function))
    elif isinstance(node, ast.Call):
        result.calls.append((node, owner, function, klass))
        if around:
            result.around[id(node)] = around
        if len(node.args) > 1 and any(isinstance(given, ast.Attribute) for given in node.args[:-1]):
            result.passed.append((node, owner, function, klass))
    elif isinstance(node, _INNER):
        around = (*around, node)
    elif isinstance(node, ast.NamedExpr):
        result.named.setdefault(owner, []).append(node)
    if wanted and _is_string(node):
        result.strings.append(node)  # type: ignore[arg-type]
        wanted = False
    return owner, function, klass, wanted, around


def _role(kind: type) -> str:
    """What a node of that type means for the walk, worked out once: a tree has very many nodes."""
    if not issubclass(kind, ast.AST) or issubclass(kind, _LEAVES):
        role = "leaf"
    elif issubclass(kind, _OWNERS):
        role = "owner"
    else:
        role = "noted" if issubclass(kind, (ast.Call, ast.NamedExpr, *_INNER)) else "other"
    return _ROLES.setdefault(kind, role)


def index(walked: Walk, methods: Collection[str], functions: Collection[str], settled: Container[int] = ()) -> Index:
    """The calls of one of `methods`, of a name imported from one of `functions`, or of an alias of either.

    Calls whose ids are in `settled` are known already: nothing is followed for them.
    """
    result = Index(walked)
    attributes = {*methods, *functions}
    aliases = set(functions)
    _follow_aliases(walked, attributes, aliases)
    callables = ANY_CALLABLE in functions
    with_sinks: set[int] = set()
    found: list[tuple[ast.Call, int, int]] = []
    for call, owner, function, klass in walked.calls:
        target = call.func
        if isinstance(target, ast.Attribute):
            name = target.attr
            if name in attributes or (callables and is_callable_name(name)):
                found.append((call, owner, function))
                with_sinks.add(klass)
        elif isinstance(target, ast.Name):
            if target.id in aliases or is_callable_name(target.id):
                found.append((call, owner, function))
        elif isinstance(target, ast.Call) and (callables or getattr(target.func, "id", "") == "getattr"):
            found.append((call, owner, function))
    for call, owner, function, _ in walked.passed:
        found.extend((given, owner, function) for given in _given_methods(call, methods, walked))
    _collect(result, [one for one in found if id(one[0]) not in settled], walked.parents)
    for klass, function in walked.keepers:
        result.keepers.add(function)
        if klass in with_sinks:  # what its methods keep in `self` matters
            _need(result.fillers, function, walked.parents)
    return result


def _given_methods(call: ast.Call, methods: Collection[str], walked: Walk) -> Iterator[ast.Call]:
    """The calls that another function is to make: `run_in_executor(None, conn.execute, "SELECT 1")`."""
    for position, given in enumerate(call.args[:-1]):
        if isinstance(given, ast.Attribute) and given.attr in methods:
            made = walked.made.get(id(given))
            if made is None:
                rest = ast.Call(given, call.args[position + 1 :], call.keywords)
                made = walked.made[id(given)] = ast.copy_location(rest, call)
                if id(call) in walked.around:
                    walked.around[id(made)] = walked.around[id(call)]
            yield made


def _is_string(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    if isinstance(node, ast.BinOp):
        return _is_string(node.left) or (isinstance(node.op, ast.Add) and _is_string(node.right))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("format", "join", "strip") and _is_string(node.func.value)
    return isinstance(node, ast.JoinedStr) or type(node).__name__ == "TemplateStr"


def _note(node: ast.AST, result: Walk) -> None:
    if isinstance(node, ast.Import):
        result.imports.update(alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        if node.module and not node.level:
            result.imports.add(node.module.partition(".")[0])
        result.imported.extend((alias.name, alias.asname) for alias in node.names if alias.asname)
    elif isinstance(node, ast.Global):
        result.globals.update(node.names)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
        taken = node.value.attr
        result.taken.extend((taken, target.id) for target in node.targets if isinstance(target, ast.Name))
        result.kept.extend((taken, target.attr) for target in node.targets if isinstance(target, ast.Attribute))


def _returned(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """The name that a function's last statement returns: what may be a method that runs SQL."""
    value = node.body[-1].value if isinstance(node.body[-1], ast.Return) else None
    if isinstance(value, ast.Attribute):
        yield value.attr
    elif isinstance(value, ast.Name):
        yield value.id


def _follow_aliases(walked: Walk, attributes: set[str], aliases: set[str]) -> None:
    """Add the names that are given to what has one of the names already."""
    for _ in range(3):
        before = len(attributes) + len(aliases)
        attributes.update(alias for name, alias in walked.kept if name in attributes or name in aliases)
        aliases.update(alias for name, alias in walked.imported if name in aliases)
        aliases.update(alias for name, alias in walked.taken if name in attributes)
        if len(attributes) + len(aliases) == before:
            break


def _assigns_attribute(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(target, (ast.Attribute, ast.Tuple)) for target in node.targets)
    return isinstance(node, (ast.AnnAssign, ast.AugAssign)) and isinstance(node.target, ast.Attribute)


def _collect(result: Index, found: list[tuple[ast.Call, int, int]], parents: dict[int, int]) -> None:
    for call, owner, function in sorted(found, key=lambda item: (item[0].lineno, item[0].col_offset)):
        result.calls.setdefault(owner, []).append(call)
        result.owners[id(call)] = owner
        result.at_top = result.at_top or function in (0, owner)
        _need(result.functions, function, parents)


def _need(functions: set[int], function: int, parents: dict[int, int]) -> None:
    while function and function not in functions:
        functions.add(function)
        function = parents.get(function, 0)
