"""Text that grows: what is pushed to a string, or to a query builder, between its binding and its use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlport.hosts.python.values import MAX_ALTERNATIVES, Gap, Str
from sqlport.hosts.rust.evaluate import Values, arguments_of, joined, macro_of, some
from sqlport.hosts.rust.source import Source
from sqlport.model import HoleKind

if TYPE_CHECKING:
    from tree_sitter import Node

    from sqlport.hosts.rust.evaluate import Evaluator

_OWNERS = frozenset(("if_expression", "match_arm", "closure_expression", "else_clause", "match_expression"))
_LOOPS = frozenset(("for_expression", "while_expression", "loop_expression"))
_TEXTS = frozenset(("push_str", "push"))


@dataclass(frozen=True, slots=True)
class _Change:
    """What happens to the text at a place: `replaces` it or adds to it; `branch` is the innermost condition."""

    at: int
    values: Values
    replaces: bool
    branch: tuple[int, int] | None
    looped: bool


def changes(
    evaluator: Evaluator, source: Source, first: Values, where: tuple[Node, Node, Node], name: str
) -> Values | None:
    """The texts of a variable where it is used; `where` are its `let`, the block of that, and the use.

    What is done under a condition is an alternative; of more than a few there are the text without any of
    them and the one with all. What is done in a loop is a hole.
    """
    bound, block, use = where
    found = [
        change
        for node in _mentions(source, name, bound.end_byte, use.start_byte)
        if (change := _change(evaluator, source, node, block, use)) is not None
    ]
    if not found:
        return first
    branches = list(dict.fromkeys(change.branch for change in found if change.branch is not None))
    if 2 ** len(branches) * len(first) <= MAX_ALTERNATIVES:
        taken = [
            {branches[bit] for bit in range(len(branches)) if number >> bit & 1} for number in range(2 ** len(branches))
        ]
    else:
        taken = [set(), set(branches)]
    texts: list[Str] = []
    for chosen in taken:
        texts += _with(first, [each for each in found if each.branch is None or each.branch in chosen]) or ()
    return some([text for text in texts if text.pieces])


def _with(first: Values, made: list[_Change]) -> Values | None:
    values: Values | None = first
    for change in made:
        if values is None:
            return None
        if change.replaces:
            values = change.values
        elif change.looped:
            values = joined([values, (Str((Gap("pushed in a loop"),)),)])
        else:
            values = joined([values, change.values])
    return values


def _mentions(source: Source, name: str, start: int, end: int) -> Iterator[Node]:
    for match in re.finditer(rb"\b" + re.escape(name.encode()) + rb"\b", source.data[start:end]):
        node = source.at(start + match.start(), len(match.group()))
        if node is not None and node.type == "identifier":
            yield node


def _change(evaluator: Evaluator, source: Source, node: Node, block: Node, use: Node) -> _Change | None:
    """What the statement around a mention of the variable does to it."""
    made = _made(evaluator, source, node)
    if made is None:
        return None
    values, replaces = made
    branch: tuple[int, int] | None = None
    looped = False
    at: Node | None = source.parent(node)
    while at is not None and (at.start_byte, at.end_byte) != (block.start_byte, block.end_byte):
        around_use = at.start_byte <= use.start_byte and use.end_byte <= at.end_byte
        if not around_use:
            if at.type in _LOOPS:
                looped = True
            elif at.type in ("block", "match_arm") and branch is None:
                parent = source.parent(at)
                if at.type == "match_arm" or (parent is not None and parent.type in _OWNERS):
                    branch = (at.start_byte, at.end_byte)
        at = source.parent(at)
    return _Change(node.start_byte, values, replaces, branch, looped)


def _made(evaluator: Evaluator, source: Source, node: Node) -> tuple[Values, bool] | None:
    parent = source.parent(node)
    if parent is None:
        return None
    if parent.type == "compound_assignment_expr" and _is(parent.child_by_field_name("left"), node):
        right = parent.child_by_field_name("right")
        return (evaluator.values(source, right), False) if right is not None else None
    if parent.type == "assignment_expression" and _is(parent.child_by_field_name("left"), node):
        right = parent.child_by_field_name("right")
        return (evaluator.values(source, right), True) if right is not None else None
    if parent.type == "field_expression":
        return _method(evaluator, source, parent)
    outer = parent
    while outer.type not in ("macro_invocation", "block", "source_file"):
        above = source.parent(outer)
        if above is None:
            return None
        outer = above
    if outer.type == "macro_invocation":
        return _written(evaluator, source, outer, node)
    return None


def _method(evaluator: Evaluator, source: Source, field: Node) -> tuple[Values, bool] | None:
    """Pushes, one call after the other: `builder.push(" AND a = ").push_bind(a)`."""
    values: list[Values] = []
    at: Node | None = field
    while at is not None and at.type == "field_expression":
        name = at.child_by_field_name("field")
        call = source.parent(at)
        if name is None or call is None or call.type != "call_expression":
            break
        method, arguments = source.text(name), arguments_of(call)
        if method in _TEXTS and arguments:
            values.append(_pushed(evaluator, source, arguments[0]))
        elif method == "push_bind" and arguments:
            values.append((Str((Gap(source.text(arguments[0])[:80], kind=HoleKind.VALUE),)),))
        elif method in ("push_values", "push_tuples", "separated", "push_bind_unseparated"):
            values.append((Str((Gap(f"{method}(..)"),)),))
        elif method == "clear":
            return (Str(()),), True
        else:
            break
        at = source.parent(call)
    together = joined(values) if values else None
    return (together, False) if together is not None else None


def _pushed(evaluator: Evaluator, source: Source, argument: Node) -> Values:
    if argument.type == "char_literal":
        from sqlport.hosts.rust.evaluate import gap

        return gap(source, argument)
    return evaluator.values(source, argument)


def _written(evaluator: Evaluator, source: Source, macro: Node, node: Node) -> tuple[Values, bool] | None:
    """`write!(text, "..", ..)`."""
    name, arguments = macro_of(source, macro)
    if name not in ("write", "writeln") or len(arguments) < 2:
        return None
    first = arguments[0]
    if not (first.start_byte <= node.start_byte and node.end_byte <= first.end_byte):
        return None
    return evaluator.format(source, macro, arguments[1:]), False


def _is(node: Node | None, other: Node) -> bool:
    return node is not None and (node.start_byte, node.end_byte) == (other.start_byte, other.end_byte)
