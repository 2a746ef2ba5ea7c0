"""What an expression can be: the small domain of the string interpreter, every character with its origin."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from sqlport.model import HoleKind, Literal

if TYPE_CHECKING:
    from sqlport.hosts.python.interpreter import Evaluator
    from sqlport.hosts.python.scopes import ClassInfo, Scope

MAX_ALTERNATIVES = 8
"""So many texts are followed through branches and combinations; more become a hole."""
MAX_WIDENED = 1000
"""So many alternatives are looked at for what they have in common."""
MAX_STEPS = 16
"""Branches on the way to a text; behind more of them only what the texts have in common is followed."""
MAX_EACH = 256
"""So many elements of a literal list are followed through a loop over it."""
MAX_TEXT = 8_000_000
"""Characters of a computed text; more become a hole. A single literal may be longer."""
MAX_PIECES = 20_000

TOO_MANY = f"it has more than {MAX_ALTERNATIVES} alternatives"
TOO_LONG = "the text that is built is too long to follow"


@dataclass(frozen=True, slots=True)
class Chars:
    """Known text. With a `literal` its characters are decoded there, one after the other, from `offset` on."""

    text: str
    literal: Literal | None = None
    offset: int = 0

    def __hash__(self) -> int:  # cheap: values are compared far more often than they differ in place only
        return hash(self.text)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function of the project, by the id of the function's node.

    `exact` where a value is the parameter itself, not something that is made of it; `type` as annotated.
    """

    function: int
    name: str
    exact: bool = True
    type: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """Text that only the running program knows: the expression, why, and what is known of its kind."""

    source: str
    reason: str = ""
    kind: HoleKind | None = None
    parameter: Parameter | None = None


Piece = Chars | Gap


@dataclass(frozen=True, slots=True)
class Str:
    """A string: known text and gaps in order."""

    pieces: tuple[Piece, ...] = ()

    def __hash__(self) -> int:  # of its ends only: a text that grows piece by piece is compared at each step
        return hash((len(self.pieces), self.pieces[:1], self.pieces[-1:]))

    @property
    def known(self) -> bool:
        """Whether any character is known."""
        return any(isinstance(piece, Chars) and piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True)
class Const:
    """A constant that is no string."""

    value: int | float | complex | bytes | bool | None


@dataclass(frozen=True, slots=True)
class Items:
    """A list or tuple. `open` ones may hold more elements of the kind of the last (built in a loop)."""

    values: tuple[Value, ...]
    open: bool = False

    def __hash__(self) -> int:  # as of a text
        return hash((len(self.values), self.values[:1], self.values[-1:]))


@dataclass(frozen=True, slots=True)
class Table:
    """A dict with constant keys; `default` stands for the keys that are not known."""

    pairs: tuple[tuple[str | int | None, Value], ...]


@dataclass(frozen=True, slots=True)
class Template:
    """A `string.Template` of a text."""

    text: Str


@dataclass(frozen=True, slots=True)
class File:
    """A path, or a file that is opened: the last parts of its name that are known."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ref:
    """An imported name by its dotted path; `level` counts the dots of a relative import."""

    name: str
    level: int = 0

    def member(self, name: str) -> Ref:
        """The name in the module or class."""
        return Ref(f"{self.name}.{name}" if self.name else name, self.level)


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a library type, by the type's dotted name."""

    type: str


@dataclass(frozen=True, slots=True)
class Method:
    """A bound method that was taken from its object; `source` is the receiver's expression."""

    receiver: Value
    source: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Function:
    """A function of the project, the scope it was defined in, and the evaluator of its file."""

    node: ast.FunctionDef | ast.AsyncFunctionDef
    scope: Scope
    home: Evaluator
    owner: ClassInfo | None = None


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project."""

    info: ClassInfo


@dataclass(frozen=True, slots=True)
class Object:
    """An object of a class of the project: `self`, or what a call of the class returns; all of one are alike."""

    info: ClassInfo


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not followed: the expression, the reason, what is known of the text's kind, and the parameter it is made of.

    `type` is the name of its Python type, where that is obvious.
    """

    source: str
    reason: str = ""
    kind: HoleKind | None = None
    parameter: Parameter | None = None
    type: str = ""

    @property
    def derived(self) -> Parameter | None:
        """The parameter, of which something else is made now."""
        return None if self.parameter is None else replace(self.parameter, exact=False)


@dataclass(frozen=True, slots=True)
class Option:
    """One of several values; `path` names the branches taken, as (branch, arm), so that one arm fits one arm."""

    value: Value
    path: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of at least two different values, none of which is a Choice."""

    options: tuple[Option, ...] = field(default=())


Single = Str | Const | Items | Table | Template | File | Ref | Instance | Method | Function | Class | Object | Unknown
Value = Single | Choice


def text(chars: str) -> Str:
    """Text that is written nowhere (computed, but known)."""
    return Str((Chars(chars),) if chars else ())


def options(value: Value) -> tuple[Option, ...]:
    """The alternatives of a value, at least one."""
    return value.options if isinstance(value, Choice) else (Option(value),)


def choose(found: Iterable[Option], source: str = "", limit: int = MAX_ALTERNATIVES) -> Value:
    """One of the given: nested choices flattened, equal ones joined; too many are what they have in common."""
    kept: dict[Value, tuple[tuple[int, int], ...]] = {}
    given = list(found)
    if len(given) == 1:
        return given[0].value
    for option in given:
        for inner in options(option.value):
            path = join_paths(option.path, inner.path)
            if path is None:
                continue
            old = kept.get(inner.value)
            kept[inner.value] = path if old is None else tuple(step for step in old if step in path)
            if len(kept) > MAX_WIDENED:
                return Unknown(source, TOO_MANY)
    if len(kept) > limit:
        return _fewer([Option(value, path) for value, path in kept.items()], source, limit)
    if len(kept) == 1:
        return next(iter(kept))
    if not kept:
        return Unknown(source, "no branch leads here")
    return Choice(tuple(Option(value, path) for value, path in kept.items()))


def join_paths(a: tuple[tuple[int, int], ...], b: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...] | None:
    """Both paths, or None when they take different arms of one branch."""
    if not a or not b:
        return a or b
    arms = dict(a)
    for branch, arm in b:
        if arms.setdefault(branch, arm) != arm:
            return None
    return tuple(arms.items())


def lift(function: Callable[..., Value], *values: Value, source: str = "") -> Value:
    """`function` of each combination of alternatives that can meet; too many combinations are an Unknown."""
    if not any(isinstance(value, Choice) for value in values):
        return function(*values)
    combined: list[tuple[tuple[Value, ...], tuple[tuple[int, int], ...]]] = [((), ())]
    for value in values:
        following = []
        for arguments, path in combined:
            for option in options(value):
                both = join_paths(path, option.path)
                if both is not None:
                    following.append(((*arguments, option.value), both))
        combined = following
        if len(combined) > MAX_EACH:
            return Unknown(source, TOO_MANY)
    limit = max(MAX_ALTERNATIVES, *(len(options(value)) for value in values))
    return choose((Option(function(*arguments), path) for arguments, path in combined), source, limit)


def _fewer(found: Sequence[Option], source: str, limit: int) -> Value:
    """Some of too many alternatives, with what all have in common as the last; else that alone."""
    common = widened([option.value for option in found], source)
    if limit != MAX_ALTERNATIVES:
        return common
    cut = [option for option in found if is_cut(option.value)]
    few = 0 < len(cut) <= limit // 2
    if few and (chosen := covering(found, limit - len(cut), partly=isinstance(common, Unknown))):
        return Choice((*chosen, *cut))
    chosen = covering(found, limit - 1)
    if not chosen and isinstance(common, Unknown):  # whole statements of which nothing is the same
        whole = [option for option in found if _is_statement(option.value)]
        chosen = tuple(
            option if len(option.path) <= MAX_STEPS else Option(option.value) for option in whole[: limit - 1]
        )
    return Choice((*chosen, Option(common))) if chosen else common


_STATEMENT = re.compile(r"(?i)\s*(?:select|insert|replace|update|delete|create|drop|alter|with|pragma)\s+\S")


def _is_statement(value: Value) -> bool:
    first = value.pieces[0] if isinstance(value, Str) and value.pieces else None
    return isinstance(first, Chars) and _STATEMENT.match(first.text) is not None


def covering(found: Sequence[Option], limit: int, *, partly: bool = False) -> tuple[Option, ...]:
    """At most `limit` alternatives that take every arm of every branch; none where that needs more, or `partly` some.

    A text that is built by conditions has one for each set of them. The shortest and those that differ from it by
    the fewest arms come first: these are what programs run most, and no fragment is left out.
    """
    whole = [option for option in found if option.path and not is_cut(option.value)]
    if not whole or limit < 2 or len(found) > MAX_EACH or max(len(option.path) for option in whole) > MAX_STEPS:
        return ()
    base = min(whole, key=lambda option: _size(option.value))
    known = dict(base.path)
    far = {id(option): sum(known.get(branch) != arm for branch, arm in option.path) for option in whole}
    chosen = [base]
    missing = {step for option in whole for step in option.path} - set(base.path)
    while missing:
        best = max(whole, key=lambda option: (len(missing.intersection(option.path)), far[id(option)]))
        if missing.isdisjoint(best.path) or len(chosen) >= limit:
            if partly:
                break
            return ()
        chosen.append(best)
        missing.difference_update(best.path)
    taken = {id(option) for option in chosen}
    nearest = sorted((option for option in whole if id(option) not in taken), key=lambda option: far[id(option)])
    chosen += nearest[: limit - len(chosen)]
    return tuple(chosen)


def is_cut(value: Value) -> bool:
    """Whether the value is what too many alternatives have in common, or is made of that."""
    if isinstance(value, Str):
        return any(isinstance(piece, Gap) and piece.reason == TOO_MANY for piece in value.pieces)
    if isinstance(value, Items):
        return any(map(is_cut, value.values))
    return isinstance(value, Unknown)


def _size(value: Value) -> int:
    if isinstance(value, Str):
        return sum(len(piece.text) if isinstance(piece, Chars) else 1 for piece in value.pieces)
    return sum(map(_size, value.values)) if isinstance(value, Items) else 1


def widened(values: Sequence[Value], source: str) -> Value:
    """What many alternatives have in common: how they begin and end, with a gap between.

    Those that are not known at all do not count, as among few alternatives.
    """
    values = [value for value in values if not isinstance(value, Unknown)]
    if not values:
        return Unknown(source, TOO_MANY)
    strings = [value.pieces for value in values if isinstance(value, Str)]
    if len(strings) == len(values):
        head, tail = map(_unquoted, _common(strings), (-1, 0))
        if not head and not tail:
            return Unknown(source, TOO_MANY)
        return Str((*head, Gap(source, TOO_MANY), *tail))
    lists = [value.values for value in values if isinstance(value, Items)]
    if len(lists) == len(values):
        first, last = _common(lists)
        return Items((*first, Unknown(source, TOO_MANY), *last), open=True)
    return Unknown(source, TOO_MANY)


def _unquoted(pieces: tuple[Piece, ...], end: int) -> tuple[Piece, ...]:
    """Without the pieces at that end in which a quoted text or name is not complete: a gap does not begin in one."""
    while pieces and any(
        sum(piece.text.count(quote) for piece in pieces if isinstance(piece, Chars)) % 2 for quote in "\"'`"
    ):
        pieces = pieces[:-1] if end else pieces[1:]
    return pieces


_Part = TypeVar("_Part")


def _common(sequences: Sequence[tuple[_Part, ...]]) -> tuple[tuple[_Part, ...], tuple[_Part, ...]]:
    """The elements with which all of them begin, and those with which the rest of all of them ends."""
    shortest = min(len(sequence) for sequence in sequences)
    first = sequences[0]
    head = 0
    while head < shortest and all(sequence[head] == first[head] for sequence in sequences):
        head += 1
    tail = 0
    while tail < shortest - head and all(sequence[-1 - tail] == first[-1 - tail] for sequence in sequences):
        tail += 1
    return first[:head], first[len(first) - tail :]
