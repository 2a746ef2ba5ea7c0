"""A Python file as `ast` sees it, with character offsets, or the finding that says why it cannot be read."""

from __future__ import annotations

import ast
import bisect
import codecs
import io
import re
import symtable
import tokenize
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlport.hosts.python.encode import flat_texts, token_texts
from sqlport.hosts.python.literals import LiteralError, Token, scan_all
from sqlport.hosts.python.repair import repaired
from sqlport.hosts.python.slices import Body, FunctionNode, body_of
from sqlport.model import Applicability, Effect, Finding, Place, Severity, SourceFile, Span

if TYPE_CHECKING:
    from sqlport.hosts.python.index import Walk

_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_LOOKED_AT = "so its SQL was not looked at"
_TOO_DEEP = "it is nested too deeply for Python to read; split the expression"


class Lines:
    """Character offsets and (line, column) of a text, by Python's line ends."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ascii = text.isascii()
        self.starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        """The character at `ast`'s 1-based line and 0-based column, which counts UTF-8 bytes."""
        start = self.starts[line - 1]
        if self.ascii:
            return start + column
        here = self.text[start : start + column]
        if here.isascii():
            return start + column
        return start + len(here.encode("utf-8", "surrogatepass")[:column].decode("utf-8", "surrogatepass"))

    def place(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character."""
        line = bisect.bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1


@dataclass(slots=True)
class Source:
    """A parsed file. String tokens are read on demand and kept; `walk` once the file is searched for calls."""

    file: SourceFile
    tree: ast.Module
    lines: Lines
    tokens: dict[int, tuple[Token, ...] | None] = field(default_factory=dict)
    walk: Walk | None = None
    bodies: dict[ast.AST, Body] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The file's decoded text."""
        return self.file.text

    def body(self, node: FunctionNode) -> Body:
        """What a function's body is made of, looked at once."""
        found = self.bodies.get(node)
        if found is None:
            found = self.bodies[node] = body_of(node)
        return found

    def forget(self) -> None:
        """Empty the tree when all is said: functions and scopes refer to one another, and would keep it as garbage."""
        for statement in self.tree.body:
            if isinstance(statement, ast.ClassDef):
                for inner in statement.body:
                    if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                        inner.body.clear()
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                statement.body.clear()
        self.tree.body.clear()
        self.bodies.clear()

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """The characters of a node."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        return Span(
            self.lines.offset(node.lineno, node.col_offset),
            self.lines.offset(node.end_lineno, node.end_col_offset),
        )

    def segment(self, node: ast.expr) -> str:
        """The source of an expression on one line, without comments."""
        text = self.span(node).of(self.text)
        return text if "\n" not in text and "\r" not in text else ast.unparse(node)

    def string(self, node: ast.expr) -> tuple[Token, ...] | None:
        """The tokens of a string node (not one inside an f-string); None where source and value disagree."""
        span = self.span(node)
        if span.start not in self.tokens:
            self.tokens[span.start] = self._read(node, span)
        return self.tokens[span.start]

    def all_tokens(self) -> list[Token]:
        """Every string token of the file that is not inside an f-string's field, in source order."""
        found: list[Token] = []
        waiting: list[ast.AST] = [self.tree]
        while waiting:
            node = waiting.pop()
            if is_string(node):
                assert isinstance(node, ast.expr)
                span = self.span(node)
                try:
                    found.extend(scan_all(self.text, span.start, span.end))
                except LiteralError:
                    continue  # stays unknown on both sides of an edit
            else:
                waiting.extend(ast.iter_child_nodes(node))
        return sorted(found, key=lambda token: token.start)

    def _read(self, node: ast.expr, span: Span) -> tuple[Token, ...] | None:
        try:
            tokens = scan_all(self.text, span.start, span.end)
        except LiteralError:
            return None
        return tokens if token_texts(tokens) == flat_texts(node) else None


def is_string(node: ast.AST) -> bool:
    """Whether a node is written as one or more string or bytes tokens."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (str, bytes))
    return isinstance(node, ast.JoinedStr) or type(node).__name__ == "TemplateStr"


def parse(file: SourceFile) -> Source | Finding:
    """The file's tree, or the SQP003 finding with the line at which it cannot be read."""
    problem = _undecodable(file)
    if problem is not None:
        return problem
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(file.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            return _invalid(file, error)
    return Source(file, tree, Lines(file.text))


def parse_in_part(file: SourceFile, problem: Finding) -> tuple[Source, Finding] | None:
    """What can be read of a file that has the SQP003 finding `problem`, and the finding that says so."""
    tree = repaired(file.text) if _undecodable(file) is None else None
    if tree is None:
        return None
    said = problem.message.replace(_NOT_LOOKED_AT, "so only a part of its SQL was looked at, and nothing is written")
    return Source(file, tree, Lines(file.text)), replace(problem, message=said)


def check(file: SourceFile) -> Finding | None:
    """The SQP003 finding of a file that is not valid Python, at half the cost of `parse`."""
    problem = _undecodable(file)
    if problem is not None:
        return problem
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            symtable.symtable(file.text, file.path, "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass  # it refuses more than the grammar does: the parser has the last word
        else:
            return None
    result = parse(file)
    return result if isinstance(result, Finding) else None


def invalid_source(file: SourceFile, offset: int, reason: str) -> Finding:
    """The finding SQP003 at a character of the file."""
    offset = min(max(offset, 0), len(file.text))
    line, column = Lines(file.text).place(offset)
    return Finding(
        code="SQP003",
        name="invalid-source",
        effect=Effect.REJECTED,
        severity=Severity.ERROR,
        message=f"This file is not valid Python, {_NOT_LOOKED_AT}: {reason}. "
        "Repair it, or exclude it (`exclude` in [tool.sqlport]).",
        span=Span(offset, offset),
        applicability=Applicability.MANUAL,
        place=Place(file.path, line, column, line, column + 1),
    )


def _undecodable(file: SourceFile) -> Finding | None:
    if file.text.isascii() and b"coding" not in file.data[:400]:
        return None
    try:
        name, _ = tokenize.detect_encoding(io.BytesIO(file.data).readline)
        codecs.lookup(name)
    except (SyntaxError, LookupError) as error:
        bad = _BAD_BYTE.search(file.text)
        return invalid_source(file, bad.start() if bad else 0, str(error))
    bad = _BAD_BYTE.search(file.text)
    if bad is None:
        return None
    byte = ord(bad.group()) & 0xFF
    return invalid_source(file, bad.start(), f"byte 0x{byte:02x} is not {file.encoding}")


_BAD_BYTE = re.compile("[\udc80-\udcff]")


def _invalid(file: SourceFile, error: Exception) -> Finding:
    if isinstance(error, (RecursionError, MemoryError)):
        return invalid_source(file, 0, _TOO_DEEP)
    if "\0" in file.text:
        return invalid_source(file, file.text.index("\0"), "it contains a null byte")
    if not isinstance(error, SyntaxError) or not error.lineno:
        return invalid_source(file, 0, str(error))
    lines = Lines(file.text)
    line = min(error.lineno, len(lines.starts))
    start = lines.starts[line - 1]
    end = lines.starts[line] if line < len(lines.starts) else len(file.text)
    offset = min(start + max((error.offset or 1) - 1, 0), max(end - 1, start))
    return invalid_source(file, offset, error.msg)


def tree_of(text: str) -> ast.Module:
    """The tree of a file's text, empty where it is not valid Python: that is a finding of its own."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError):
        return ast.Module([], [])
