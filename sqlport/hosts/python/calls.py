"""Calls to values: string methods, collections, library types, and the project's own small functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

from sqlport.hosts.python import strings, templates
from sqlport.hosts.python.inline import Given, asks_for, inline, is_static
from sqlport.hosts.python.interpreter import Evaluator
from sqlport.hosts.python.library import known_call, read_file
from sqlport.hosts.python.lookups import entries, named, table_item
from sqlport.hosts.python.paths import is_resource, joined, method_of
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.values import (
    MAX_EACH,
    Chars,
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
    text,
)
from sqlport.model import HoleKind

NOT_ASKED = Unknown("", "nothing depends on it")
_TEXT_METHODS = frozenset(
    ("replace", "strip", "lstrip", "rstrip", "lower", "upper", "format", "format_map", "split", "splitlines", "encode")
)
_CASE: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "capitalize": str.capitalize,
    "casefold": str.casefold,
}


def call_value(evaluator: Evaluator, node: ast.Call, scope: Scope) -> Value:
    """What a call returns."""
    function = node.func
    if isinstance(function, ast.Attribute):
        receiver = evaluator.value(function.value, scope)
        return lift(
            lambda single: _method(evaluator, single, function, node, scope),
            receiver,
            source=evaluator.segment(node),
        )
    target = evaluator.value(function, scope)
    return lift(lambda single: _call(evaluator, single, node, scope), target, source=evaluator.segment(node))


def _method(evaluator: Evaluator, receiver: Value, function: ast.Attribute, node: ast.Call, scope: Scope) -> Value:
    name = function.attr
    if is_resource(function) and node.args:
        return joined(File(()), [evaluator.value(node.args[0], scope)])
    if isinstance(receiver, Str):
        return _string_method(evaluator, receiver, name, node, scope)
    if isinstance(receiver, Ref):
        target = evaluator.imported(Ref(f"{receiver.name}.{name}", receiver.level))
        return _call(evaluator, target, node, scope)
    if isinstance(receiver, File):
        arguments = [evaluator.value(argument, scope) for argument in node.args]
        return read_file(evaluator, method_of(receiver, name, arguments), node)
    if isinstance(receiver, Template) and name in ("substitute", "safe_substitute"):
        return templates.substitute(receiver.text, _named(evaluator, node, scope, node.args))
    if isinstance(receiver, Instance):
        return _returned(evaluator, f"{receiver.type}.{name}", node)
    if isinstance(receiver, (Object, Class)):
        return _project_method(evaluator, receiver, name, node, scope)
    if isinstance(receiver, Table):
        return _table_method(evaluator, receiver, name, node, scope)
    if isinstance(receiver, Items) and name == "copy":
        return receiver
    if isinstance(receiver, Unknown) and receiver.kind is HoleKind.PLACEHOLDERS and name.endswith("strip"):
        return evaluator.unknown(node, receiver.reason, receiver.kind)
    if isinstance(receiver, Unknown) and name in _TEXT_METHODS:
        return evaluator.unknown(node, receiver.reason, parameter=receiver.derived)
    return evaluator.unknown(node)


def _call(evaluator: Evaluator, target: Value, node: ast.Call, scope: Scope) -> Value:
    if isinstance(target, Function):
        return inline(evaluator, target, _asked(evaluator, target, node, scope, None), evaluator.segment(node))
    if isinstance(target, Class):
        return _instance(evaluator, target)
    if isinstance(target, Method):
        if isinstance(target.receiver, Instance):
            return _returned(evaluator, f"{target.receiver.type}.{target.name}", node)
        if isinstance(target.receiver, (Object, Class)):
            return _project_method(evaluator, target.receiver, target.name, node, scope)
    if isinstance(target, Ref):
        return known_call(evaluator, target.name.removeprefix("builtins."), node, scope)
    return evaluator.unknown(node)


def _instance(evaluator: Evaluator, target: Class) -> Value:
    members = target.info.members()
    if members is None:
        return Object(target.info)
    return choose((Option(value, ((id(target.info), index),)) for index, value in enumerate(members)), "")


def _returned(evaluator: Evaluator, name: str, node: ast.Call) -> Value:
    known = evaluator.sinks.returns.get(name)
    return Instance(known) if known is not None else evaluator.unknown(node)


def _string_method(evaluator: Evaluator, receiver: Str, name: str, node: ast.Call, scope: Scope) -> Value:
    if name in ("format", "format_map"):
        return _format(evaluator, receiver, name, node, scope)
    arguments = [evaluator.value(argument, scope) for argument in node.args]
    source = evaluator.segment(node)
    if name == "join" and len(arguments) == 1:
        shown = evaluator.segment(node.args[0])
        return lift(lambda single: _join(evaluator, receiver, single, shown), arguments[0], source=source)
    if name in ("strip", "lstrip", "rstrip") and len(arguments) <= 1:
        return _strip(evaluator, receiver, arguments, name, node)
    if name in _CASE:
        return strings.change_case(receiver, _CASE[name])
    constants = [_constant(argument) for argument in arguments]
    if name == "replace" and len(arguments) >= 2 and constants[0] is not None:
        old = constants[0]
        count = arguments[2].value if len(arguments) > 2 and isinstance(arguments[2], Const) else -1
        limit = count if isinstance(count, int) else -1
        return lift(lambda single: strings.replace(receiver, old, single, limit), arguments[1], source=source)
    if name == "splitlines" and not arguments:
        lines = strings.split_lines(receiver)
        return Items(tuple(strings.strip(line, "\n", "rstrip") for line in lines))
    if name == "split" and len(arguments) == 1 and constants[0]:
        return _split(receiver, constants[0])
    if name in ("encode", "decode", "__str__"):
        return receiver
    return evaluator.unknown(node)


def _strip(evaluator: Evaluator, receiver: Str, arguments: Sequence[Value], name: Any, node: ast.Call) -> Value:
    chars = _constant(arguments[0]) if arguments else None
    if arguments and chars is None and arguments[0] != Const(None):
        return evaluator.unknown(node)
    return strings.strip(receiver, chars, name)


def _join(evaluator: Evaluator, separator: Str, items: Value, source: str) -> Value:
    if isinstance(items, Str):  # its characters: text without a place, since no edit may make two of one
        characters = strings.flat(items)
        if strings.is_placeholder(text(characters[:1])) and not characters.strip("?"):
            return Unknown(source, "a list of placeholders", HoleKind.PLACEHOLDERS)
        if len(characters) > MAX_EACH or not all(isinstance(piece, Chars) for piece in items.pieces):
            return Unknown(source, "join() over the characters of a string")
        items = Items(tuple(map(text, characters)))
    if isinstance(items, Table):
        items = Items(tuple(text(str(key)) for key, _ in items.pairs))
    if isinstance(items, Items):
        return strings.join(separator, items, source)
    kind = items.kind if isinstance(items, Unknown) else None
    reason = items.reason if isinstance(items, Unknown) and items.reason else "its elements are not known here"
    return Unknown(source, reason, kind, items.derived if isinstance(items, Unknown) else None)


def _format(evaluator: Evaluator, receiver: Str, name: str, node: ast.Call, scope: Scope) -> Value:
    positional, _ = _arguments(evaluator, node, scope)
    shown = [(value, evaluator.segment(arg)) for value, arg in zip(positional, node.args, strict=False)]
    named = _named(evaluator, node, scope, node.args[:1] if name == "format_map" else [])
    # Each argument goes in as it is, alternatives included: concat() multiplies them within the limits.
    return templates.format_with(receiver, shown if name == "format" else [], named)


def _named(
    evaluator: Evaluator, node: ast.Call, scope: Scope, tables: Sequence[ast.expr]
) -> dict[str, tuple[Value, str]]:
    """What a call gives by name, also in `tables` and `**tables`, with the source expressions."""
    found: dict[str, tuple[Value, str]] = {}
    for argument in (*tables, *(keyword.value for keyword in node.keywords if keyword.arg is None)):
        source = evaluator.segment(argument)
        plain = source in ("locals()", "vars()")
        for key, value in entries(evaluator.value(argument, scope)).items():
            found[key] = (value, key if plain else f"{source}[{key!r}]")
    for keyword in node.keywords:
        if keyword.arg is not None:
            value = evaluator.value(keyword.value, scope)
            found[keyword.arg] = (value, evaluator.segment(keyword.value))
    return found


def _table_method(evaluator: Evaluator, receiver: Table, name: str, node: ast.Call, scope: Scope) -> Value:
    if name == "items":
        pairs = tuple(Items((_key(key), value)) for key, value in receiver.pairs if key is not None)
        return Items(pairs, open=any(key is None for key, _ in receiver.pairs))
    if name == "values":
        return Items(tuple(value for _, value in receiver.pairs))
    if name == "keys":
        return Items(tuple(_key(key) for key, _ in receiver.pairs if key is not None))
    if name == "get" and node.args:
        key = evaluator.value(node.args[0], scope)
        return table_item(receiver, key, evaluator.segment(node), id(node))
    return evaluator.unknown(node)


def given_to(evaluator: Evaluator, node: ast.Call, scope: Scope, receiver: Object | Class | None = None) -> Given:
    """The call's arguments, each under the name that it has here."""
    positional, keywords = _arguments(evaluator, node, scope)
    return Given(positional, keywords, receiver)


def _arguments(evaluator: Evaluator, node: ast.Call, scope: Scope) -> tuple[list[Value], dict[str, Value]]:
    positional: list[Value] = []
    for argument in node.args:
        if not isinstance(argument, ast.Starred):
            positional.append(named(evaluator.value(argument, scope), evaluator.segment(argument)))
            continue
        spread = evaluator.value(argument.value, scope)
        if isinstance(spread, Items) and not spread.open:
            positional.extend(spread.values)
        else:
            reason = spread.reason if isinstance(spread, Unknown) else ""
            derived = spread.derived if isinstance(spread, Unknown) else None
            positional.append(evaluator.unknown(argument.value, reason, parameter=derived))
    keywords = {
        keyword.arg: evaluator.value(keyword.value, scope) for keyword in node.keywords if keyword.arg is not None
    }
    return positional, keywords


def _project_method(evaluator: Evaluator, receiver: Object | Class, name: str, node: ast.Call, scope: Scope) -> Value:
    method = receiver.info.method(name)
    if method is None:
        for info in receiver.info.lineage():
            for base in info.library_bases:
                known = evaluator.sinks.returns.get(f"{base}.{name}")
                if known is not None:
                    return Instance(known)
        return evaluator.unknown(node)
    return inline(evaluator, method, _asked(evaluator, method, node, scope, receiver), evaluator.segment(node))


def _asked(
    evaluator: Evaluator, function: Function, node: ast.Call, scope: Scope, receiver: Object | Class | None
) -> Given:
    """The arguments that the function's result depends on; the others are not looked at."""
    names = asks_for(function)
    if names is None or any(isinstance(argument, ast.Starred) for argument in node.args):
        return given_to(evaluator, node, scope, receiver)
    parameters = function.node.args
    own = [parameter.arg for parameter in (*parameters.posonlyargs, *parameters.args)]
    if function.owner is not None and not is_static(function.node):
        own = own[1:]
    rest = parameters.vararg is not None and parameters.vararg.arg in names
    positional = [
        named(evaluator.value(argument, scope), evaluator.segment(argument))
        if (own[at] in names if at < len(own) else rest)
        else NOT_ASKED
        for at, argument in enumerate(node.args)
    ]
    keywords = {
        keyword.arg: evaluator.value(keyword.value, scope)
        for keyword in node.keywords
        if keyword.arg is not None and keyword.arg in names
    }
    return Given(positional, keywords, receiver)


def _key(key: str | int | None) -> Value:
    return text(key) if isinstance(key, str) else Const(key)


def _constant(value: Value) -> str | None:
    """The text of a string without gaps."""
    if isinstance(value, Str) and strings.GAP not in strings.flat(value):
        return strings.flat(value)
    return None


def _split(receiver: Str, separator: str) -> Value:
    cutter = strings.Cutter(receiver)
    parts: list[Value] = []
    at = 0
    while True:
        found = cutter.text.find(separator, at)
        parts.append(cutter.kept([(at, len(cutter.text) if found < 0 else found)]))
        if found < 0 or len(parts) > MAX_EACH:
            return Items(tuple(parts), open=len(parts) > MAX_EACH)
        at = found + len(separator)
