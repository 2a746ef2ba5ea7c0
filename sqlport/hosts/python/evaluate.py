"""Expressions to values: names, attributes and look-ups, and which module knows which kind of expression."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from sqlport.hosts.python import strings
from sqlport.hosts.python.branches import engines
from sqlport.hosts.python.budget import Budget
from sqlport.hosts.python.calls import call_value
from sqlport.hosts.python.collected import awaited, comprehension, function_of, items, spread, table, walrus
from sqlport.hosts.python.inline import Given, inline
from sqlport.hosts.python.interpreter import Evaluator, Handler, Resolve, Script, no_script
from sqlport.hosts.python.lookups import table_item
from sqlport.hosts.python.names import dotted
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.sinks import Sinks
from sqlport.hosts.python.source import Source
from sqlport.hosts.python.texts import constant, formatted, operation, unary
from sqlport.hosts.python.truth import narrow
from sqlport.hosts.python.values import (
    Class,
    Const,
    File,
    Function,
    Instance,
    Items,
    Method,
    Object,
    Option,
    Ref,
    Str,
    Table,
    Template,
    Unknown,
    Value,
    choose,
    lift,
)
from sqlport.model import HoleKind


def _conditional(evaluator: Evaluator, node: ast.IfExp, scope: Scope) -> Value:
    branch = id(node)
    arms = ((branch, 0), (branch, 1))
    evaluator.budget.engines.update((arm, found) for arm, found in zip(arms, engines(node.test), strict=True) if found)
    found = []
    for index, part in enumerate((node.body, node.orelse)):
        arm = scope.child()
        narrow(node.test, not index, scope, arm)
        found.append(Option(evaluator.value(part, arm), (arms[index], *arm.steps)))
    return choose(found, evaluator.segment(node))


def _boolean(evaluator: Evaluator, node: ast.BoolOp, scope: Scope) -> Value:
    values = [evaluator.value(part, scope) for part in node.values]
    if isinstance(node.op, ast.And):
        return values[-1]
    useful = [value for value in values if not (isinstance(value, Const) and not value.value)]
    if useful and isinstance(useful[0], (Instance, Object)):
        return useful[0]
    return choose((Option(value, ((id(node), index),)) for index, value in enumerate(useful)), evaluator.segment(node))


def _name(evaluator: Evaluator, node: ast.Name, scope: Scope) -> Value:
    value = scope.get(node.id)
    if value is None:
        return _from_everything(evaluator, node.id, scope) or Ref(f"builtins.{node.id}")
    value = evaluator.imported(value)
    if isinstance(value, Unknown):
        return Unknown(node.id, value.reason, value.kind, value.parameter, value.type)
    return value


def _from_everything(evaluator: Evaluator, name: str, scope: Scope) -> Value | None:
    """What `from module import *` gives under the name, the last import first."""
    modules = scope.get("*")
    for module in reversed(modules.values) if isinstance(modules, Items) else ():
        found = evaluator.resolve(module.member(name)) if isinstance(module, Ref) else None
        if found is not None:
            return found
    return None


def _attribute(evaluator: Evaluator, node: ast.Attribute, scope: Scope) -> Value:
    key = dotted(node)
    known = scope.get(key) if key is not None else None
    if known is not None:
        return evaluator.imported(known)
    base = evaluator.value(node.value, scope)
    return lift(lambda single: _attribute_of(evaluator, single, node), base, source=evaluator.segment(node))


def _attribute_of(evaluator: Evaluator, base: Value, node: ast.Attribute) -> Value:
    if isinstance(base, Ref):
        return evaluator.imported(Ref(f"{base.name}.{node.attr}", base.level))
    if isinstance(base, (Object, Class)):
        members = base.info.members() if isinstance(base, Object) and node.attr == "value" else None
        if members:
            return choose(
                (Option(value, ((id(node), at),)) for at, value in enumerate(members)), evaluator.segment(node)
            )
        return _member(evaluator, base, node)
    if isinstance(base, (Unknown, Method)) and node.attr in evaluator.sinks.by_method:
        return Method(base, evaluator.segment(node.value), node.attr)
    if isinstance(base, Template) and node.attr == "template":
        return base.text
    if isinstance(base, Str) and node.attr == "value":  # a member of an enum
        return base
    if isinstance(base, Instance):
        return Method(base, evaluator.segment(node.value), node.attr)
    if isinstance(base, File):
        return File(()) if node.attr == "parent" else evaluator.unknown(node)
    reason = base.reason if isinstance(base, Unknown) else ""
    return evaluator.unknown(node, reason)


def _member(evaluator: Evaluator, base: Object | Class, node: ast.Attribute) -> Value:
    found = base.info.lookup(node.attr, instance=isinstance(base, Object))
    if isinstance(found, Function):
        if is_property(found.node):
            return inline(evaluator, found, Given((), {}, base), evaluator.segment(node))
        return Method(base, evaluator.segment(node.value), node.attr)
    if found is None:
        return Method(base, evaluator.segment(node.value), node.attr)
    return evaluator.imported(found)


def _subscript(evaluator: Evaluator, node: ast.Subscript, scope: Scope) -> Value:
    base = evaluator.value(node.value, scope)
    if isinstance(node.slice, ast.Slice):
        bounds = [_bound(evaluator, part, scope) for part in (node.slice.lower, node.slice.upper)]
        if node.slice.step is not None or any(isinstance(bound, Unknown) for bound in bounds):
            return evaluator.unknown(node)
        return lift(lambda single: _slice(evaluator, single, bounds, node), base, source=evaluator.segment(node))
    key = evaluator.value(node.slice, scope)
    return lift(lambda a, b: _item(evaluator, a, b, node), base, key, source=evaluator.segment(node))


def _bound(evaluator: Evaluator, node: ast.expr | None, scope: Scope) -> int | Unknown | None:
    if node is None:
        return None
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _bound(evaluator, node.operand, scope)
        return -inner if isinstance(inner, int) else Unknown("")
    value = evaluator.value(node, scope)
    return value.value if isinstance(value, Const) and isinstance(value.value, int) else Unknown("")


def _slice(evaluator: Evaluator, base: Value, bounds: Sequence[int | Unknown | None], node: ast.Subscript) -> Value:
    start, end = (bound if isinstance(bound, int) else None for bound in bounds)
    if isinstance(base, Str):
        return strings.slice_of(base, start, end)
    if isinstance(base, Items) and not base.open:
        return Items(base.values[start:end])
    if isinstance(base, Unknown) and base.kind is HoleKind.PLACEHOLDERS:
        return evaluator.unknown(node, base.reason, base.kind)
    if isinstance(base, Unknown):
        return evaluator.unknown(node, base.reason, parameter=base.derived)
    return evaluator.unknown(node)


def _item(evaluator: Evaluator, base: Value, key: Value, node: ast.Subscript) -> Value:
    if isinstance(base, Table):
        return table_item(base, key, evaluator.segment(node), id(node))
    if isinstance(base, Items) and isinstance(key, Const) and isinstance(key.value, int):
        if not base.open and -len(base.values) <= key.value < len(base.values):
            return base.values[key.value]
    if isinstance(base, Class) and isinstance(key, Str):  # Enum["NAME"]
        found = base.info.lookup(strings.flat(key), instance=False)
        if found is not None:
            return found
    if isinstance(base, Unknown):
        return evaluator.unknown(node, base.reason, parameter=base.derived)
    return evaluator.unknown(node)


def is_property(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether reading the attribute calls the function."""
    names = {(dotted(decorator) or "").rpartition(".")[2] for decorator in node.decorator_list}
    return bool(names & {"property", "cached_property", "classproperty"})


_HANDLERS: dict[type, Handler] = {
    ast.Constant: constant,
    ast.JoinedStr: formatted,
    ast.BinOp: operation,
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Call: call_value,
    ast.IfExp: _conditional,
    ast.BoolOp: _boolean,
    ast.List: items,
    ast.Tuple: items,
    ast.Set: items,
    ast.Dict: table,
    ast.ListComp: comprehension,
    ast.GeneratorExp: comprehension,
    ast.SetComp: comprehension,
    ast.Await: awaited,
    ast.NamedExpr: walrus,
    ast.Starred: spread,
    ast.Lambda: function_of,
    ast.UnaryOp: unary,
}
if hasattr(ast, "TemplateStr"):  # t-strings, Python 3.14
    _HANDLERS[ast.TemplateStr] = formatted


def interpreter(
    source: Source, sinks: Sinks, resolve: Resolve, budget: Budget | None = None, script: Script = no_script
) -> Evaluator:
    """The interpreter of one file's expressions, complete."""
    return Evaluator(source, sinks, _HANDLERS, resolve, budget, script)
