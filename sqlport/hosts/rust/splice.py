"""Edits of statements back into Rust's literals: all that is asked, proven, or nothing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from sqlport.files import encode
from sqlport.hosts import Refusal
from sqlport.hosts.mapping import LiteralEdit, Unmappable, apart, literal_edits, refusal
from sqlport.hosts.rust.encode import TokenEdit, edit_token
from sqlport.hosts.rust.literals import LiteralError, Token, scan
from sqlport.model import Edit, FileEdit, Literal, SourceFile, Statement


def map_edits(
    statement: Statement, edits: Sequence[Edit], files: Mapping[str, SourceFile]
) -> tuple[FileEdit, ...] | Refusal:
    """A statement's edits as edits of the files that hold its literals; nothing is changed.

    `files` maps the paths of `statement.origins` to what was read when the statement was found.
    """
    try:
        return written(literal_edits(statement, edits), files)
    except Unmappable as problem:
        return refusal(statement.id, problem)


def written(edits: Sequence[LiteralEdit], files: Mapping[str, SourceFile]) -> tuple[FileEdit, ...]:
    """Edits of literals as edits of files. Raises `sqlport.hosts.mapping.Unmappable`."""
    by_literal: dict[tuple[str, int], list[LiteralEdit]] = {}
    for edit in dict.fromkeys(edits):
        by_literal.setdefault((edit.literal.path, edit.literal.start), []).append(edit)
    found: list[FileEdit] = []
    for (path, _), group in by_literal.items():
        file = files.get(path)
        if file is None:
            raise Unmappable("other-file")
        found.extend(_in_file(file, sorted(group, key=lambda edit: (edit.start, edit.end))))
    return tuple(sorted(found, key=lambda edit: (edit.path, edit.start, edit.end)))


def _in_file(file: SourceFile, group: Sequence[LiteralEdit]) -> list[FileEdit]:
    token = _token(file, group[0].literal)
    if any(token.text[edit.start : edit.end] != edit.old for edit in group):
        raise Unmappable("stale")
    if any(left.end > right.start for left, right in itertools.pairwise(group)):
        raise Unmappable("conflicting-uses")
    changes = edit_token(file.text, token, [TokenEdit(edit.start, edit.end, edit.text) for edit in group])
    if changes is None:
        raise Unmappable("unwritable")
    return [FileEdit(file.path, change.start, change.end, change.text) for change in changes]


def _token(file: SourceFile, literal: Literal) -> Token:
    try:
        token = scan(file.text, literal.start)
    except LiteralError as error:
        raise Unmappable("stale") from error
    if token.end != literal.end:
        raise Unmappable("stale")
    return token


def apply_around(file: SourceFile, edits: Sequence[FileEdit]) -> str:
    """The file's text with edits of any part of it. Raises Unmappable where they overlap or break the file."""
    from sqlport.hosts.rust.source import is_broken

    text = _spliced(file, apart(edits))
    if is_broken(text) and not is_broken(file.text):
        raise Unmappable("unparsable")
    return text


def apply(file: SourceFile, edits: Sequence[FileEdit]) -> str:
    """The file's text with the edits made.

    Proven before it is returned: the file has as many string literals as before, and outside of them every byte
    is the same. Raises `sqlport.hosts.mapping.Unmappable` otherwise.
    """
    from sqlport.hosts.rust.source import outline

    ordered = apart(edits)
    if not ordered:
        return file.text
    text = _spliced(file, ordered)
    if outline(file.text) != outline(text):
        raise Unmappable("unparsable")
    return text


def _spliced(file: SourceFile, edits: Sequence[FileEdit]) -> str:
    if encode(file, file.text) != file.data:
        raise Unmappable("encoding")
    pieces: list[str] = []
    at = 0
    for edit in edits:
        pieces += (file.text[at : edit.start], edit.text)
        at = edit.end
    return "".join(pieces) + file.text[at:]
