"""What a hole stands for, read off the SQL round it; and whether a text looks like SQL at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlport.model import HoleKind

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>'(?:[^']|'')*(?:'|\Z))
    | (?P<quoted>"(?:[^"]|"")*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[^\]\n]*\])
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>\d[\w.]*)
    | (?P<operator><>|!=|<=|>=|==|\|\||->>?|.)
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


def kinds(sql: str, spans: Sequence[tuple[int, int]]) -> list[HoleKind]:
    """The kind of each hole; `spans` are where they stand in `sql`, in order."""
    if not spans:
        return []
    tokens = _tokens(sql, spans)
    found: dict[int, HoleKind] = {}
    words: list[str] = []
    following = 0
    opened: list[tuple[int, str]] = []  # of each open parenthesis: how many words came before, and the last token
    for position, token in enumerate(tokens):
        if token.text == "(":
            opened.append((len(words), tokens[position - 1].text.upper() if position else ""))
        elif token.text == ")" and opened:
            opened.pop()
        if token.kind == "word":
            words.append(token.text.upper())
        while following < len(spans) and spans[following][1] <= token.end:
            found[spans[following][0]] = _kind(tokens, position, words, opened)
            following += 1
    return [found.get(start, HoleKind.CLAUSE) for start, _ in spans]


def _tokens(sql: str, spans: Sequence[tuple[int, int]]) -> list[_Token]:
    """Tokens without space and comments; a hole is a word, or part of the token that it stands in."""
    masked = list(sql)
    for start, end in spans:
        masked[start:end] = "h" * (end - start)
    # A word that touches a hole is one token with it.
    text = "".join(masked)
    holes = set(spans)
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind in {"space", "comment"}:
            continue
        if kind == "word" and match.span() in holes:
            kind = "hole"
        tokens.append(_Token(kind, match.group(), match.start(), match.end()))
    return tokens


_OPERATORS = frozenset("= < > <= >= <> != == + - * / % || -> ->>".split())
_VALUE_WORDS = frozenset("LIKE GLOB REGEXP MATCH BETWEEN LIMIT OFFSET IS NOT THEN ELSE WHEN ESCAPE DEFAULT".split())
_TABLE_WORDS = frozenset("FROM JOIN INTO UPDATE TABLE EXISTS REFERENCES VIEW TRUNCATE".split())
_FOLLOWS_COLUMN = frozenset("= < > <= >= <> != == LIKE GLOB IN IS BETWEEN NOT COLLATE || REGEXP MATCH".split())


def _kind(
    tokens: Sequence[_Token],
    position: int,
    words: Sequence[str],
    opened: Sequence[tuple[int, str]],
) -> HoleKind:
    token = tokens[position]
    before = tokens[position - 1].text.upper() if position else ""
    after = tokens[position + 1].text.upper() if position + 1 < len(tokens) else ""
    if token.kind == "string":
        return HoleKind.INSIDE_STRING
    if before in _TABLE_WORDS and after != ".":
        return HoleKind.TABLE
    if token.kind in ("quoted", "word") or before == "." or after == ".":
        return HoleKind.IDENTIFIER
    if before == "IN":
        return HoleKind.PLACEHOLDERS
    if opened and before == "(":
        head = opened[-1][1]
        if head in {"IN", "VALUES"}:
            return HoleKind.PLACEHOLDERS if after == ")" else HoleKind.VALUE
        if _is_column_list(words, head):
            return HoleKind.COLUMNS
    if before in ("SELECT", "DISTINCT", "BY", "RETURNING"):
        return HoleKind.COLUMNS
    if before in _OPERATORS or before in _VALUE_WORDS:
        return HoleKind.VALUE if before != "*" or not _is_column_star(tokens, position) else HoleKind.CLAUSE
    if after in _FOLLOWS_COLUMN:
        return HoleKind.IDENTIFIER
    if before == "VALUES":
        return HoleKind.PLACEHOLDERS
    if before in ("PRAGMA", "COLUMN", "INDEX", "TRIGGER", "AS", "SAVEPOINT", "COLLATE", "TO") or after == "(":
        return HoleKind.IDENTIFIER
    return _in_list(before, after, words, opened)


def _in_list(before: str, after: str, words: Sequence[str], opened: Sequence[tuple[int, str]]) -> HoleKind:
    clause = _clause(words)
    if before == "," and opened and opened[-1][1] in ("VALUES", "IN"):
        return HoleKind.VALUE
    if before == "," and opened and _is_column_list(words, opened[-1][1]):
        return HoleKind.COLUMNS
    if before == ",":
        return HoleKind.COLUMNS if clause in ("SELECT", "BY") else HoleKind.VALUE
    if clause == "BY" and after in ("", ",", "LIMIT", ")", ";", "NULLS", "OFFSET"):
        return HoleKind.ORDER
    if before == "AND" and "BETWEEN" in words[-4:]:
        return HoleKind.VALUE
    if before == "ON" and words[:1] == ["CREATE"]:
        return HoleKind.TABLE
    return HoleKind.CLAUSE


def _is_column_star(tokens: Sequence[_Token], position: int) -> bool:
    return position >= 2 and tokens[position - 2].text.upper() in ("SELECT", ",", ".", "DISTINCT", "(")


def _is_column_list(words: Sequence[str], head: str) -> bool:
    """Whether the parenthesis behind `head` lists columns: `INSERT INTO t (`, `ON CONFLICT (`, `CREATE INDEX`."""
    if head in ("CONFLICT", "KEY", "UNIQUE", "USING"):
        return True
    return (
        len(words) >= 2
        and words[0] in ("INSERT", "REPLACE", "CREATE")
        and "VALUES" not in words
        and "SELECT" not in words
    )


_CLAUSES = frozenset("SELECT FROM WHERE BY HAVING LIMIT SET VALUES ON USING".split())


def _clause(words: Sequence[str]) -> str:
    return next((word for word in reversed(words) if word in _CLAUSES), "")


# One white character at a time: `(?:\s+)+` would try every way to cut a run of them.
_SPACE = r"(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?(?:\*/|\Z))"
_ANY = r"[\w\"'`\[({\ufffc.$]"
_SHAPES = (
    rf"SELECT(?:{_SPACE}+[\w?:@$%+\-]|{_SPACE}*[\"'`\[({{\ufffc*])",
    rf"VALUES{_SPACE}*[(\ufffc]",
    rf"WITH{_SPACE}+(?:RECURSIVE{_SPACE}+)?{_ANY}[^;]*?{_SPACE}*\bAS\b",
    rf"WITH{_SPACE}+\ufffc",
    rf"INSERT{_SPACE}+(?:OR{_SPACE}+\w+{_SPACE}+)?(?:INTO\b|\ufffc)",
    rf"INSERT{_SPACE}*\ufffc",
    rf"REPLACE{_SPACE}+INTO\b",
    rf"UPDATE{_SPACE}+(?:OR{_SPACE}+\w+{_SPACE}+)?{_ANY}[^;]*?(?:\bSET\b|\ufffc)",
    rf"UPDATE{_SPACE}+[\w\"`\[.]+{_SPACE}*\Z",
    rf"DELETE{_SPACE}+(?:FROM\b|\ufffc)",
    rf"CREATE{_SPACE}+(?:(?:TEMP|TEMPORARY|UNIQUE|VIRTUAL|UNLOGGED|GLOBAL|LOCAL){_SPACE}+|OR{_SPACE}+REPLACE{_SPACE}+)*"
    r"(?:TABLE|INDEX|VIEW|TRIGGER|DATABASE|SCHEMA|SEQUENCE|TYPE|EXTENSION|FUNCTION|MATERIALIZED|ROLE|USER|\ufffc)",
    rf"ALTER{_SPACE}+(?:TABLE|INDEX|VIEW|SEQUENCE|DATABASE|SCHEMA|TYPE|ROLE|USER|COLUMN)\b",
    rf"DROP{_SPACE}+(?:TABLE|INDEX|VIEW|TRIGGER|DATABASE|SCHEMA|SEQUENCE|TYPE|EXTENSION|FUNCTION|MATERIALIZED|ROLE|\ufffc)",
    rf"TRUNCATE{_SPACE}+(?:TABLE{_SPACE}+)?[\w\"\ufffc.]+",
    rf"PRAGMA{_SPACE}+[\w.\ufffc]+{_SPACE}*(?:[=(;]|\Z)",
    rf"EXPLAIN{_SPACE}+(?:QUERY{_SPACE}+PLAN{_SPACE}+|ANALYZE{_SPACE}+|\([^)]*\){_SPACE}*)?(?:SELECT|INSERT|UPDATE|DELETE|WITH|REPLACE|\ufffc)",
    rf"(?:BEGIN|COMMIT|END|ROLLBACK)(?:{_SPACE}+(?:DEFERRED|IMMEDIATE|EXCLUSIVE|CONCURRENT))?(?:{_SPACE}+(?:TRANSACTION|WORK))?"
    rf"(?:{_SPACE}+TO{_SPACE}+(?:SAVEPOINT{_SPACE}+)?[\w\"\ufffc]+)?{_SPACE}*(?:;|\Z)",
    rf"(?:SAVEPOINT|RELEASE(?:{_SPACE}+SAVEPOINT)?){_SPACE}+[\w\"\ufffc]+{_SPACE}*(?:;|\Z)",
    rf"(?:VACUUM|REINDEX|ANALYZE)(?:{_SPACE}+[\w\"\ufffc.]+)?(?:{_SPACE}+INTO\b.*)?{_SPACE}*(?:;|\Z)",
    rf"(?:ATTACH|DETACH){_SPACE}+(?:DATABASE{_SPACE}+)?['\"\w?:\ufffc]",
    rf"SET{_SPACE}+(?:SESSION{_SPACE}+|LOCAL{_SPACE}+)?(?:[\w.]+{_SPACE}*=|(?:search_path|role|timezone|\w+_\w+){_SPACE}+TO\b"
    rf"|CONSTRAINTS\b|TRANSACTION\b)",
    rf"(?:GRANT|REVOKE){_SPACE}+[\w\ufffc, ()]+{_SPACE}+(?:ON|TO|FROM)\b",
    rf"COMMENT{_SPACE}+ON\b",
    rf"COPY{_SPACE}+[\w\"(\ufffc.]+.*\b(?:FROM|TO)\b",
    rf"LOCK{_SPACE}+TABLE\b",
    rf"SHOW{_SPACE}+[\w.]+{_SPACE}*(?:;|\Z)",
    rf"(?:LISTEN|NOTIFY|UNLISTEN){_SPACE}+[\w\"\ufffc]+",
    rf"REFRESH{_SPACE}+MATERIALIZED\b",
    rf"MERGE{_SPACE}+INTO\b",
    r"DO\s*\$",
)
_LOOKS = re.compile(rf"{_SPACE}*(?:\({_SPACE}*)*(?:{'|'.join(_SHAPES)})", re.IGNORECASE | re.DOTALL)
_INNER = re.compile(
    r"\b(?:FROM|WHERE|VALUES|SET|ORDER\s+BY|GROUP\s+BY|LIMIT|INTO|RETURNING|UNION|JOIN|ON\s+CONFLICT)\b",
    re.IGNORECASE,
)


def looks_like_sql(flat: str) -> bool:
    """Whether a text (holes as U+FFFC) begins as an SQL statement does; a leading hole needs a clause behind it."""
    head = flat[:4000]
    if _LOOKS.match(head):
        return not _is_prose(head)
    stripped = head.lstrip()
    return stripped.startswith("\ufffc") and _INNER.search(head) is not None


_PROSE = re.compile(r"(?i)\s*(?:select|update|insert|delete|create|drop)\s+(?:a|an|the|all|your|this|one|some)\s+\w+")


def _is_prose(head: str) -> bool:
    """Sentences such as "Select a file" or "Update the record"."""
    if not _PROSE.match(head):
        return False
    return re.search(r"(?i)\b(from|set|into|table|index|view|values)\b|[*=?;(]", head) is None
