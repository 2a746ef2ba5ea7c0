"""Names as the source writes them."""

from __future__ import annotations

import ast


def dotted(node: ast.expr) -> str | None:
    """`a.b.c` of a chain of names, None for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))


def shortened(source: str) -> str:
    """A source expression on one line, of a length to show."""
    if "\n" in source or "\r" in source or len(source) > 200:
        source = " ".join(source[:2000].split())
    return source if len(source) <= 200 else source[:199] + "…"
