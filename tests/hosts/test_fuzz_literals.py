"""Random literals and edits of every kind: CPython says whether an edit is right, and none may be wrong.

`SQLPORT_FUZZ` sets how many edits are tried (50,000 unless set).
"""

from __future__ import annotations

import ast
import os
import random
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from sqlport.files import source_of
from sqlport.hosts import Settings
from sqlport.hosts.python import extract
from sqlport.hosts.python.encode import TokenEdit, edit_token, flat_texts
from sqlport.hosts.python.literals import scan, scan_all
from sqlport.model import Edit, Span, Statement
from tests.hosts.splicing import splice

EDITS = int(os.environ.get("SQLPORT_FUZZ", "50000"))
CHUNKS = 10

PLAIN = ["SELECT ", "a", " = ", "?", "7", "x", "N", "u", " ", "é", "日", "\U0001f600", "%", "%%", "\t", "--", "''", "0"]
ESCAPES = [
    r"\n", r"\t", r"\\", r"\'", r"\"", r"\x41", r"\xe9", r"\u00e9", r"\U0001F600", r"\N{BULLET}",
    r"\101", r"\7", r"\0", r"\d", r"\%", r"\ ", r"\a", "\\\n", "\\\r\n", r"\N{LATIN SMALL LETTER E WITH ACUTE}",
]  # fmt: skip
RAW_ESCAPES = [r"\n", r"\d", r"\\", r"\'", r"\"", r"\N{x}", r"\x4", "\\\n"]
FIELDS = ["{x}", "{ x }", "{x!r}", "{x!s}", "{x:>10}", "{x:{w}}", "{x=}", "{x = }", "{d[0]}", "{x == 1}", "{x!=1}"]
FIELDS += ["{(lambda: 1)()}", "{ {1: 2}[1] }", "{x if x else w}", "{x:%Y}", "{x or ')'}", '{x or "}"}', "{f(x)['k']}"]
PREFIXES = ["", "", "r", "u", "f", "f", "rf", "fR", "F", "R", "U"]
NESTED: list[str] = []
if sys.version_info >= (3, 12):  # quotes of the same kind, backslashes, comments and line ends inside fields
    NESTED += ["{d['k']}", '{d["k"]}', "{f'{x}'}", '{f"{x}"}', "{f'{d['k']}'}", r"{'\n'.join(x)}", "{\nx\n}"]
    NESTED += ["{x  # c\n}", "{d['}']}", '{d["{"]!r}', r"{'\N{BULLET}'}", '{""" " """}']
if sys.version_info >= (3, 14):
    PREFIXES += ["t", "rt", "Tr"]
NEW = ["coalesce", "(", ")", "'", '"', "''", '""', '"""', "'''", "\\", "\\n", "{", "}", "{}", "%", "\n", "\r", "\t"]
NEW += ["\0", "7", "x", "é", "\U0001f600", " ", "::text", "%s", "{{", "\x1b", "\u2028", "\ud800", "N{BULLET}", "AS", ""]


def literal(rng: random.Random, more: Sequence[str] = ()) -> str:
    """The source of one random string token; now and then one that Python refuses."""
    prefix = rng.choice(PREFIXES)
    quote = rng.choice(["'", '"', "'''", '"""'])
    raw, formatted = "r" in prefix.lower(), not {"f", "t"}.isdisjoint(prefix.lower())
    parts = []
    for _ in range(rng.randrange(0, 14)):
        kind = rng.random()
        if kind < 0.5:
            parts.append(rng.choice(PLAIN))
        elif kind < 0.7:
            parts.append(rng.choice(RAW_ESCAPES if raw else ESCAPES))
        elif kind < 0.8:
            parts.append(rng.choice(["\n", "\r\n", "'", '"']) if len(quote) == 3 else "'\""["'" in quote])
        elif formatted:
            parts.append(rng.choice(["{{", "}}", *FIELDS, *more]))
        else:
            parts.append(rng.choice(["{", "}", "{}", "{x}"]))
    return prefix + quote + "".join(parts) + quote


def parsed(source: str) -> ast.expr | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(f"({source}\n)", mode="eval").body
        except (SyntaxError, ValueError):
            return None


def text_literal(rng: random.Random) -> str:
    """The source of a random string token that the running Python takes as one."""
    while True:
        source = literal(rng)
        node = parsed(source)
        if node is not None and flat_texts(node) is not None:
            return source


def fields(node: ast.expr) -> list[str]:
    return [ast.dump(part) for part in getattr(node, "values", ()) if not isinstance(part, ast.Constant)]


def random_edits(rng: random.Random, texts: list[str]) -> list[TokenEdit]:
    fragment = rng.randrange(len(texts))
    size = len(texts[fragment])
    bounds = sorted(rng.randrange(size + 1) for _ in range(2 * rng.choice([1, 1, 1, 2, 3])))
    edits: list[TokenEdit] = []
    for start, end in zip(bounds[::2], bounds[1::2], strict=True):
        if not edits or edits[-1].end < start:
            text = "".join(rng.choice(NEW) for _ in range(rng.randrange(0, 4)))
            edits.append(TokenEdit(fragment, start, end, text))
    return edits


def edited(text: str, edits: list[TokenEdit]) -> str:
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_edit_of_a_literal_is_wrong(chunk: int) -> None:
    rng = random.Random(chunk)
    counts: Counter[str] = Counter()
    while counts["made"] + counts["refused"] < EDITS // CHUNKS:
        source = literal(rng, NESTED)
        before = parsed(source)
        if before is None or flat_texts(before) is None:  # also a comparison: `'a{x:{' > '}'`
            counts["not Python"] += 1
            continue
        padding = " " * rng.randrange(3)
        token = scan(padding + source + "  # rest", len(padding))
        if token.end != len(padding) + len(source):
            counts["several tokens"] += 1
            assert len(scan_all(source, 0, len(source))) > 1, source
            continue
        texts = [fragment.text for fragment in token.fragments]
        for _ in range(4):
            edits = random_edits(rng, texts)
            changes = edit_token(padding + source, token, edits)
            if changes is None:
                counts["refused"] += 1
                continue
            counts["made"] += 1
            new = padding + source
            for change in reversed(changes):
                new = new[: change.start] + change.text + new[change.end :]
            after = parsed(new[len(padding) :])
            wanted = [edited(text, [edit for edit in edits if edit.fragment == i]) for i, text in enumerate(texts)]
            assert after is not None, (source, edits, new)
            assert fields(after) == fields(before), (source, edits, new)
            assert flat_texts(after) == interleaved(wanted, [field.debug for field in token.fields]), (source, new)
    print(f"chunk {chunk}: {dict(counts)}")
    assert counts["refused"] < counts["made"] / 4, "most edits can be said, and are"


def interleaved(texts: list[str], debug: list[str]) -> list[str | None]:
    result: list[str | None] = []
    run = texts[0]
    for text, shown in zip(texts[1:], debug, strict=True):
        result += [run + shown, None] if run + shown else [None]
        run = text
    return [*result, run] if run else result


def test_no_edit_of_a_file_is_wrong() -> None:
    """Whole files: what the program would run after the edit is what the edit asked for."""
    rng = random.Random(99)
    counts: Counter[str] = Counter()
    for text in modules(rng):
        file = source_of("fuzz.py", text.encode("utf-8", "surrogatepass"))
        before = values(text)
        wanted = [(one, (random_edit(rng, one),)) for one in extract(file, Settings()).statements]
        result = splice(file, wanted)
        refused = {refusal.statement_id for refusal in result.refused}
        after = values(result.text)
        assert len(after) == len(before)
        edits: dict[int, list[tuple[Statement, Edit]]] = {line: [] for line in before}
        alternatives = Counter(statement.sink_line for statement, _ in wanted)
        for statement, (edit,) in wanted:
            counts["refused" if statement.id in refused else "made"] += 1
            if statement.id not in refused:
                edits[statement.sink_line].append((statement, edit))
        for line, (old, new) in enumerate(zip(before.values(), after.values(), strict=True)):
            made = edits[list(before)[line]]
            if not made:
                assert old == new
                continue
            statement, edit = made[0]
            alone = alternatives[statement.sink_line] == 1  # else the program may run the other one
            if alone and not any(edit.span.overlaps(Span(h.start, h.end)) for h in statement.holes):
                counts["compared"] += 1
                assert new in expected(old, statement, edit), (old, new, made)
        if counts["made"] + counts["refused"] >= EDITS // 10:
            break
    print(dict(counts))
    assert counts["compared"] > counts["refused"]


def modules(rng: random.Random) -> Iterator[str]:
    """Files of random calls."""
    while True:
        expressions: list[str] = []
        while len(expressions) < 40:
            pieces = [text_literal(rng) for _ in range(rng.choice([1, 1, 2, 3]))]
            expression = rng.choice([" ", "\n    ", "  # comment 'x'\n    ", " + "]).join(pieces)
            kind = rng.random()
            if kind < 0.15:
                expression = f"({expression}) % (x, w)"
            elif kind < 0.3:
                expression = f"({expression}).format(x, w, x=x)"
            if parsed(expression) is not None and value_of(expression) is not None:
                expressions.append(expression)
        ending = rng.choice(["\n", "\r\n"])
        lines = ["import sqlite3", "c = sqlite3.connect('x').cursor()", *(f"c.execute({e}\n)" for e in expressions)]
        yield ending.join(lines) + rng.choice(["", ending])


class Shown:
    """A value that can be formatted in any way and is seen in the result."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __format__(self, spec: str) -> str:
        return f"<{self.name}>"

    def __repr__(self) -> str:
        return f"<{self.name}>"

    def __getitem__(self, key: object) -> Shown:
        return self

    def __call__(self, *_: object) -> Shown:
        return self


def value_of(expression: str) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return str(eval(f"({expression}\n)", {name: Shown(name) for name in "xwdf"}))
        except (SyntaxError, ValueError, TypeError, KeyError, IndexError, AttributeError):
            return None


def values(source: str) -> dict[int, str]:
    """What each call runs, by its line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    found = {}
    for statement in tree.body[2:]:
        assert isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        found[statement.lineno] = value_of(ast.get_source_segment(source, statement.value.args[0]) or "")
    return {line: value for line, value in found.items() if value is not None}


def random_edit(rng: random.Random, statement: Statement) -> Edit:
    start, end = sorted(rng.randrange(len(statement.sql) + 1) for _ in range(2))
    new = "".join(rng.choice(NEW) for _ in range(rng.randrange(1, 4)))
    return Edit(start, max(start, min(end, start + 12)), new.replace("\ud800", "?"))


def filled(statement: Statement, start: int, end: int) -> str:
    """The SQL's characters with each hole as the program fills it."""
    result, at = "", start
    for hole in statement.holes:
        if start <= hole.start < end:
            result += statement.sql[at : hole.start] + (value_of(hole.source) or "")
            at = hole.end
    return result + statement.sql[at:end]


def expected(old: str, statement: Statement, edit: Edit) -> list[str]:
    """The old value with the statement's text edited (wherever that text may stand in it)."""
    whole = filled(statement, 0, len(statement.sql))
    new = filled(statement, 0, edit.start) + edit.text + filled(statement, edit.end, len(statement.sql))
    places = [at for at in range(len(old)) if old.startswith(whole, at)]
    assert places, (old, whole)
    return [old[:at] + new + old[at + len(whole) :] for at in places]
