"""What a Rust expression can say: strings followed through bindings, constants, macros and pushes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from sqlport.hosts.python.values import MAX_ALTERNATIVES, Chars, Gap, Piece, Str
from sqlport.hosts.rust.formats import formatted
from sqlport.hosts.rust.literals import LiteralError, scan
from sqlport.hosts.rust.source import STRINGS, Source
from sqlport.model import HoleKind, Literal

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 12
"""So many bindings and calls are followed one into the other."""
MAX_EACH = 256
"""So many elements of an array are followed through a loop over it."""

INCLUDED = "file:"
"""The reason of a gap that is another file's text: what follows is its path, from the file that includes it."""
_SAME = frozenset(
    ("to_string", "to_owned", "as_str", "into", "clone", "as_ref", "as_bytes", "borrow", "deref", "trim", "iter")
)
_MARKS = re.compile(r'"\s*\(?\s*\?')
"""A list of placeholders that the program builds: `vec!["?"; n].join(",")`."""

Values = tuple[Str, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Where a constant, a function or a call is: the source, and the node."""

    source: Source
    node: Node


@dataclass
class Evaluator:
    """Follows expressions through the files of a run.

    `constant` and `function` look names up in other files, `calls` finds the calls of a function.
    """

    constant: Callable[[Source, str], Named | None]
    function: Callable[[Source, str], Named | None]
    calls: Callable[[str], Sequence[Named]]
    _open: set[tuple[str, int, int]] = field(default_factory=set)

    def values(self, source: Source, node: Node) -> Values:
        """What the expression can say: one text for each way that the program may take."""
        key = (source.file.path, node.start_byte, node.end_byte)
        if key in self._open or len(self._open) > MAX_DEPTH * 3:
            return gap(source, node)
        self._open.add(key)
        try:
            return self._values(source, node)
        finally:
            self._open.discard(key)

    def _values(self, source: Source, node: Node) -> Values:
        kind = node.type
        if kind in STRINGS:
            return literal(source, node)
        if kind in ("reference_expression", "type_cast_expression"):
            return self._inside(source, node, node.child_by_field_name("value"))
        if kind in (
            "parenthesized_expression",
            "try_expression",
            "await_expression",
            "unary_expression",
            "unsafe_block",
        ):
            return self._inside(source, node, node.named_child(0))
        if kind == "expression_statement":
            return self._inside(source, node, node.named_child(0))
        if kind == "block":
            return self._inside(source, node, tail(node))
        if kind == "binary_expression":
            return self._sum(source, node)
        if kind == "if_expression":
            return self._either(source, node)
        if kind == "match_expression":
            return self._arms(source, node)
        if kind == "macro_invocation":
            return self._macro(source, node)
        if kind == "call_expression":
            return self._call(source, node)
        if kind == "identifier":
            return self._name(source, node)
        if kind == "scoped_identifier":
            return self._constant(source, node, last_name(source, node))
        return gap(source, node)

    def _inside(self, source: Source, node: Node, child: Node | None) -> Values:
        return self.values(source, child) if child is not None else gap(source, node)

    def _sum(self, source: Source, node: Node) -> Values:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        operator = node.child_by_field_name("operator")
        if left is None or right is None or operator is None or operator.type != "+":
            return gap(source, node)
        both = [self.values(source, left), self.values(source, right)]
        if not any(text.known for values in both for text in values):
            return gap(source, node)  # numbers, most likely
        return joined(both) or gap(source, node)

    def _either(self, source: Source, node: Node) -> Values:
        then, other = node.child_by_field_name("consequence"), node.child_by_field_name("alternative")
        if then is None or other is None or not other.named_children:
            return gap(source, node)
        return some([*self.values(source, then), *self.values(source, other.named_children[0])]) or gap(source, node)

    def _arms(self, source: Source, node: Node) -> Values:
        body = node.child_by_field_name("body")
        arms = [arm for arm in body.named_children if arm.type == "match_arm"] if body is not None else []
        found: list[Str] = []
        for arm in arms:
            value = arm.child_by_field_name("value")
            if value is not None and value.type not in ("return_expression", "continue_expression", "break_expression"):
                found += self.values(source, value)
        return some(found) or gap(source, node)

    def _macro(self, source: Source, node: Node) -> Values:
        name, arguments = macro_of(source, node)
        if name == "include_str" and arguments and arguments[0].type in STRINGS:
            said = literal_of(source, arguments[0])
            return (Str((Gap(source.text(node), INCLUDED + said[1]),)),) if said is not None else gap(source, node)
        if name == "concat":
            return joined([self.values(source, each) for each in arguments]) or gap(source, node)
        if name in ("format", "formatcp") and arguments:
            return self.format(source, node, arguments)
        return gap(source, node)

    def format(self, source: Source, node: Node, arguments: Sequence[Node]) -> Values:
        """What a format string says with its arguments; `node` is the macro."""
        if arguments[0].type not in STRINGS:
            return gap(source, node)
        given: dict[str, Values] = {}
        written: dict[str, str] = {}
        position = 0
        for argument in arguments[1:]:
            if argument.type == "assignment_expression":
                name, value = argument.child_by_field_name("left"), argument.child_by_field_name("right")
                if name is not None and value is not None:
                    given[source.text(name)] = self.values(source, value)
                continue
            given[str(position)] = self.values(source, argument)
            written[str(position)] = source.text(argument)
            position += 1

        def field_value(name: str) -> Values:
            if name not in given:
                given[name] = self._identifier(source, arguments[0], name) or (Str((Gap(name),)),)
            return given[name]

        token = literal_of(source, arguments[0])
        return formatted(token, field_value, lambda name: written.get(name, name)) or gap(source, node)

    def _call(self, source: Source, node: Node) -> Values:
        function = node.child_by_field_name("function")
        arguments = arguments_of(node)
        if function is None:
            return gap(source, node)
        if function.type == "field_expression":
            name = source.text(function.child_by_field_name("field") or function)
            receiver = function.child_by_field_name("value")
            if name in _SAME and receiver is not None and not arguments:
                return self.values(source, receiver)
            return self._returned(source, node, name) if receiver is not None else gap(source, node)
        if function.type in ("identifier", "scoped_identifier"):
            text = re.sub(r"\s+", "", source.text(function))
            if text in ("String::from", "Cow::from", "Cow::Borrowed", "Some", "Ok", "str::to_string", "AssertSqlSafe"):
                return self.values(source, arguments[0]) if arguments else gap(source, node)
            if text.endswith("AssertSqlSafe") and arguments:
                return self.values(source, arguments[0])
            if text in ("String::new", "String::with_capacity"):
                return (Str(()),)
            return self._returned(source, node, last_name(source, function))
        return gap(source, node)

    def _returned(self, source: Source, node: Node, name: str) -> Values:
        """What a function of the project returns, if it says so at its end."""
        found = self.function(source, name)
        body = found.node.child_by_field_name("body") if found is not None else None
        end = tail(body) if body is not None else None
        if found is None or end is None or not _is_text(found.source, found.node):
            return gap(source, node)
        values = self.values(found.source, end)
        return values if any(value.known for value in values) else gap(source, node)

    def _name(self, source: Source, node: Node) -> Values:
        return self._identifier(source, node, source.text(node)) or gap(source, node)

    def _identifier(self, source: Source, node: Node, name: str) -> Values | None:
        """What a name says where `node` is: a binding before it, a loop's, a parameter, or a constant."""
        child, parent = node, source.parent(node)
        while parent is not None:
            if parent.type in ("block", "source_file", "declaration_list"):
                bound = binding(source, parent, child, name)
                if bound is not None:
                    return self._bound(source, bound, parent, node, name)
            elif parent.type == "for_expression" and names(source, parent.child_by_field_name("pattern"), name):
                return self._elements(source, parent)
            elif parent.type == "function_item":
                if position(source, parent, name) is not None:
                    return self._passed(source, parent, name)
            elif _binds(source, parent, child, name):
                return None
            child, parent = parent, source.parent(parent)
        found = self.constant(source, name)
        return self.values(found.source, found.node) if found is not None else None

    def _constant(self, source: Source, node: Node, name: str) -> Values:
        found = self.constant(source, name)
        return self.values(found.source, found.node) if found is not None else gap(source, node)

    def _bound(self, source: Source, bound: Node, block: Node, use: Node, name: str) -> Values | None:
        value = bound.child_by_field_name("value")
        if value is None:  # `let sql;` that branches give a value
            first: Values = (Str(()),)
        else:
            first = self.values(source, value)
            if not any(piece_known(text) for text in first) and _MARKS.search(source.text(value)):
                first = (Str((Gap(name, kind=HoleKind.PLACEHOLDERS),)),)
        if bound.type != "let_declaration":
            return first
        from sqlport.hosts.rust.pushes import changes

        return changes(self, source, first, (bound, block, use), name)

    def _elements(self, source: Source, loop: Node) -> Values | None:
        value = loop.child_by_field_name("value")
        found = list(self._each(source, value, 0)) if value is not None else []
        return tuple(found) if found and len(found) <= MAX_EACH else None

    def _each(self, source: Source, node: Node, depth: int) -> Iterator[Str]:
        if depth > MAX_DEPTH:
            return
        if node.type == "array_expression":
            for each in node.named_children:
                yield from self.values(source, each)
        elif node.type in ("reference_expression", "parenthesized_expression"):
            yield from self._each(source, node.named_children[-1], depth + 1)
        elif node.type == "macro_invocation" and macro_of(source, node)[0] == "vec":
            for each in macro_of(source, node)[1]:
                yield from self.values(source, each)
        elif node.type == "call_expression" and (function := node.child_by_field_name("function")) is not None:
            receiver = function.child_by_field_name("value") if function.type == "field_expression" else None
            if receiver is not None and source.text(function).rsplit(".", 1)[-1] in ("iter", "into_iter", "copied"):
                yield from self._each(source, receiver, depth + 1)
        elif node.type in ("identifier", "scoped_identifier"):
            bound = self._value_node(source, node)
            if bound is not None:
                yield from self._each(bound.source, bound.node, depth + 1)

    def _value_node(self, source: Source, node: Node) -> Named | None:
        name = last_name(source, node)
        child, parent = node, source.parent(node)
        while parent is not None:
            if parent.type in ("block", "source_file", "declaration_list"):
                bound = binding(source, parent, child, name)
                value = bound.child_by_field_name("value") if bound is not None else None
                if value is not None:
                    return Named(source, value)
            child, parent = parent, source.parent(parent)
        return self.constant(source, name)

    def _passed(self, source: Source, function: Node, name: str) -> Values | None:
        """What the calls of the function pass for one of its parameters."""
        own = function.child_by_field_name("name")
        if own is None:
            return None
        at = position(source, function, name)
        found: list[Str] = []
        for call in self.calls(source.text(own)):
            arguments = arguments_of(call.node)
            if at is not None and at < len(arguments):
                found += self.values(call.source, arguments[at])
        unique = list(dict.fromkeys(found))
        known = [text for text in unique if text.known]
        return tuple(known) if known and len(known) == len(unique) and len(known) <= MAX_EACH else None


def gap(source: Source, node: Node) -> Values:
    """Text that only the running program knows."""
    text = " ".join(source.text(node).split())
    kind = HoleKind.PLACEHOLDERS if _MARKS.search(text) else None
    return (Str((Gap(text[:200], kind=kind),)),)


def piece_known(text: Str) -> bool:
    """Whether a text is empty or has a known character."""
    return text.known or not text.pieces


def literal_of(source: Source, node: Node) -> tuple[Literal, str] | None:
    """A string token and what it says; None for one that is no text (`b"..."`)."""
    start = source.char(node.start_byte)
    try:
        token = scan(source.file.text, start)
    except LiteralError:
        return None
    if token.prefix not in ("", "r"):
        return None
    return Literal(source.file.path, start, token.end, "rust"), token.text


def literal(source: Source, node: Node) -> Values:
    """The text of a string token, every character with its place."""
    found = literal_of(source, node)
    return (Str((Chars(found[1], found[0]),)),) if found is not None else gap(source, node)


def joined(parts: Sequence[Values]) -> Values | None:
    """The texts one after the other, in all combinations; None where they are too many."""
    count = 1
    for values in parts:
        count *= len(values)
    if count > MAX_ALTERNATIVES:
        return None
    found: list[Str] = []
    for texts in product(*parts):
        pieces: list[Piece] = [piece for text in texts for piece in text.pieces]
        found.append(Str(tuple(pieces)))
    return tuple(found)


def some(texts: Sequence[Str]) -> Values | None:
    """The alternatives, each once; None where they are none or too many."""
    unique = tuple(dict.fromkeys(texts))
    return unique if 0 < len(unique) <= 4 * MAX_ALTERNATIVES else None


def tail(block: Node) -> Node | None:
    """The expression that a block gives."""
    children = [child for child in block.named_children if child.type not in ("line_comment", "block_comment")]
    if not children or children[-1].type in ("let_declaration", "empty_statement"):
        return None
    last = children[-1]
    if last.type == "expression_statement":
        inner = last.named_child(0)
        if inner is not None and inner.type == "return_expression":
            return inner.named_child(0)
        ends = last.child(last.child_count - 1)
        return None if ends is not None and ends.type == ";" else inner
    return last


def macro_of(source: Source, node: Node) -> tuple[str, list[Node]]:
    """The last name of a macro and its arguments as expressions."""
    name = node.child_by_field_name("macro")
    tokens = next((child for child in node.children if child.type == "token_tree"), None)
    if name is None or tokens is None:
        return "", []
    return last_name(source, name), elements(source.arguments(tokens))


def elements(root: Node) -> list[Node]:
    """The expressions in the parentheses of a macro."""
    inner = next((child for child in root.named_children if child.type not in ("line_comment", "block_comment")), None)
    if inner is not None and inner.type == "expression_statement":
        inner = inner.named_child(0)
    if inner is None:
        return []
    if inner.type in ("tuple_expression", "parenthesized_expression", "array_expression"):
        comments = ("line_comment", "block_comment", "attribute_item")
        return [child for child in inner.named_children if child.type not in comments]
    return []


def arguments_of(call: Node) -> list[Node]:
    """The arguments of a call."""
    arguments = call.child_by_field_name("arguments")
    if arguments is None:
        return []
    return [child for child in arguments.named_children if child.type not in ("line_comment", "block_comment")]


def last_name(source: Source, node: Node) -> str:
    """The last part of a path: `sqlx::query` → `query`."""
    if node.type == "scoped_identifier":
        name = node.child_by_field_name("name")
        return source.text(name) if name is not None else ""
    return source.text(node)


def names(source: Source, pattern: Node | None, name: str) -> bool:
    """Whether a pattern binds a name."""
    return pattern is not None and re.search(rf"\b{re.escape(name)}\b", source.text(pattern)) is not None


def position(source: Source, function: Node, name: str) -> int | None:
    """Which of a function's parameters (without `self`) has the name."""
    parameters = function.child_by_field_name("parameters")
    listed = [each for each in parameters.named_children if each.type == "parameter"] if parameters is not None else []
    for number, each in enumerate(listed):
        if names(source, each.child_by_field_name("pattern"), name):
            return number
    return None


def binding(source: Source, block: Node, before: Node, name: str) -> Node | None:
    """The last `let` of the name before a node, or a constant of the block."""
    found: Node | None = None
    for child in block.named_children:
        if child.type == "let_declaration" and child.end_byte <= before.start_byte:
            pattern = child.child_by_field_name("pattern")
            if pattern is not None and pattern.type == "identifier" and source.text(pattern) == name:
                found = child
            elif names(source, pattern, name):
                found = None
        elif child.type in ("const_item", "static_item"):
            own = child.child_by_field_name("name")
            if own is not None and source.text(own) == name:
                return child
    return found


def _binds(source: Source, node: Node, inside: Node, name: str) -> bool:
    """Whether a closure, an arm or a condition binds the name for what is in it."""
    if node.type == "closure_expression":
        return names(source, node.child_by_field_name("parameters"), name)
    if node.type == "match_arm":
        pattern = node.child_by_field_name("pattern")
        return pattern is not None and pattern.id != inside.id and names(source, pattern, name)
    if node.type in ("if_expression", "while_expression"):
        condition = node.child_by_field_name("condition")
        if condition is None or condition.id == inside.id or condition.type not in ("let_condition", "let_chain"):
            return False
        return any(
            names(source, each.child_by_field_name("pattern"), name) for each in (condition, *condition.named_children)
        )
    return False


def _is_text(source: Source, function: Node) -> bool:
    returned = function.child_by_field_name("return_type")
    return returned is not None and re.search(r"\b(?:str|String)\b", source.text(returned)) is not None
