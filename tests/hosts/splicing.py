"""Edits of all statements of a file at once, for the tests: what the pipeline does statement by statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlport.hosts import Refusal, python, sqlfile
from sqlport.hosts.mapping import LiteralEdit, Unmappable, conflicts, literal_edits, refusal
from sqlport.hosts.python.splice import written
from sqlport.model import Edit, FileEdit, SourceFile, Statement


@dataclass(frozen=True, slots=True)
class Spliced:
    """The new text of a file, the edits that lead to it, and the statements whose edits were refused."""

    text: str
    edits: tuple[FileEdit, ...] = ()
    refused: tuple[Refusal, ...] = ()


def splice(file: SourceFile, edits: Sequence[tuple[Statement, Sequence[Edit]]]) -> Spliced:
    """A Python file with the statements' edits made, each statement's all or none.

    Give *all* statements that use the file's literals, those without edits with an empty tuple: a literal is only
    edited when every use of it agrees.
    """
    return splice_with(written, python.apply, file, edits)


def splice_script(file: SourceFile, edits: Sequence[tuple[Statement, Sequence[Edit]]]) -> Spliced:
    """The same of an `.sql` file."""
    return splice_with(sqlfile.written, sqlfile.apply, file, edits)


Write = Callable[[Sequence[LiteralEdit], Mapping[str, SourceFile]], "tuple[FileEdit, ...]"]
"""A host's way from edits of literals to proven edits of files. Raises Unmappable."""
Apply = Callable[[SourceFile, Sequence[FileEdit]], str]
"""A host's way from proven edits to the new text. Raises Unmappable."""


def splice_with(
    write: Write, apply: Apply, file: SourceFile, edits: Sequence[tuple[Statement, Sequence[Edit]]]
) -> Spliced:
    """The file with the statements' edits made, each statement's all or none, all uses of a literal agreed."""
    refused: dict[str, Refusal] = {}
    mapped: dict[int, list[LiteralEdit]] = {}
    files = {file.path: file}
    for index, (statement, wanted) in enumerate(edits):
        found = _mapped(statement, wanted, lambda new: write(new, files))
        if isinstance(found, Refusal):
            refused.setdefault(statement.id, found)
        else:
            mapped[index] = found
    statements = [statement for statement, _ in edits]
    while True:
        for number in conflicts([(statement, mapped.get(index, ())) for index, statement in enumerate(statements)]):
            identity = statements[number].id
            refused.setdefault(identity, refusal(identity, Unmappable("conflicting-uses")))
            mapped.pop(number, None)
        try:
            changes = write(list(dict.fromkeys(edit for found in mapped.values() for edit in found)), files)
            return Spliced(apply(file, changes), changes, tuple(refused.values()))
        except Unmappable:
            for number, reason in _culprits(lambda wanted: apply(file, write(wanted, files)), mapped):
                refused.setdefault(statements[number].id, refusal(statements[number].id, reason))
                mapped.pop(number, None)


def _mapped(
    statement: Statement, wanted: Sequence[Edit], attempt: Callable[[Sequence[LiteralEdit]], object]
) -> list[LiteralEdit] | Refusal:
    try:
        found = literal_edits(statement, wanted)
        attempt(found)
    except Unmappable as problem:
        return refusal(statement.id, problem)
    return found


def _culprits(
    attempt: Callable[[Sequence[LiteralEdit]], object], mapped: Mapping[int, Sequence[LiteralEdit]]
) -> list[tuple[int, Unmappable]]:
    """The statements whose edits fail, found by halves; all of them where they only fail together."""
    found: list[tuple[int, Unmappable]] = []
    waiting = [list(mapped)]
    while waiting:
        group = waiting.pop()
        problem = _problem(attempt, [edit for number in group for edit in mapped[number]])
        if problem is not None and len(group) == 1:
            found.append((group[0], problem))
        elif problem is not None:
            waiting += [group[: len(group) // 2], group[len(group) // 2 :]]
    return found or [(number, Unmappable("unparsable")) for number in mapped]


def _problem(attempt: Callable[[Sequence[LiteralEdit]], object], edits: Sequence[LiteralEdit]) -> Unmappable | None:
    try:
        attempt(list(dict.fromkeys(edits)))
    except Unmappable as problem:
        return problem
    return None
