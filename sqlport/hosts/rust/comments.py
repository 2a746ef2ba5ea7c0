"""Comments that take findings out: `// sqlport: ignore[UPS001] -- reason`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal as OneOf

from sqlport.hosts import Suppression
from sqlport.hosts.python.comments import IN_SQL, SUPPRESSION, codes
from sqlport.hosts.rust.source import Source
from sqlport.model import Statement

_OWNERS = ("let_declaration", "expression_statement", "const_item", "static_item", "block", "source_file")


def suppressions(source: Source, statements: Sequence[Statement]) -> Iterator[Suppression]:
    """The suppressions of a file; one on its own line covers the statement of Rust that follows it."""
    text = source.file.text
    if "sqlport:" not in text:
        return
    for match in SUPPRESSION.finditer(text):
        byte = len(text[: match.start()].encode("utf-8", "surrogatepass"))
        node = source.tree.root_node.descendant_for_byte_range(byte, byte + 1)
        if node is None or node.type not in ("line_comment", "block_comment"):
            continue
        line, column = source.position(match.start())
        before = text[source.lines[line - 1] : source.char(node.start_byte)]
        first, last = (line, line) if before.strip() else _next(source, line)
        reason = (match["reason"] or "").strip()
        if match["scope"]:
            first, last = 1, len(source.lines)
        scope: OneOf["file", "statement"] = "file" if match["scope"] else "statement"
        yield Suppression(source.file.path, line, column, codes(match["codes"]), reason, scope, first, last)
    for statement in statements:
        for match in IN_SQL.finditer(statement.sql):
            line = statement.line + statement.sql.count("\n", 0, match.start())
            reason = (match["reason"] or "").strip().removesuffix("*/").strip()
            first, last = statement.line, statement.end_line
            names = codes(match["codes"])
            yield Suppression(statement.path, line, 1, names, reason, "sql", first, last, (statement.id,))


def _next(source: Source, line: int) -> tuple[int, int]:
    """The lines of what follows a comment."""
    number = line
    while number < len(source.lines):
        start = source.lines[number]
        end = source.lines[number + 1] if number + 1 < len(source.lines) else len(source.file.text)
        code = source.file.text[start:end].strip()
        if code and not code.startswith(("//", "#[")):
            break
        number += 1
    else:
        return line, line
    begin = start + len(source.file.text[start:end]) - len(source.file.text[start:end].lstrip())
    byte = len(source.file.text[:begin].encode("utf-8", "surrogatepass"))
    node = source.tree.root_node.descendant_for_byte_range(byte, byte + 1)
    while node is not None and node.parent is not None and node.parent.type not in _OWNERS:
        if node.type in _OWNERS[:4]:
            break
        node = node.parent
    last = node.end_point[0] + 1 if node is not None else number + 1
    return number + 1, last
