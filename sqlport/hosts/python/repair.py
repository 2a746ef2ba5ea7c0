"""Files that the running Python cannot read: what other versions write is undone, what stays broken is left out.

Every character that goes is replaced by one other character, so that all the rest keeps its place.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings

from sqlport.hosts.python.literals import LiteralError, Token, scan

MAX_ROUNDS = 30
"""So many lines are left out, one after the other, until the file can be read."""
MAX_READ = 6_000_000
"""Characters that are parsed in all these rounds together."""

_STRING_OR_COMMENT = re.compile(r"#[^\r\n]*|(?<![\w'\"])[rRuUbBfFtT]{0,2}(?:'|\")|(?:'|\")")
_HEADS = "if|for|while|with|def|class|try|async"
_EXCEPT = re.compile(r"(?m)^([ \t]*except\s+(?:[\w.]+|\([^()\n]*\)))((?:\s*,\s*[\w.]+)+)(\s*:)")
_EXCEPT_GROUP = re.compile(r"(?m)^([ \t]*except)(\s*\*)")
_PRINT = re.compile(
    r"(?m)(?:^|(?<=[:;]))[ \t]*(print(?:[ \t]*(?=[\r\n;]|$)|[ \t]*>>|[ \t]+(?![ \t(=.,\[])|(?=['\"`])))"
)
_EXEC = re.compile(r"(?m)(?:^|(?<=[:;]))[ \t]*(exec[ \t]+(?![ \t(=.,\[]))")
_RAISE = re.compile(r"(?m)\braise[ \t]+[\w.]+(?:\([^()\n]*\))?([ \t]*,)")
_OCTAL = re.compile(r"(?<![\w.])0(?=[0-7]+\b(?!\.))(?=0*[1-7])")
_LONG = re.compile(r"(?<![\w.])(?:0[xX][0-9a-fA-F]+|\d+)([lL])\b")
_TYPE_PARAMETERS = re.compile(r"(?m)^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+\w+(\[[^\]\n]*\])")
_TYPE_ALIAS = re.compile(r"(?m)^[ \t]*(type[ \t]+\w+(?:\[[^\]\n]*\])?[ \t]*=)")


def repaired(text: str) -> ast.Module | None:
    """The tree of what can be read of a text that is not valid for the running Python; None when nothing can."""
    code, tokens = _code(text)
    chars = list(text)
    _undo(code, chars)
    for token in tokens:
        _undo_literal(text, token, chars)
    failed: set[int] = set()
    for _ in range(min(MAX_ROUNDS, MAX_READ // max(len(text), 1))):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return ast.parse("".join(chars))
            except SyntaxError as error:
                line = error.lineno or 0
            except (ValueError, RecursionError, MemoryError):
                return None
        if not _leave_out(code, chars, line, failed):
            return None
    return None


def _code(text: str) -> tuple[str, list[Token]]:
    """The text with strings and comments blanked, as far as they can be told, and the strings."""
    pieces: list[str] = []
    tokens: list[Token] = []
    at = 0
    while (match := _STRING_OR_COMMENT.search(text, at)) is not None:
        pieces.append(text[at : match.start()])
        end = match.end()
        if not match.group().startswith("#"):
            try:
                tokens.append(scan(text, match.start()))
                end = tokens[-1].end
            except LiteralError:
                pass  # a lone quote: it goes, what follows is read as code
        quoted = text[match.start() : end]
        shown = '"' if not match.group().startswith("#") else " "
        pieces.append(re.sub(r"[^\r\n]", shown, quoted))
        at = end
    return "".join(pieces) + text[at:], tokens


def _undo(code: str, chars: list[str]) -> None:
    """Statements and numbers of Python 2, and what newer versions write, as the running one reads them."""
    for match in _EXCEPT.finditer(code):
        _blank(chars, *match.span(2))
    if sys.version_info < (3, 11):
        for match in _EXCEPT_GROUP.finditer(code):
            _blank(chars, *match.span(2))
    if sys.version_info < (3, 12):
        for match in _TYPE_PARAMETERS.finditer(code):
            _blank(chars, *match.span(1))
        for match in _TYPE_ALIAS.finditer(code):
            _pass(chars, match.start(1), _statement_end(code, match.start(1)))
    for pattern in (_PRINT, _EXEC):
        for match in pattern.finditer(code):
            _pass(chars, match.start(1), _statement_end(code, match.start(1)))
    for match in _RAISE.finditer(code):
        _blank(chars, match.start(1), _statement_end(code, match.start(1)))
    for match in _OCTAL.finditer(code):
        chars[match.start()] = "1"
    for match in _LONG.finditer(code):
        chars[match.start(1)] = " "
    for match in re.finditer("<>", code):
        chars[match.start()] = "!"
        chars[match.start() + 1] = "="
    for match in re.finditer("`([^`\r\n]*)`", code):
        chars[match.start()], chars[match.end() - 1] = "(", ")"


def _undo_literal(text: str, token: Token, chars: list[str]) -> None:
    """Prefixes and f-strings that only some versions know; what a field says is read from the text itself."""
    if token.prefix in ("ur", "UR", "Ur", "uR"):
        chars[token.start] = " "
    if "t" in token.prefix and sys.version_info < (3, 14):
        at = token.start + token.prefix.index("t")
        chars[at] = "f"
    if token.formatted and sys.version_info < (3, 12):
        for field in token.fields:
            inside = text[field.start + 1 : field.end - 1]
            if any(char in inside for char in (token.quote[0], "\\", "#", "\n")):
                for at in range(field.start + 1, field.end - 1):
                    chars[at] = "_"


def _leave_out(code: str, chars: list[str], line: int, failed: set[int]) -> bool:
    """Replace the statement at the line by one that does nothing. Whether that can help."""
    starts = [0, *(match.end() for match in re.finditer(r"\r\n|\r|\n", code))]
    if not 0 < line <= len(starts):
        return False
    start = starts[line - 1]
    while line > 1 and _is_continued(code, chars, starts[line - 2], start):
        line -= 1
        start = starts[line - 1]
    end = _statement_end(code, start)
    indent = len(code[start:end]) - len(code[start:end].lstrip(" \t"))
    first = start + indent
    statement = code[first:end].rstrip()
    if start in failed:
        if not "".join(chars[start:end]).strip():
            return False
        _blank(chars, start, end)
    elif statement.endswith(":") and re.match(rf"(?:{_HEADS})\b", statement) and len(statement) >= len("if 1:"):
        _blank(chars, first, end)
        chars[first : first + 5] = "if 1:"
    elif len(statement) >= len("pass"):
        _pass(chars, first, end)
    else:
        _blank(chars, start, end)
    failed.add(start)
    return True


def _is_continued(code: str, chars: list[str], before: int, start: int) -> bool:
    """Whether the line at `before` goes on in the one at `start` by a backslash."""
    return "".join(chars[before:start]).rstrip("\r\n").endswith("\\") and code[before:start].rstrip("\r\n").endswith(
        "\\"
    )


_STEP = re.compile(r"[\[\](){};\r\n]")
_TOO_LONG = 20_000
"""Characters after which a parenthesis counts as one that is never closed."""


def _statement_end(code: str, start: int) -> int:
    """Where the simple statement or the head at `start` ends: at a line's end outside parentheses."""
    depth = 0
    for match in _STEP.finditer(code, start):
        char, at = match.group(), match.start()
        if char in "([{":
            depth += 1
        elif char in ")]}":
            depth = max(depth - 1, 0)
        elif (char in "\r\n" and at - start > _TOO_LONG) or (depth == 0 and (char == ";" or code[at - 1 : at] != "\\")):
            return at
    return len(code)


def _pass(chars: list[str], start: int, end: int) -> None:
    _blank(chars, start, end)
    chars[start : start + 4] = "pass"


def _blank(chars: list[str], start: int, end: int) -> None:
    for at in range(start, end):
        if chars[at] not in "\r\n":
            chars[at] = " "
