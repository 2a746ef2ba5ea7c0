"""The edit as libcst makes it: string nodes replaced in its lossless tree, to be compared with the spliced text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst

from sqlport.hosts.python.literals import Token


class _Literals(libcst.CSTTransformer):
    """Replaces the outermost string tokens by their number in source order."""

    def __init__(self, replacements: Mapping[int, str]) -> None:
        super().__init__()
        self.replacements = replacements
        self.count = 0

    def leave_SimpleString(  # noqa: N802 - libcst's name
        self, original_node: libcst.SimpleString, updated_node: libcst.SimpleString
    ) -> libcst.BaseExpression:
        new = self._next()
        return updated_node if new is None else updated_node.with_changes(value=new)

    def visit_FormattedString(self, node: libcst.FormattedString) -> bool:  # noqa: N802 - libcst's name
        return False

    def leave_FormattedString(  # noqa: N802 - libcst's name
        self, original_node: libcst.FormattedString, updated_node: libcst.FormattedString
    ) -> libcst.BaseExpression:
        new = self._next()
        return updated_node if new is None else _formatted(new, updated_node)

    def visit_TemplatedString(self, node: libcst.TemplatedString) -> bool:  # noqa: N802 - libcst's name
        return False

    def leave_TemplatedString(  # noqa: N802 - libcst's name
        self, original_node: libcst.TemplatedString, updated_node: libcst.TemplatedString
    ) -> libcst.BaseExpression:
        new = self._next()
        return updated_node if new is None else _formatted(new, updated_node)

    def _next(self) -> str | None:
        self.count += 1
        return self.replacements.get(self.count - 1)


def _formatted(
    new: str, node: libcst.FormattedString | libcst.TemplatedString
) -> libcst.FormattedString | libcst.TemplatedString:
    """The node with the literal parts of `new`; its fields are the same."""
    parsed = libcst.parse_expression(new)
    if not isinstance(parsed, type(node)):
        return node
    return node.with_changes(parts=parsed.parts)


def rewritten(text: str, tokens: Sequence[Token], replacements: Mapping[int, str]) -> str | None:
    """`text` with string tokens (by their start) replaced through libcst.

    None where libcst cannot read the text, or does not give it back as it is (a form feed, lone `\\r`): it has
    no say then.
    """
    try:
        module = libcst.parse_module(text)
    except libcst.ParserSyntaxError:
        return None  # syntax newer than libcst; `ast` and the literal map have agreed already
    if module.code != text:
        return None
    numbers = {number: replacements[token.start] for number, token in enumerate(tokens) if token.start in replacements}
    return module.visit(_Literals(numbers)).code
