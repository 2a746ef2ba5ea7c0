"""Shell scripts as a host: the SQL that they give to `sqlite3`, as arguments, here-documents and here-strings.

It is checked and never edited: as long as the script calls `sqlite3`, the text has to stay SQLite's.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlport.hosts import Extraction, Settings
from sqlport.hosts.python.statements import Builder, Site
from sqlport.hosts.python.values import Chars, Gap, Piece, Str
from sqlport.model import Arguments, Literal, SourceFile
from sqlport.placing import line_starts

SUFFIXES = (".sh", ".bash")

_CALL = re.compile(r"(?<![\w./-])sqlite3(?=[ \t])")
_WITH_VALUE = frozenset(("-cmd", "-init", "-separator", "-newline", "-nullvalue", "-vfs", "-lookaside", "-pagecache"))
_EXPANSION = re.compile(r"\$(?:\{[^}]*\}|\w+|[@*#?$!-])|`[^`]*`")
_BLANK = re.compile(r"(?:[ \t]|\\\r?\n)+")
_HERE = re.compile(r"<<(?P<tabs>-?)[ \t]*(?P<quote>['\"\\]?)(?P<word>\w+)['\"]?")
_REDIRECTION = re.compile(r"\d*[<>]|&>")
_END = frozenset("\n;|&)<>#")


@dataclass(slots=True)
class _Script:
    """A script that is read from a place on."""

    literal: Literal
    text: str
    at: int
    pieces: list[Piece] = field(default_factory=list)

    def say(self, start: int, end: int) -> None:
        """Characters that stand for themselves."""
        if end > start:
            self.pieces.append(Chars(self.text[start:end], self.literal, start))

    def gap(self, source: str) -> None:
        """What only the running shell knows."""
        self.pieces.append(Gap(source))

    def taken(self) -> Str:
        """What was read since the last time."""
        found = Str(tuple(self.pieces))
        self.pieces = []
        return found


def extract(file: SourceFile, settings: Settings) -> Extraction:
    """The statements that a script gives to `sqlite3`."""
    if "sqlite3" not in file.text:
        return Extraction()
    starts = line_starts(file.text)
    literal = Literal(file.path, 0, len(file.text), host="shell")

    def place(_: Literal, offset: int) -> tuple[int, int]:
        line = bisect.bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    builder = Builder(place, host="shell")
    statements = []
    for match in _CALL.finditer(file.text):
        line, column = place(literal, match.start())
        before = file.text[starts[line - 1] : match.start()]
        if before.lstrip().startswith("#") or not _is_command(before):
            continue
        dialect = settings.dialect or "sqlite"
        site = Site(file.path, line, column, "", "sqlite3", dialect, Arguments(), any_format=True)
        for text in _texts(_Script(literal, file.text, match.end())):
            statements += builder.statements(text, site, 0)
    return Extraction(tuple(statements))


def _is_command(before: str) -> bool:
    """Whether a word behind this text of its line is a command: not an argument (`apt install sqlite3 curl`)."""
    text = before.rstrip()
    words = ("then", "do", "else", "if", "while", "until", "sudo", "exec", "time", "!", "{")
    return (
        not text
        or text.endswith(("$(", "(", "|", ";", "&", "`", '"$('))
        or text.split()[-1] in words
        or bool(re.search(r"(?:^|\s)[A-Z_a-z]\w*=\S*$", text))
    )


def _texts(script: _Script) -> Iterator[Str]:
    """What the command runs: its arguments behind the database, or what it reads."""
    words = 0
    skip = False
    while True:
        blank = _BLANK.match(script.text, script.at)
        if blank is not None:
            script.at = blank.end()
        if script.text.startswith("<<<", script.at):
            blank = _BLANK.match(script.text, script.at + 3)
            script.at = blank.end() if blank is not None else script.at + 3
            _word(script)
            yield script.taken()
            continue
        here = _HERE.match(script.text, script.at)
        if here is not None:
            yield _here_document(script, here)
            return
        if script.at >= len(script.text) or script.text[script.at] in _END:
            return
        start = script.at
        if _REDIRECTION.match(script.text, start):
            return
        _word(script)
        value = script.taken()
        if script.at == start:
            return
        option = script.text[start] == "-"
        if skip or option:
            skip = option and script.text[start : script.at] in _WITH_VALUE
            continue
        words += 1
        if words > 1:
            yield value


def _word(script: _Script) -> None:
    """Read one word of the command into the pieces."""
    while script.at < len(script.text):
        char = script.text[script.at]
        if char.isspace() or char in _END:
            return
        if char == "'":
            end = script.text.find("'", script.at + 1)
            end = len(script.text) if end < 0 else end
            script.say(script.at + 1, end)
            script.at = end + 1
        elif char == '"':
            script.at += 1
            _expanded(script, len(script.text), closing='"')
        elif char in "$`":
            _expansion(script)
        elif char == "\\":
            script.say(script.at + 1, script.at + 2)
            script.at += 2
        else:
            script.say(script.at, script.at + 1)
            script.at += 1


def _expanded(script: _Script, end: int, *, closing: str = "") -> None:
    """Read text in which the shell replaces variables, up to the closing quote or `end`."""
    while script.at < end:
        char = script.text[script.at]
        if char == closing:
            script.at += 1
            return
        if char in "$`" and script.at + 1 < end:
            _expansion(script)
        elif char == "\\" and script.text[script.at + 1 : script.at + 2] in ('"', "\\", "$", "`", "\n"):
            if script.text[script.at + 1] != "\n":
                script.say(script.at + 1, script.at + 2)
            script.at += 2
        else:
            start = script.at
            while script.at < end and script.text[script.at] not in ("$", "`", "\\", closing):
                script.at += 1
            script.at = max(script.at, start + 1)
            script.say(start, script.at)


def _expansion(script: _Script) -> None:
    if script.text.startswith("$(", script.at):
        depth, at = 1, script.at + 2
        while at < len(script.text) and depth:
            depth += (script.text[at] == "(") - (script.text[at] == ")")
            at += 1
        script.gap(script.text[script.at : at])
        script.at = at
        return
    match = _EXPANSION.match(script.text, script.at)
    if match is None:
        script.say(script.at, script.at + 1)
        script.at += 1
        return
    script.gap(match.group().strip("${}`"))
    script.at = match.end()


def _here_document(script: _Script, here: re.Match[str]) -> Str:
    """The lines below the command, up to the word that ends them."""
    line = script.text.find("\n", here.end())
    tabs = "\t*" if here["tabs"] else ""
    ending = re.compile(rf"^{tabs}{re.escape(here['word'])}\r?$", re.MULTILINE)
    found = ending.search(script.text, line + 1) if line >= 0 else None
    if found is None:
        return Str(())
    script.at = line + 1
    if here["quote"]:
        script.say(script.at, found.start())
    else:
        _expanded(script, found.start())
    script.at = found.end()
    return script.taken()
