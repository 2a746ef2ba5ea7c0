"""Texts with places to fill in: `%`, `.format` and `string.Template`, every character with its origin."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal as OneOf

from sqlport.hosts.python.concat import concat
from sqlport.hosts.python.strings import Cutter
from sqlport.hosts.python.values import Chars, Gap, Items, Piece, Str, Table, Unknown, Value
from sqlport.model import HoleKind

Kind = OneOf["%", "format", "$"]

_PERCENT = re.compile(
    r"%(?:\((?P<name>[^()]*)\))?(?P<flags>[-#0 +]*(?:\d+|\*)?(?:\.(?:\d+|\*))?[hlL]?)(?P<type>.)", re.DOTALL
)
_PLAIN_TYPES = "sdiu"


def percent(template: Str, argument: Value, source: str, elements: Sequence[str] = ()) -> Value:
    """`template % argument`; `source` is the argument's expression, `elements` those of a tuple's elements."""
    cutter = Cutter(template)
    specs = [match for match in _PERCENT.finditer(cutter.text) if not cutter.is_gap(match.start())]
    wanted = [match for match in specs if match.group("type") != "%"]
    if not wanted and not isinstance(argument, (Items, Table, Unknown)):
        return Unknown("", "the % operator has nothing to fill in")
    fill = _percent_arguments(argument, source, len(wanted), elements)
    operands: list[tuple[Value, str]] = []
    at = 0
    position = 0
    for match in specs:
        operands.append((_templated(cutter.cut(at, match.start()), "%"), ""))
        at = match.end()
        if match.group("type") == "%":
            operands.append((_templated(cutter.cut(match.start(), match.start() + 1), "%"), ""))
            continue
        value, name = fill(position, match.group("name"))
        position += 1
        if match.group("flags") or match.group("type") not in _PLAIN_TYPES:
            value = Unknown(name, "a formatted value", _number_kind(match.group("type")))
        operands.append((value, name))
    operands.append((_templated(cutter.cut(at, len(cutter.text)), "%"), ""))
    return concat(operands)


def _number_kind(spec: str) -> HoleKind | None:
    return HoleKind.VALUE if spec in "diufFgGeExXo" else None


def _percent_arguments(
    argument: Value, source: str, count: int, elements: Sequence[str]
) -> Callable[[int, str | None], tuple[Value, str]]:
    def fill(position: int, name: str | None) -> tuple[Value, str]:
        if name is not None:
            shown = f"{source}[{name!r}]"
            found = _entry(argument, name)
            return (Unknown(name, _reason(argument)) if found is None else found), shown
        if isinstance(argument, Items):
            if position < len(argument.values) and not argument.open:
                shown = elements[position] if position < len(elements) else f"{source}[{position}]"
                return argument.values[position], shown
            return Unknown(source, "no such argument of %"), source
        shown = source if count == 1 else f"{source}[{position}]"
        if isinstance(argument, Unknown):
            return Unknown(shown, argument.reason, argument.kind), shown
        return argument, shown

    return fill


def _entry(argument: Value, name: str) -> Value | None:
    if isinstance(argument, Table):
        return dict(argument.pairs).get(name)
    return None


def _reason(argument: Value) -> str:
    return argument.reason if isinstance(argument, Unknown) else "a value that is not known here"


_FORMAT = re.compile(r"\{\{|\}\}|\{(?P<name>[^{}!:]*)(?P<conversion>![rsa])?(?P<spec>:[^{}]*(?:\{[^{}]*\}[^{}]*)*)?\}")


def format_with(
    template: Str, positional: Sequence[tuple[Value, str]], keywords: dict[str, tuple[Value, str]]
) -> Value:
    """`template.format(...)`; each argument comes with its source expression."""
    cutter = Cutter(template)
    operands: list[tuple[Value, str]] = []
    at = 0
    automatic = 0
    for match in _FORMAT.finditer(cutter.text):
        if cutter.is_gap(match.start()):
            continue
        operands.append((_templated(cutter.cut(at, match.start()), "format"), ""))
        at = match.end()
        if match.group() in ("{{", "}}"):
            operands.append((_templated(cutter.cut(match.start(), match.start() + 1), "format"), ""))
            continue
        name = match.group("name")
        if not name:
            name, automatic = str(automatic), automatic + 1
        value, source = _argument(name, positional, keywords)
        if match.group("spec") or match.group("conversion") not in (None, "!s"):
            value = Unknown(source, "a formatted value")
        operands.append((value, source))
    operands.append((_templated(cutter.cut(at, len(cutter.text)), "format"), ""))
    return concat(operands)


def _argument(
    name: str, positional: Sequence[tuple[Value, str]], keywords: dict[str, tuple[Value, str]]
) -> tuple[Value, str]:
    head = re.match(r"[^.\[]*", name)
    key = head.group() if head else name
    found = (positional[int(key)] if int(key) < len(positional) else None) if key.isdigit() else keywords.get(key)
    if found is None:
        return Unknown(name, "an argument of format() that is not known here"), name
    if key != name:  # an attribute or item of the argument
        return Unknown(found[1] + name[len(key) :], "part of an argument of format()"), found[1] + name[len(key) :]
    return found


_DOLLAR = re.compile(r"\$(?:(?P<escaped>\$)|(?P<named>[_a-zA-Z]\w*)|\{(?P<braced>[_a-zA-Z]\w*)\})", re.ASCII)


def substitute(template: Str, values: Mapping[str, tuple[Value, str]]) -> Value:
    """`string.Template(template).substitute(...)`; each value comes with its source expression."""
    cutter = Cutter(template)
    operands: list[tuple[Value, str]] = []
    at = 0
    for match in _DOLLAR.finditer(cutter.text):
        operands.append((_templated(cutter.cut(at, match.start()), "$"), ""))
        at = match.end()
        if match.group("escaped"):
            operands.append((_templated(cutter.cut(match.start(), match.start() + 1), "$"), ""))
            continue
        name = match.group("named") or match.group("braced")
        operands.append(values.get(name) or (Unknown(name, "an argument of substitute() that is not known here"), name))
    operands.append((_templated(cutter.cut(at, len(cutter.text)), "$"), ""))
    return concat(operands)


def _templated(pieces: Sequence[Piece], kind: Kind) -> Str:
    """Text of a template: what is inserted into its literals has to be said in the template's way."""
    return Str(tuple(piece if isinstance(piece, Gap) else _mark(piece, kind) for piece in pieces))


def _mark(piece: Chars, kind: Kind) -> Chars:
    if piece.literal is None:
        return piece
    if piece.literal.templated:  # a template of a template: the encoding of both is not worth knowing
        return Chars(piece.text)
    return dataclasses.replace(piece, literal=dataclasses.replace(piece.literal, templated=kind))
