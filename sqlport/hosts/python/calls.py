"""Calls to values: string methods, collections, library types, and the project's own small functions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlport.hosts.python import strings, templates
from sqlport.hosts.python.inline import Given, inline
from sqlport.hosts.python.library import known_call, read_file
from sqlport.hosts.python.lookups import named, table_item
from sqlport.hosts.python.paths import is_resource, joined, method_of
from sqlport.hosts.python.scopes import Scope
from sqlport.hosts.python.values import (
    MAX_EACH,
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

if TYPE_CHECKING:
    from sqlport.hosts.python.evaluate import Evaluator

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


class Calls:
    """The calls of one file; works hand in hand with its `Evaluator`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def value(self, node: ast.Call, scope: Scope) -> Value:
        """What a call returns."""
        function = node.func
        if isinstance(function, ast.Attribute):
            receiver = self.evaluator.value(function.value, scope)
            return lift(
                lambda single: self._method(single, function, node, scope),
                receiver,
                source=self.evaluator.segment(node),
            )
        target = self.evaluator.value(function, scope)
        return lift(lambda single: self._call(single, node, scope), target, source=self.evaluator.segment(node))

    def _method(self, receiver: Value, function: ast.Attribute, node: ast.Call, scope: Scope) -> Value:
        name = function.attr
        if is_resource(function) and node.args:
            return joined(File(()), [self.evaluator.value(node.args[0], scope)])
        if isinstance(receiver, Str):
            return self._string_method(receiver, name, node, scope)
        if isinstance(receiver, Ref):
            target = self.evaluator.imported(Ref(f"{receiver.name}.{name}", receiver.level))
            return self._call(target, node, scope)
        if isinstance(receiver, File):
            arguments = [self.evaluator.value(argument, scope) for argument in node.args]
            return read_file(self.evaluator, method_of(receiver, name, arguments), node)
        if isinstance(receiver, Template) and name in ("substitute", "safe_substitute"):
            return templates.substitute(receiver.text, self._named(node, scope, node.args))
        if isinstance(receiver, Instance):
            return self._returned(f"{receiver.type}.{name}", node)
        if isinstance(receiver, (Object, Class)):
            return self._project_method(receiver, name, node, scope)
        if isinstance(receiver, Table):
            return self._table_method(receiver, name, node, scope)
        if isinstance(receiver, Items) and name == "copy":
            return receiver
        if isinstance(receiver, Unknown) and receiver.kind is HoleKind.PLACEHOLDERS and name.endswith("strip"):
            return self.evaluator.unknown(node, receiver.reason, receiver.kind)
        if isinstance(receiver, Unknown) and name in _TEXT_METHODS:
            return self.evaluator.unknown(node, receiver.reason, parameter=receiver.derived)
        return self.evaluator.unknown(node)

    def _call(self, target: Value, node: ast.Call, scope: Scope) -> Value:
        if isinstance(target, Function):
            return inline(self.evaluator, target, self.given(node, scope), self.evaluator.segment(node))
        if isinstance(target, Class):
            return self._instance(target)
        if isinstance(target, Method):
            if isinstance(target.receiver, Instance):
                return self._returned(f"{target.receiver.type}.{target.name}", node)
            if isinstance(target.receiver, (Object, Class)):
                return self._project_method(target.receiver, target.name, node, scope)
        if isinstance(target, Ref):
            return known_call(self.evaluator, target.name.removeprefix("builtins."), node, scope)
        return self.evaluator.unknown(node)

    def _instance(self, target: Class) -> Value:
        members = target.info.members()
        if members is None:
            return Object(target.info)
        return choose((Option(value, ((id(target.info), index),)) for index, value in enumerate(members)), "")

    def _returned(self, name: str, node: ast.Call) -> Value:
        known = self.evaluator.sinks.returns.get(name)
        return Instance(known) if known is not None else self.evaluator.unknown(node)

    # -- strings and collections

    def _string_method(self, receiver: Str, name: str, node: ast.Call, scope: Scope) -> Value:
        if name in ("format", "format_map"):
            return self._format(receiver, name, node, scope)
        arguments = [self.evaluator.value(argument, scope) for argument in node.args]
        source = self.evaluator.segment(node)
        if name == "join" and len(arguments) == 1:
            shown = self.evaluator.segment(node.args[0])
            return lift(lambda single: self._join(receiver, single, shown), arguments[0], source=source)
        if name in ("strip", "lstrip", "rstrip") and len(arguments) <= 1:
            return self._strip(receiver, arguments, name, node)
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
        return self.evaluator.unknown(node)

    def _strip(self, receiver: Str, arguments: Sequence[Value], name: Any, node: ast.Call) -> Value:
        chars = _constant(arguments[0]) if arguments else None
        if arguments and chars is None and arguments[0] != Const(None):
            return self.evaluator.unknown(node)
        return strings.strip(receiver, chars, name)

    def _join(self, separator: Str, items: Value, source: str) -> Value:
        if isinstance(items, Str):  # the characters of a string
            cutter = strings.Cutter(items)
            if len(cutter.text) > MAX_EACH:
                return Unknown(source, "join() over a long string")
            items = Items(tuple(cutter.kept([(at, at + 1)]) for at in range(len(cutter.text))))
        if isinstance(items, Table):
            items = Items(tuple(text(str(key)) for key, _ in items.pairs))
        if isinstance(items, Items):
            return strings.join(separator, items, source)
        kind = items.kind if isinstance(items, Unknown) else None
        reason = items.reason if isinstance(items, Unknown) and items.reason else "its elements are not known here"
        return Unknown(source, reason, kind, items.derived if isinstance(items, Unknown) else None)

    def _format(self, receiver: Str, name: str, node: ast.Call, scope: Scope) -> Value:
        positional, _ = self._arguments(node, scope)
        shown = [(value, self.evaluator.segment(arg)) for value, arg in zip(positional, node.args, strict=False)]
        named = self._named(node, scope, node.args[:1] if name == "format_map" else [])
        # Each argument goes in as it is, alternatives included: concat() multiplies them within the limits.
        return templates.format_with(receiver, shown if name == "format" else [], named)

    def _named(self, node: ast.Call, scope: Scope, tables: Sequence[ast.expr]) -> dict[str, tuple[Value, str]]:
        """What a call gives by name, also in `tables` and `**tables`, with the source expressions."""
        found: dict[str, tuple[Value, str]] = {}
        for argument in (*tables, *(keyword.value for keyword in node.keywords if keyword.arg is None)):
            table = self.evaluator.value(argument, scope)
            if isinstance(table, Table):
                source = self.evaluator.segment(argument)
                plain = source in ("locals()", "vars()")
                found.update(
                    (key, (value, key if plain else f"{source}[{key!r}]"))
                    for key, value in table.pairs
                    if isinstance(key, str)
                )
        for keyword in node.keywords:
            if keyword.arg is not None:
                value = self.evaluator.value(keyword.value, scope)
                found[keyword.arg] = (value, self.evaluator.segment(keyword.value))
        return found

    def _table_method(self, receiver: Table, name: str, node: ast.Call, scope: Scope) -> Value:
        if name == "items":
            pairs = tuple(Items((_key(key), value)) for key, value in receiver.pairs if key is not None)
            return Items(pairs, open=any(key is None for key, _ in receiver.pairs))
        if name == "values":
            return Items(tuple(value for _, value in receiver.pairs))
        if name == "keys":
            return Items(tuple(_key(key) for key, _ in receiver.pairs if key is not None))
        if name == "get" and node.args:
            key = self.evaluator.value(node.args[0], scope)
            return table_item(receiver, key, self.evaluator.segment(node), id(node))
        return self.evaluator.unknown(node)

    # -- the project's own functions

    def given(self, node: ast.Call, scope: Scope, receiver: Object | Class | None = None) -> Given:
        """The call's arguments, each under the name that it has here."""
        positional, keywords = self._arguments(node, scope)
        return Given(positional, keywords, receiver)

    def _arguments(self, node: ast.Call, scope: Scope) -> tuple[list[Value], dict[str, Value]]:
        positional: list[Value] = []
        for argument in node.args:
            if not isinstance(argument, ast.Starred):
                positional.append(named(self.evaluator.value(argument, scope), self.evaluator.segment(argument)))
                continue
            spread = self.evaluator.value(argument.value, scope)
            if isinstance(spread, Items) and not spread.open:
                positional.extend(spread.values)
            else:
                reason = spread.reason if isinstance(spread, Unknown) else ""
                derived = spread.derived if isinstance(spread, Unknown) else None
                positional.append(self.evaluator.unknown(argument.value, reason, parameter=derived))
        keywords = {
            keyword.arg: self.evaluator.value(keyword.value, scope)
            for keyword in node.keywords
            if keyword.arg is not None
        }
        return positional, keywords

    def _project_method(self, receiver: Object | Class, name: str, node: ast.Call, scope: Scope) -> Value:
        method = receiver.info.method(name)
        if method is None:
            for info in receiver.info.lineage():
                for base in info.library_bases:
                    known = self.evaluator.sinks.returns.get(f"{base}.{name}")
                    if known is not None:
                        return Instance(known)
            return self.evaluator.unknown(node)
        return inline(self.evaluator, method, self.given(node, scope, receiver), self.evaluator.segment(node))

    def annotation(self, node: ast.expr | None, scope: Scope) -> Value | None:
        """The object that an annotation promises, when it is of a type that sinks know or of the project."""
        if node is None:
            return None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = ast.parse(node.value, mode="eval").body
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None
        if isinstance(node, ast.BinOp):
            return self.annotation(node.left, scope) or self.annotation(node.right, scope)
        if isinstance(node, ast.Subscript):
            return self.annotation(node.slice, scope) if not isinstance(node.slice, ast.Tuple) else None
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return None
        found = self.evaluator.value(node, scope)
        if isinstance(found, Class):
            return Object(found.info)
        if isinstance(found, Ref) and _is_library_type(found.name, self.evaluator):
            return Instance(found.name)
        return None


def _is_library_type(name: str, evaluator: Evaluator) -> bool:
    return name in evaluator.sinks.types


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
