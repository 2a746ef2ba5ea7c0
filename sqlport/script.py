"""The other statements of a script, as each of its statements sees them: looked through by their first word.

A dump is a script of a hundred thousand statements: none of them may look at all the others.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import overload

_FIRST = re.compile(r"(?:\s|;|--[^\n]*(?:\n|$)|/\*.*?\*/)*(\w+)", re.DOTALL)


def first_word(text: str) -> str:
    """The first word of a statement, in capitals; empty where there is none."""
    match = _FIRST.match(text)
    return match[1].upper() if match else ""


class Script:
    """The texts of a script, and where statements of each kind are."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = tuple(texts)

    @cached_property
    def places(self) -> Mapping[str, Sequence[int]]:
        """By first word the numbers of the statements that begin with it."""
        found: dict[str, list[int]] = {}
        for number, text in enumerate(self.texts):
            found.setdefault(first_word(text), []).append(number)
        return found

    def around(self, number: int) -> tuple[Part, Part]:
        """The statements before that of this number, and those behind it."""
        return Part(self, 0, number), Part(self, number + 1, len(self.texts))


@dataclass(frozen=True, slots=True, eq=False)
class Part(Sequence[str]):
    """The statements `start` up to, not including, `stop` of a script."""

    script: Script
    start: int
    stop: int

    def __len__(self) -> int:
        return max(0, self.stop - self.start)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        return self.script.texts[self.start : self.stop][index]

    def __iter__(self) -> Iterator[str]:
        return (self.script.texts[number] for number in range(self.start, self.stop))

    def starting(self, *words: str) -> Iterator[str]:
        """The statements that begin with one of these words, in order."""
        places = [number for word in words for number in self._of(word)]
        return (self.script.texts[number] for number in (sorted(places) if len(words) > 1 else places))

    def has(self, *words: str) -> bool:
        """Whether a statement begins with one of these words."""
        return any(self._of(word) for word in words)

    def words(self) -> frozenset[str]:
        """The words that statements begin with."""
        return frozenset(word for word in self.script.places if word and self._of(word))

    def _of(self, word: str) -> Sequence[int]:
        places = self.script.places.get(word, ())
        return places[bisect_left(places, self.start) : bisect_left(places, self.stop)]


NOTHING = Part(Script(()), 0, 0)
"""What a statement on its own sees."""


def part(texts: Sequence[str]) -> Part:
    """Statements as a part."""
    return Part(Script(texts), 0, len(texts))
