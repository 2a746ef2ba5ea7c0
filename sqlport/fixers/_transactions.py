"""The transaction that a statement of a script stands in."""

from __future__ import annotations

from sqlport.fixers import Context
from sqlport.script import Part, first_word

_BEGIN = frozenset(["BEGIN"])
_END = frozenset(["COMMIT", "END", "ROLLBACK"])


def kind_of(text: str) -> str:
    """The first word of a statement; ROLLBACK TO is none of its own."""
    word = first_word(text)
    if word != "ROLLBACK":
        return word
    return "ROLLBACK TO" if "TO" in text.upper().split()[1:3] else word


def is_open(before: Part) -> bool:
    """Whether a transaction is open behind these statements."""
    opened = False
    for text in before.starting(*_BEGIN, *_END):
        kind = kind_of(text)
        if kind in _BEGIN:
            opened = True
        elif kind in _END:
            opened = False
    return opened


def savepoints(before: Part) -> list[str]:
    """The savepoints that are open behind these statements, the outermost first."""
    found: list[str] = []
    for text in before.starting("SAVEPOINT", "RELEASE", *_END):
        kind = kind_of(text)
        if kind == "SAVEPOINT":
            found.append(name_of(text))
        elif kind == "RELEASE" and name_of(text) in found:
            del found[found.index(name_of(text)) :]
        elif kind in _END:
            found = []
    return found


def name_of(text: str) -> str:
    """The savepoint that a statement names: its last word."""
    return text.replace(";", " ").split()[-1].strip("\"'`[]").lower()


def is_script(context: Context) -> bool:
    """Whether the statement is one of several that run together."""
    return bool(context.before or context.after)
