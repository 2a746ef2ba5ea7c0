"""What a call passes as parameters: how many there are, and their types where the code says them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlport.hosts.rust.evaluate import arguments_of, names
from sqlport.hosts.rust.sinks import Use
from sqlport.hosts.rust.source import STRINGS, Source
from sqlport.model import Arguments

if TYPE_CHECKING:
    from tree_sitter import Node

_PYTHON = {
    **dict.fromkeys(("i8", "i16", "i32", "i64", "u8", "u16", "u32", "isize", "usize", "u64"), "int"),
    **dict.fromkeys(("f32", "f64"), "float"),
    **dict.fromkeys(("str", "String"), "str"),
    "bool": "bool",
    "bytes": "bytes",
}
_TEXT_METHODS = frozenset(("to_string", "to_owned", "as_str", "to_lowercase", "to_uppercase", "to_rfc3339"))
_ITERATORS = frozenset(("len", "count"))


def arguments_at(source: Source, use: Use) -> Arguments:
    """The parameters of a sink: those of the macro, or those that later calls bind."""
    given = given_at(source, use)
    if use.sink.form == "method":
        return Arguments(passed=bool(given))
    types: dict[int | str, str] = {}
    for number, argument in enumerate(given):
        rust = type_of(source, argument)
        if rust in _PYTHON:
            types[number] = _PYTHON[rust]
    count = len(given) if use.sink.form == "macro" else None
    return Arguments(passed=bool(given), count=count, types=types)


def given_at(source: Source, use: Use) -> list[Node]:
    """The expressions that are passed as parameters, in order."""
    if use.sink.form == "function":
        return list(_bound(source, use.node))
    return list(use.arguments[use.sink.parameters :]) if use.sink.parameters is not None else []


def _bound(source: Source, call: Node) -> Sequence[Node]:
    """The arguments of `.bind(..)` behind a call, in order."""
    found: list[Node] = []
    node = call
    while True:
        field = source.parent(node)
        outer = source.parent(field) if field is not None else None
        if field is None or outer is None or field.type != "field_expression" or outer.type != "call_expression":
            return found
        name = field.child_by_field_name("field")
        if name is None or source.text(name) != "bind":
            return found
        found += arguments_of(outer)[:1]
        node = outer


def type_of(source: Source, node: Node, depth: int = 0) -> str:
    """The Rust type of an expression without references and `Option`; `bytes` for byte slices; else empty."""
    kind = node.type
    if depth > 8:
        return ""
    if kind in STRINGS:
        return "bytes" if source.text(node).startswith("b") else "str"
    if kind == "integer_literal":
        found = re.search(r"[iu](?:8|16|32|64|size)$", source.text(node))
        return found.group() if found else ""
    if kind == "boolean_literal":
        return "bool"
    if kind == "type_cast_expression":
        return plain(source.text(node.child_by_field_name("type") or node))
    if kind in ("reference_expression", "parenthesized_expression", "unary_expression"):
        inner = node.named_children[-1] if node.named_children else None
        return type_of(source, inner, depth + 1) if inner is not None else ""
    if kind == "call_expression":
        function = node.child_by_field_name("function")
        if function is not None and function.type == "field_expression":
            name = source.text(function.child_by_field_name("field") or function)
            receiver = function.child_by_field_name("value")
            if name in _TEXT_METHODS:
                return "str"
            if name in ("clone", "as_ref", "as_deref", "as_slice", "to_vec") and receiver is not None:
                return type_of(source, receiver, depth + 1)
        return ""
    if kind == "macro_invocation":
        return "str" if source.text(node).startswith("format!") else ""
    return _named(source, node, depth) if kind == "identifier" else ""


def _named(source: Source, node: Node, depth: int) -> str:
    """The type that a `let` or a parameter declares."""
    name = source.text(node)
    child, parent = node, source.parent(node)
    while parent is not None:
        if parent.type == "block":
            for each in reversed(parent.named_children):
                if each.type != "let_declaration" or each.end_byte > child.start_byte:
                    continue
                pattern = each.child_by_field_name("pattern")
                if not names(source, pattern, name):
                    continue
                declared = each.child_by_field_name("type")
                value = each.child_by_field_name("value")
                if pattern is None or pattern.type != "identifier":
                    return ""
                if declared is not None:
                    return plain(source.text(declared))
                return type_of(source, value, depth + 1) if value is not None else ""
        if parent.type == "closure_expression" and names(source, parent.child_by_field_name("parameters"), name):
            return ""
        if parent.type in ("for_expression", "match_arm") and names(
            source, parent.child_by_field_name("pattern"), name
        ):
            return ""
        if parent.type in ("if_expression", "while_expression"):
            condition = parent.child_by_field_name("condition")
            if (
                condition is not None
                and condition.type in ("let_condition", "let_chain")
                and names(source, condition, name)
            ):
                return ""
        if parent.type == "function_item":
            parameters = parent.child_by_field_name("parameters")
            for each in parameters.named_children if parameters is not None else ():
                pattern = each.child_by_field_name("pattern")
                declared = each.child_by_field_name("type")
                if pattern is not None and declared is not None and source.text(pattern) == name:
                    return plain(source.text(declared))
            return ""
        child, parent = parent, source.parent(parent)
    return ""


def plain(declared: str) -> str:
    """A type without references, lifetimes and `Option`: `Option<&'a str>` → `str`; `bytes` for bytes."""
    text = re.sub(r"\s+", "", re.sub(r"&\s*(?:'\w+\s*)?(?:mut\s+)?", "", declared))
    while (
        inner := re.fullmatch(r"(?:std::option::)?Option<(.*)>|(?:Box|Arc|Rc|Cow)<(?:'\w+,)?(.*)>", text)
    ) is not None:
        text = inner[1] or inner[2]
    if re.fullmatch(r"Vec<u8>|\[u8(?:;\w+)?\]|bytes::Bytes|Bytes", text):
        return "bytes"
    return text
