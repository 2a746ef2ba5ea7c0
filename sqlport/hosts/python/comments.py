"""Comments that speak to sqlport: suppressions and markers, where they really are comments."""

from __future__ import annotations

import ast
import bisect
import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlport.hosts import Suppression
from sqlport.hosts.python.source import Source

SUPPRESSION = re.compile(
    r"sqlport:\s*(?P<scope>file-)?ignore(?:\[(?P<codes>[^\]\r\n]*)\])?(?:\s*(?:--|:|—)\s*(?P<reason>[^\r\n]*))?"
)
IN_SQL = re.compile(
    r"(?:--|/\*)[^\r\n]*?sqlport:\s*ignore\[(?P<codes>[^\]\r\n]*)\](?:\s*(?:--|:|—)\s*(?P<reason>[^\r\n]*))?"
)
_COMMENT = re.compile(r"#[^\r\n]*")


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of the file: its text without `#`, its place, and whether code stands before it."""

    text: str
    offset: int
    line: int
    column: int
    trailing: bool


def comments(source: Source, markers: Sequence[str]) -> list[Comment]:
    """The comments that may speak to sqlport (cheap when none is in the file)."""
    wanted = speaking(tuple(markers))
    if wanted.search(source.text) is None:
        return []
    strings = [(token.start, token.end) for token in source.all_tokens()]
    starts = [start for start, _ in strings]
    found: list[Comment] = []
    at = 0
    while (match := _COMMENT.search(source.text, at)) is not None:
        index = bisect.bisect_right(starts, match.start()) - 1
        if index >= 0 and match.start() < strings[index][1]:
            at = strings[index][1]
            continue
        at = match.end()
        text = match.group()[1:].strip()
        if wanted.match(f"#{text}"):
            line, column = source.lines.place(match.start())
            before = source.text[source.lines.starts[line - 1] : match.start()]
            found.append(Comment(text, match.start(), line, column, bool(before.strip())))
    return found


def suppressions(source: Source, found: Iterable[Comment]) -> list[Suppression]:
    """The suppressions among the comments, each with the lines of the host statement that it covers."""
    result = []
    statements: list[tuple[int, int, int]] | None = None
    for comment in found:
        match = SUPPRESSION.search(comment.text)
        if match is None:
            continue
        if match.group("scope"):
            first, last = 1, len(source.lines.starts)
        else:
            statements = statements if statements is not None else statement_lines(source.tree)
            first, last = _covered(statements, comment)
        result.append(
            Suppression(
                path=source.file.path,
                line=comment.line,
                column=comment.column,
                codes=codes(match.group("codes")),
                reason=(match.group("reason") or "").strip(),
                scope="file" if match.group("scope") else "statement",
                first_line=first,
                last_line=last,
            )
        )
    return result


def codes(text: str | None) -> tuple[str, ...]:
    """The codes or names between the brackets; none for a comment without them, which covers nothing."""
    return tuple(code for part in (text or "").split(",") if (code := part.strip()))


def statement_lines(tree: ast.Module) -> list[tuple[int, int, int]]:
    """First and last line of every simple statement and of every compound statement's head, sorted.

    The third number is the last line on which there is code of it: a head may end in empty lines.
    """
    found: list[tuple[int, int, int]] = []
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.stmt):
            first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
            body = getattr(node, "body", None)
            if body and isinstance(body, list):
                found.append((first, max(first, body[0].lineno - 1), _head_end(node)))
            else:
                found.append((first, node.end_lineno or first, node.end_lineno or first))
                if not hasattr(node, "cases"):
                    continue
        waiting.extend(
            child
            for child in ast.iter_child_nodes(node)
            if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case))
        )
    return sorted(found)


def _head_end(node: ast.stmt) -> int:
    """The last line of what a compound statement says before its block."""
    parts = [child for child in ast.iter_child_nodes(node) if not isinstance(child, (ast.stmt, ast.ExceptHandler))]
    ends = [inner.end_lineno for part in parts for inner in ast.walk(part) if isinstance(inner, (ast.expr, ast.arg))]
    return max([node.lineno, *(end for end in ends if end is not None)])


def _covered(statements: Sequence[tuple[int, int, int]], comment: Comment) -> tuple[int, int]:
    """The statement that the comment's line is part of, else the next one below (or that line alone)."""
    if comment.trailing:
        inside = [span for span in statements if span[0] <= comment.line <= span[1]]
        return (inside[0][0], inside[-1][1]) if inside else (comment.line, comment.line)
    around = [span for span in statements if span[0] < comment.line < span[2]]
    below = bisect.bisect_left(statements, (comment.line, 0, 0))
    if around or below < len(statements):
        first, last, _ = around[-1] if around else statements[below]
        return first, last
    return comment.line, comment.line


def marked_lines(source: Source, found: Iterable[Comment], markers: Sequence[str]) -> list[tuple[int, bool]]:
    """The lines that markers speak about, each with whether the marker stands on that line itself."""
    result = []
    wanted = [_plain(marker) for marker in markers]
    for comment in found:
        if not any(_plain(comment.text).startswith(marker) for marker in wanted):
            continue
        line = comment.line
        if not comment.trailing:
            line = _next_code_line(source, line)
        result.append((line, comment.trailing))
    return result


def _plain(text: str) -> str:
    return re.sub(r"\s*([:=])\s*", r"\1", text.strip().lower())


def _next_code_line(source: Source, line: int) -> int:
    starts = source.lines.starts
    while line < len(starts):
        line += 1
        end = starts[line] if line < len(starts) else len(source.text)
        text = source.text[starts[line - 1] : end].strip()
        if text and not text.startswith("#"):
            break
    return line


@functools.lru_cache(maxsize=8)
def speaking(markers: tuple[str, ...]) -> re.Pattern[str]:
    """Finds what may be a comment that speaks to sqlport: a suppression, or one of the markers however it is spaced."""
    marked = (re.escape(_plain(marker)).replace(":", r"\s*:\s*").replace("=", r"\s*=\s*") for marker in markers)
    return re.compile("|".join((r"#[^\n]*sqlport\s*:", *(rf"#\s*{one}" for one in marked))), re.IGNORECASE)
