"""The literal map backwards: edits of what a token says as edits of how it is written, proven or refused."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from sqlport.hosts.python.literals import LiteralError, Token, scan
from sqlport.model import Edit


@dataclass(frozen=True, slots=True)
class TokenEdit:
    """Replace the decoded characters `[start, end)` of a token's fragment by `text`."""

    fragment: int
    start: int
    end: int
    text: str


def edit_token(text: str, token: Token, edits: Sequence[TokenEdit], encoding: str = "utf-8") -> tuple[Edit, ...] | None:
    """`edits` (sorted, apart) as edits of the source `text`, or None when the literal cannot say the result.

    What is returned was decoded again and says exactly the expected text, every field unchanged.
    """
    expected = [_expected(token, index, edits) for index in range(len(token.fragments))]
    for spell in (_spell_plain, _spell_careful, _spell_escaped):
        changes = []
        for edit in edits:
            start, end = token.fragments[edit.fragment].source_range(edit.start, edit.end)
            changes.append(Edit(start, end, spell(edit.text, token, encoding)))
        if says(_changed(text, token, changes), token, expected):
            return tuple(changes)
    return None


def says(source: str, token: Token, expected: Sequence[str]) -> bool:
    """Whether `source` is one token like `token`, with its fields and with the texts `expected` round them."""
    try:
        new = scan(source, 0)
    except LiteralError:
        return False
    if new.end != len(source) or (new.prefix, new.quote) != (token.prefix, token.quote):
        return False
    if [fragment.text for fragment in new.fragments] != list(expected):
        return False
    if [(field.source, field.debug) for field in new.fields] != [(field.source, field.debug) for field in token.fields]:
        return False
    return _python_agrees(source, new)


def _python_agrees(source: str, token: Token) -> bool:
    """Whether the running Python reads the token as we do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # "\d" is the user's own, and stays
        try:
            node = ast.parse(f"({source}\n)", mode="eval").body
        except (SyntaxError, ValueError):
            return False
    if not token.formatted:
        return isinstance(node, ast.Constant) and node.value == token.fragments[0].text
    return flat_texts(node) == _texts(token)


def flat_texts(node: ast.expr) -> list[str | None] | None:
    """A string node as texts with None for each field; None for another node. Empty texts are left out."""
    if isinstance(node, ast.Constant):
        return merged([node.value]) if isinstance(node.value, str) else None
    values = getattr(node, "values", None)
    if values is None:
        return None
    return merged([str(value.value) if isinstance(value, ast.Constant) else None for value in values])


def _texts(token: Token) -> list[str | None]:
    texts: list[str | None] = []
    for index, fragment in enumerate(token.fragments):
        texts.append(fragment.text)
        if index < len(token.fields):
            texts += [token.fields[index].debug, None]
    return merged(texts)


def token_texts(tokens: Sequence[Token]) -> list[str | None]:
    """Implicitly concatenated tokens in the form of `flat_texts`."""
    return merged([text for token in tokens for text in _texts(token)])


def merged(texts: Sequence[str | None]) -> list[str | None]:
    """`texts` with neighbouring texts joined and empty ones left out (None, a field, stays)."""
    result: list[str | None] = []
    run: list[str] = []
    for text in [*texts, None]:
        if text is not None:
            run.append(text)
            continue
        if joined := "".join(run):
            result.append(joined)
        run = []
        result.append(None)
    result.pop()
    return result


def _expected(token: Token, index: int, edits: Sequence[TokenEdit]) -> str:
    text = token.fragments[index].text
    pieces: list[str] = []
    at = 0
    for edit in edits:
        if edit.fragment == index:
            pieces += (text[at : edit.start], edit.text)
            at = edit.end
    return "".join(pieces) + text[at:]


def _changed(text: str, token: Token, changes: Sequence[Edit]) -> str:
    pieces: list[str] = []
    at = token.start
    for change in changes:
        pieces += (text[at : change.start], change.text)
        at = max(at, change.end)
    return "".join(pieces) + text[at : token.end]


def _spell_plain(new: str, token: Token, encoding: str) -> str:
    """As a person would write it: quotes that do not end the token stay as they are."""
    return _spell(new, token, encoding, escape_quotes=len(token.quote) == 1)


def _spell_careful(new: str, token: Token, encoding: str) -> str:
    """Every quote of the token's kind escaped: the text ends at a triple quote or would make one."""
    return _spell(new, token, encoding, escape_quotes=True)


def _spell_escaped(new: str, token: Token, encoding: str) -> str:
    """The first character as a number: it would complete an escape (`\\1` and `2`) before it."""
    if not new or token.raw or ord(new[0]) > 0xFF:
        return _spell_careful(new, token, encoding)
    return f"\\x{ord(new[0]):02x}" + _spell_careful(new[1:], token, encoding)


_RISKY = re.compile("[\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _spell(new: str, token: Token, encoding: str, *, escape_quotes: bool) -> str:
    if token.formatted:
        new = new.replace("{", "{{").replace("}", "}}")
    if token.raw:
        return new
    keep = "\n\t" if len(token.quote) == 3 else "\t"
    new = _RISKY.sub(lambda match: match.group() if match.group() in keep else _escape(match.group()), new)
    if escape_quotes:
        new = new.replace(token.quote[0], "\\" + token.quote[0])
    try:
        new.encode(encoding)
    except UnicodeEncodeError:
        new = "".join(char if _encodable(char, encoding) else _escape(char) for char in new)
    return new


def _encodable(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


_NAMED = {"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(char: str) -> str:
    code = ord(char)
    if char in _NAMED:
        return _NAMED[char]
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
