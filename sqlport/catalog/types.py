"""Which PostgreSQL type a SQLite column or cast becomes: the profile, in one place for all who ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Final

from sqlport.catalog.affinity import affinity
from sqlport.catalog.names import folded

if TYPE_CHECKING:
    from sqlport.catalog.tables import Affinity, Column
    from sqlport.model import Profile, Target


@dataclass(frozen=True, slots=True)
class TypeChoice:
    """A PostgreSQL type for a column, and why.

    `rule` is the code of the difference that the type answers, empty where both engines mean the same by the
    declared name. `extension` has to exist for it, `collation` belongs behind it (`C`, unless the database is known
    to sort so). `certain` is false where the declaration alone does not tell what is stored.
    """

    type: str
    rule: str = ""
    reason: str = ""
    extension: str = ""
    collation: str = ""
    certain: bool = True

    @property
    def sql(self) -> str:
        """The type as it is written in DDL."""
        return f'{self.type} COLLATE "{self.collation}"' if self.collation else self.type


_INTEGER_REASON: Final = "SQLite's integers have 64 bits"
_BY_AFFINITY: Final[Mapping[Affinity, TypeChoice]] = {
    "INTEGER": TypeChoice("bigint", "DDL001", _INTEGER_REASON),
    "REAL": TypeChoice("double precision", "DDL001", "SQLite's REAL has 8 bytes, PostgreSQL's real has 4"),
    "TEXT": TypeChoice("text", "DDL001", "SQLite stores text of any length whatever the type's name"),
    "BLOB": TypeChoice("bytea", "DDL001", "PostgreSQL's type for bytes is bytea"),
}
_BOOLEAN: Final = TypeChoice("bigint", "DDL004", "SQLite stores a boolean as 0 or 1, and readers get integers")
_TIME: Final = TypeChoice("text", "DDL004", "SQLite has no date types: it stores the text that was written")
_JSON: Final = TypeChoice("text", "DDL004", "SQLite stores JSON as the text that was written")
_UUID: Final = TypeChoice("text", "DDL004", "SQLite stores a UUID as the text that was written")
_NUMERIC: Final = TypeChoice("numeric", "DDL004", "SQLite keeps no precision or scale")
_SECONDS: Final = TypeChoice(
    "bigint",
    "DDL004",
    "its default is the seconds since 1970, which SQLite stores there as an integer",
)
_EPOCH: Final = re.compile(r"(?i)[\s(]*(?:unixepoch\s*\(|strftime\s*\(\s*'%s'|floor\s*\(\s*extract\s*\(\s*epoch\b)")
"""The seconds since 1970, as SQLite has them and as they are ported."""
_BYTES: Final = TypeChoice("bytea", "DDL001", "SQLite stores the bytes that were written")
_COUNT: Final = TypeChoice("bigint", "DDL001", _INTEGER_REASON)
_STRING: Final = TypeChoice(
    "text",
    "DDL001",
    "the name says text, but SQLite gives it NUMERIC affinity: '007' is stored as 7",
    certain=False,
)
_NO_AFFINITY: Final = TypeChoice(
    "text", "DDL008", "SQLite stores values of any type there, text is the guess", certain=False
)

# Names whose affinity in SQLite says less about their values than the name does.
_BY_NAME: Final[Mapping[str, TypeChoice]] = {
    **dict.fromkeys(["boolean", "bool"], _BOOLEAN),
    **dict.fromkeys(["date", "datetime", "datetime2", "smalldatetime", "datetimeoffset"], _TIME),
    **dict.fromkeys(["time", "timetz", "timestamp", "timestamptz"], _TIME),
    **dict.fromkeys(["json", "jsonb"], _JSON),
    **dict.fromkeys(["uuid", "guid", "uniqueidentifier"], _UUID),
    **dict.fromkeys(["numeric", "decimal", "dec", "number", "fixed"], _NUMERIC),
    **dict.fromkeys(["money", "smallmoney", "currency"], _NUMERIC),
    **dict.fromkeys(["binary", "varbinary", "long varbinary", "bytea", "bytes", "image", "raw"], _BYTES),
    **dict.fromkeys(["bit", "byte", "short", "long", "signed", "unsigned", "year", "serial", "bigserial"], _COUNT),
    **dict.fromkeys(["string", "str", "enum", "set", "xml", "name", "url", "email"], _STRING),
    "any": _NO_AFFINITY,
    "citext": TypeChoice("citext", extension="citext"),
}
_TIME_ZONE: Final = re.compile(r"(time|timestamp) with(out)? (local )?time ?zone")
_NATIVE: Final[Mapping[str, str]] = {
    "boolean": "boolean",
    "bool": "boolean",
    "date": "date",
    **dict.fromkeys(["datetime", "datetime2", "smalldatetime", "datetimeoffset"], "timestamptz"),
    **dict.fromkeys(["timestamp", "timestamptz"], "timestamptz"),
    "time": "time",
    "timetz": "timetz",
    "json": "jsonb",
    "jsonb": "jsonb",
    **dict.fromkeys(["uuid", "guid", "uniqueidentifier"], "uuid"),
}
_SAME: Final[Mapping[str, str]] = {
    "bigint": "bigint",
    "int8": "bigint",
    "text": "text",
    "bytea": "bytea",
    "double precision": "double precision",
    "float8": "double precision",
    "numeric": "numeric",
}
"""Names that PostgreSQL takes, with the type that they are for it."""

_LIMITED: Final = frozenset(["char", "character", "varchar", "character varying", "char varying", "nchar"])
"""Text types that PostgreSQL knows: it enforces their length."""

_UNKNOWN = """
    datetime datetime2 smalldatetime datetimeoffset guid uniqueidentifier number fixed smallmoney currency
"""
_UNKNOWN_TO_POSTGRES: Final = frozenset(_UNKNOWN.split())

_SQLITES_LOCALES: Final = frozenset(["C", "POSIX"])
_BY_CHARACTERS: Final = frozenset(["", "BINARY", "C", "POSIX"])
_COLLATABLE: Final = frozenset(["text", "citext", "varchar", "character varying", "char", "character", "bpchar"])


# The types that a column may refer to beside its own, as PostgreSQL 15 and 18 answer for every pair.
_INTEGERS: Final = ("bigint", "integer", "smallint")
_REFERS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(_INTEGERS, frozenset([*_INTEGERS, "numeric", "double precision", "real"])),
    "numeric": frozenset(["double precision", "real"]),
    "double precision": frozenset(["real"]),
    "real": frozenset(["double precision"]),
    "citext": frozenset(["text"]),
    **dict.fromkeys(["date", "timestamp", "timestamptz"], frozenset(["date", "timestamp", "timestamptz"])),
}


def may_refer(child: str, parent: str) -> bool:
    """Whether a column of the type `child` can be part of a foreign key to one of the type `parent`."""
    child, parent = child.partition("(")[0], parent.partition("(")[0]
    return child == parent or parent in _REFERS.get(child, ())


def column_choice(column: Column, table: str, target: Target) -> TypeChoice:
    """The type that a column of `table` becomes: the referred column's where its own is no type for a key to that."""
    choice = postgres_type(
        column.declared_type,
        target,
        f"{table}.{column.name}",
        collation=column.collation,
        default=column.default,
    )
    other = column.referred
    if other is None:
        return choice
    key = f"{other.table}.{other.column}"
    wanted = postgres_type(other.declared_type, target, key, collation=other.collation, default=other.default)
    if may_refer(choice.type, wanted.type):
        return choice
    reason = f"its foreign key refers to {key}, which is {wanted.type}"
    return TypeChoice(wanted.type, "DDL011", reason, wanted.extension, wanted.collation, certain=False)


def is_retyped(column: Column, table: str, target: Target) -> bool:
    """Whether a column has the type of what its foreign key refers to, and not the one of its own declaration."""
    return column.referred is not None and column_choice(column, table, target).rule == "DDL011"


def column_type(column: Column, table: str, target: Target) -> str:
    """The name of the type that a column of `table` becomes."""
    return column_choice(column, table, target).type


def postgres_type(
    declared_type: str,
    target: Target,
    key: str = "",
    *,
    collation: str = "BINARY",
    default: str | None = None,
) -> TypeChoice:
    """The type for a column declared so; `key` is its `table.column`, which `target.types` may name.

    `default` (SQL text) tells what a column without a type holds.
    """
    choice = _overridden(declared_type, key, target.types)
    if choice is None and counts_seconds(declared_type, default):
        choice = _SECONDS
    if choice is None:
        choice = _chosen(declared_type, target.profile, default if not declared_type.strip() else None)
    return _collated(choice, collation, target)


def depends_on_values(column: Column, table: str, target: Target) -> bool:
    """Whether only its values tell what a column holds: it has no type, or one with NUMERIC affinity.

    Not so where the configuration names its type, or the profile has a type of its own for the declared one.
    """
    declared = column.declared_type
    if column.rowid_alias or _overridden(declared, f"{table}.{column.name}", target.types) is not None:
        return False
    if target.profile == "native" and _native(declared):
        return False
    return not declared.strip() or affinity(declared) == "NUMERIC"


def native_type(declared_type: str) -> str:
    """PostgreSQL's own type for a declared one, as the profile `native` has it; empty where there is none."""
    return _native(declared_type)


def icu_nocase(target: Target) -> bool:
    """Whether NOCASE is to be a collation of that name, made with ICU (`nocase = "icu"` among the types).

    Needs a server that was built with ICU, and PostgreSQL 18 for LIKE:
    https://www.postgresql.org/docs/current/collation.html#COLLATION-NONDETERMINISTIC.
    """
    return target.types.get("nocase", "").lower() == "icu"


def lowered_nocase(target: Target) -> bool:
    """Whether a NOCASE column stays text, compared under `lower()` (`nocase = "lower"` among the types).

    The columns have the collation "C", in which lower() folds A to Z only, as NOCASE does:
    https://www.postgresql.org/docs/current/collation.html.
    """
    return target.types.get("nocase", "").lower() == "lower"


def cast_type(type_name: str, target: Target) -> str:
    """The PostgreSQL type of `CAST(x AS type_name)`.

    SQLite casts by affinity (https://www.sqlite.org/lang_expr.html#castexpr), so `VARCHAR(3)` cuts nothing.
    What NUMERIC affinity gives is an integer or a binary float, never a decimal.
    """
    choice = _overridden(type_name, "", target.types)
    if choice is not None:
        return choice.type
    base, _ = _parts(type_name)
    if target.profile == "native":
        native = _native(type_name)
        if native:
            return native
    kind = affinity(type_name)
    if kind != "NUMERIC":
        return _BY_AFFINITY[kind].type
    named = _BY_NAME.get(base)
    return "bigint" if named in (_BOOLEAN, _COUNT) else "double precision"


def _overridden(declared_type: str, key: str, types: Mapping[str, str]) -> TypeChoice | None:
    """What the configuration says, the column before the type with its arguments before its bare name."""
    if not types:
        return None
    given = {_normal(name): chosen for name, chosen in types.items()}
    base, arguments = _parts(declared_type)
    whole = f"{base}({','.join(arguments)})" if arguments else base
    for name in (_normal(key), whole, base):
        if name and name in given:
            return TypeChoice(given[name], "DDL001", f"{name} is set to it")
    return None


def counts_seconds(declared_type: str, default: str | None) -> bool:
    """Whether a column for dates holds integers, as its default tells; with another affinity it holds text."""
    if default is None or _EPOCH.match(default) is None:
        return False
    base, _ = _parts(declared_type)
    is_date = _BY_NAME.get(base) is _TIME or _TIME_ZONE.fullmatch(base) is not None
    return is_date and affinity(declared_type) == "NUMERIC"


@cache
def _chosen(declared_type: str, profile: Profile, default: str | None) -> TypeChoice:
    base, arguments = _parts(declared_type)
    native = _native(declared_type) if profile == "native" else ""
    if native:
        return TypeChoice(native, "DDL004" if native != base else "", "the profile `native` uses PostgreSQL's own type")
    if not base:
        return _by_default(default)
    choice = _BY_NAME.get(base) or (_TIME if _TIME_ZONE.fullmatch(base) else None)
    if choice is None:
        kind = affinity(declared_type)
        choice = _BY_AFFINITY[kind] if kind != "NUMERIC" else _unknown(base)
    if _SAME.get(base) == choice.type and not arguments:
        return replace(choice, rule="", reason="")
    if choice.type == "text" and arguments and base in _LIMITED:
        return replace(choice, rule="DDL003", reason="SQLite does not enforce the length")
    if choice.rule == "DDL004" and base in _UNKNOWN_TO_POSTGRES:
        return replace(choice, rule="DDL001")
    return choice


def _by_default(default: str | None) -> TypeChoice:
    """A column without a type: its default may tell what it holds."""
    text = (default or "").strip("() ")
    found = None
    if re.fullmatch(r"[+-]?\s*\d+|true|false", text, re.IGNORECASE):
        found = "bigint"
    elif re.fullmatch(r"[+-]?\s*(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?", text):
        found = "double precision"
    elif re.fullmatch(r"[xX]'[0-9a-fA-F]*'", text):
        found = "bytea"
    if found is None:
        return _NO_AFFINITY
    return replace(_NO_AFFINITY, type=found, reason=f"it has no type, its default {text} is the guess's evidence")


def _unknown(base: str) -> TypeChoice:
    reason = f"{base} is no type of PostgreSQL, and SQLite stores numbers and text there; text is the guess"
    return TypeChoice("text", "DDL001", reason, certain=False)


def _native(declared_type: str) -> str:
    """PostgreSQL's own type of that meaning, or empty."""
    base, arguments = _parts(declared_type)
    if base in ("numeric", "decimal", "dec") and arguments:
        return f"numeric({','.join(arguments)})"
    zoned = _TIME_ZONE.fullmatch(base)
    if zoned:
        return "timestamptz" if zoned[1] == "timestamp" else "timetz" if not zoned[2] else "time"
    return _NATIVE.get(base, "")


def is_sqlites_locale(locale: str) -> bool:
    """Whether a database of this locale compares and folds text as SQLite does; an empty name is not known.

    C.UTF-8 sorts so, but its lower() knows more letters than A to Z.
    """
    return locale.upper() in _SQLITES_LOCALES


def is_collatable(type_name: str) -> bool:
    """Whether columns of this PostgreSQL type compare by a collation."""
    return type_name.lower().partition("(")[0].strip() in _COLLATABLE


def _collated(choice: TypeChoice, collation: str, target: Target) -> TypeChoice:
    """The type with the collation under which it compares as in SQLite, for NOCASE with another type."""
    name = collation.upper()
    if choice.type == "text" and name == "NOCASE":
        if icu_nocase(target):
            return choice  # COLLATE NOCASE stays and names that collation
        if not lowered_nocase(target):
            reason = "NOCASE compares without regard to case; citext does too, for all letters and not only for A-Z"
            choice = replace(choice, type="citext", rule="COL002", reason=reason, extension="citext")
    elif choice.type == "text" and name not in _BY_CHARACTERS:
        reason = f"PostgreSQL has no collation {collation}: text compares by its characters"
        choice = replace(choice, rule="COL003" if name == "RTRIM" else "COL002", reason=reason, certain=False)
    if is_collatable(choice.type) and not is_sqlites_locale(target.locale):
        return replace(choice, collation="C")
    return choice


@cache
def _parts(declared_type: str) -> tuple[str, tuple[str, ...]]:
    """A declared type in lower case without its arguments, and those."""
    plain = re.sub(r"/\*.*?\*/|--[^\n]*", " ", declared_type, flags=re.DOTALL)  # SQLite keeps comments in a type
    match = re.fullmatch(r"([^(]*)(?:\(([^)]*)\)?)?(.*)", plain, re.DOTALL)
    assert match is not None  # the last group takes any rest
    arguments = tuple(part.strip() for part in (match[2] or "").split(",") if part.strip())
    return _normal(f"{match[1]} {match[3]}"), arguments


def _normal(name: str) -> str:
    return re.sub(r"\s*([(),.])\s*", r"\1", " ".join(folded(name).split()))
