"""How identifiers are written for PostgreSQL: the one place that folds, quotes and measures them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal as OneOf

from sqlport.catalog.keywords import COLUMN_NAME, NEEDS_AS, RESERVED, TYPE_OR_FUNCTION

Context = OneOf["name", "function", "label", "bare label", "any"]
"""Where an identifier stands: a `name` of a column, table, index or alias of a table, a `function` or type, a
`label` behind AS in a select list, a `bare label` without AS, or `any` of the first three, which is what the
server's own `quote_ident` writes."""

MAX_BYTES = 63
"""Of a name PostgreSQL keeps this many bytes (NAMEDATALEN - 1) and drops the rest with a notice."""

SYSTEM_COLUMNS = frozenset(["tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"])
"""No column of a table can have these names, quoted or not:
https://www.postgresql.org/docs/current/ddl-system-columns.html."""

# Both engines take every character beyond ASCII for a letter, and neither folds it.
_PLAIN = re.compile(r"[a-z_\u0080-\U0010ffff][a-z0-9_$\u0080-\U0010ffff]*")
_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_RESERVED = RESERVED | TYPE_OR_FUNCTION
_REFUSED: dict[Context, frozenset[str]] = {
    "name": _RESERVED,
    "function": RESERVED | COLUMN_NAME,
    "label": frozenset(),
    "bare label": NEEDS_AS,
    "any": _RESERVED | COLUMN_NAME,
}


def folded(name: str) -> str:
    """The name in lower case, ASCII letters only: as PostgreSQL folds and as SQLite compares."""
    return name.lower() if name.isascii() else name.translate(_FOLD)


def is_reserved(name: str, context: Context = "name") -> bool:
    """Whether PostgreSQL 15 to 18 takes this word there for something else, unless it is quoted."""
    return folded(name) in _REFUSED[context]


def quote(name: str, context: Context = "name") -> str:
    """The name as it is written for PostgreSQL: in lower case, in double quotes only where it must be.

    `name` is without quotes. An empty name gives `""`, which PostgreSQL does not take.
    """
    lower = folded(name)
    if _PLAIN.fullmatch(lower) and lower not in _REFUSED[context]:
        return lower
    return quoted(lower)


def quoted(name: str) -> str:
    """The name in double quotes, as it is: for SQLite, and for names that PostgreSQL has already."""
    return '"' + name.replace('"', '""') + '"'


def is_too_long(name: str) -> bool:
    """Whether PostgreSQL would cut the name."""
    return len(name.encode("utf-8", "surrogatepass")) > MAX_BYTES


def truncated(name: str) -> str:
    """The name as PostgreSQL keeps it: at most 63 bytes, whole characters."""
    return name.encode("utf-8", "surrogatepass")[:MAX_BYTES].decode("utf-8", "ignore")


def kept(name: str) -> str:
    """The name as PostgreSQL keeps it: folded and cut."""
    return truncated(folded(name))


def collisions(names: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Groups of the given names that are one name in PostgreSQL, after folding and cutting.

    A name given twice collides with itself: tables, views, indexes and sequences of a schema share one space
    of names there.
    """
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(kept(name), []).append(name)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
