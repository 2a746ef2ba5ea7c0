"""A Rust file as a tree: parsed by tree-sitter (never compiled), with places in characters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from sqlport.model import SourceFile
from sqlport.placing import line_starts

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Query, Tree

STRINGS = ("string_literal", "raw_string_literal")
"""The node types of string tokens."""


@lru_cache(maxsize=1)
def language() -> Language:
    """The grammar."""
    import tree_sitter_rust
    from tree_sitter import Language

    return Language(tree_sitter_rust.language())


@lru_cache(maxsize=16)
def query(text: str) -> Query:
    """A compiled tree-sitter query."""
    from tree_sitter import Query

    made: Query = Query(language(), text)
    return made


@dataclass
class Source:
    """A file and its tree. Nodes inside a macro's arguments come from a tree of their own over the same bytes."""

    file: SourceFile
    inner: dict[int, Tree] = field(default_factory=dict)
    """The trees of macros' arguments, by the byte where the arguments begin."""
    outer: dict[int, Node] = field(default_factory=dict)
    """For the root of such a tree (by id) the macro that it is in."""

    @cached_property
    def data(self) -> bytes:
        """The text as UTF-8, which is what node positions count."""
        return self.file.text.encode("utf-8", "surrogatepass")

    @cached_property
    def tree(self) -> Tree:
        """The whole file."""
        from tree_sitter import Parser

        return Parser(language()).parse(self.data)

    @cached_property
    def lines(self) -> list[int]:
        """Where each line begins, in characters."""
        return line_starts(self.file.text)

    @cached_property
    def _wide(self) -> list[int]:
        """The bytes that continue a character, in order: as many are no characters of their own."""
        if len(self.data) == len(self.file.text):
            return []
        return [at for at, byte in enumerate(self.data) if byte & 0xC0 == 0x80]

    def char(self, byte: int) -> int:
        """The character at a byte."""
        return byte - bisect_right(self._wide, byte - 1) if self._wide else byte

    def text(self, node: Node) -> str:
        """What is written there."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")

    def line(self, node: Node) -> int:
        """The 1-based line of a node's first character."""
        return node.start_point[0] + 1

    def position(self, at: int) -> tuple[int, int]:
        """The 1-based line and column of a character."""
        number = bisect_right(self.lines, at)
        return number, at - self.lines[number - 1] + 1

    def at(self, byte: int, size: int) -> Node | None:
        """The innermost node of the bytes from `byte` on, looked for inside the arguments of macros, too."""
        root = self.tree.root_node
        seen: set[int] = set()
        while True:
            node = root.descendant_for_byte_range(byte, byte + size)
            tokens = macro_arguments(node) if node is not None else None
            if tokens is None or tokens.start_byte in seen:
                return node
            seen.add(tokens.start_byte)
            root = self.arguments(tokens)

    def arguments(self, tokens: Node) -> Node:
        """The tree of a macro's arguments (a `token_tree`), read as Rust expressions."""
        known = self.inner.get(tokens.start_byte)
        if known is None:
            from tree_sitter import Parser, Range

            parser = Parser(language())
            start, end = tokens.start_byte, tokens.end_byte
            parser.included_ranges = [Range(tokens.start_point, tokens.end_point, start, end)]
            known = self.inner[start] = parser.parse(self.data)
            macro = tokens.parent
            if macro is not None:
                self.outer[known.root_node.id] = macro
        return known.root_node

    def parent(self, node: Node) -> Node | None:
        """The node around, out of a macro's arguments, too."""
        parent = node.parent
        if parent is None or parent.parent is None:
            outside = self.outer.get(parent.id if parent is not None else node.id)
            if outside is not None:
                return outside
        return parent


def macro_arguments(node: Node) -> Node | None:
    """The tokens in the parentheses of a macro that a node is one of; None for a node that the grammar read."""
    found: Node | None = None
    at: Node | None = node
    while at is not None:
        if at.type == "token_tree":
            found = at
        elif found is not None:
            return found if at.type == "macro_invocation" else None
        at = at.parent
    return None


def strings_of(data: bytes) -> Iterator[Node]:
    """Every string token of a file in order."""
    from tree_sitter import Parser, QueryCursor

    tree = Parser(language()).parse(data)
    captures = QueryCursor(query("(string_literal) @s (raw_string_literal) @s")).captures(tree.root_node)
    yield from sorted(captures.get("s", ()), key=lambda node: node.start_byte)


def is_broken(text: str) -> bool:
    """Whether the grammar cannot read the text as Rust."""
    from tree_sitter import Parser

    return Parser(language()).parse(text.encode("utf-8", "surrogatepass")).root_node.has_error


@dataclass(frozen=True, slots=True)
class Outline:
    """What is left of a file without its strings: the texts between them."""

    between: tuple[bytes, ...]


def outline(text: str) -> Outline:
    """The file without what its strings say."""
    data = text.encode("utf-8", "surrogatepass")
    between: list[bytes] = []
    at = 0
    for node in strings_of(data):
        between.append(data[at : node.start_byte])
        at = node.end_byte
    return Outline((*between, data[at:]))
