"""What kind of value an expression gives on PostgreSQL once it is ported, and whether it may be NULL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal as OneOf

from sqlglot import exp

Kind = OneOf["integer", "real", "numeric", "text", "blob", "boolean", "time", "json", "null", "any"]
"""`boolean` is a condition (PostgreSQL's boolean), `time` a date or timestamp, `any` not known."""

_CONDITIONS = (
    exp.EQ,
    exp.NEQ,
    exp.LT,
    exp.LTE,
    exp.GT,
    exp.GTE,
    exp.And,
    exp.Or,
    exp.Not,
    exp.In,
    exp.Between,
    exp.Like,
    exp.ILike,
    exp.Glob,
    exp.RegexpLike,
    exp.Is,
    exp.NullSafeEQ,
    exp.NullSafeNEQ,
    exp.Exists,
    exp.Escape,
    exp.Boolean,
    exp.Match,
)
_CALLS: Mapping[str, Kind] = {
    **dict.fromkeys(
        """lower upper substr substring trim ltrim rtrim replace printf format date time datetime strftime hex
    quote typeof group_concat string_agg char json json_array json_object json_group_array
    json_group_object json_set json_insert json_replace json_remove json_patch json_quote json_type
    soundex sqlite_version concat concat_ws timediff to_char lpad rpad left right chr encode repeat translate
    regexp_replace to_hex quote_literal reverse initcap""".split(),
        "text",
    ),
    **dict.fromkeys(
        """length octet_length instr count unicode random changes total_changes last_insert_rowid unixepoch
    json_array_length json_valid row_number rank dense_rank ntile strpos ascii char_length bit_length
    position""".split(),
        "integer",
    ),
    **dict.fromkeys(
        """julianday total avg sqrt pow power exp ln log log10 log2 sin cos tan asin acos atan atan2 pi radians
    degrees percent_rank cume_dist""".split(),
        "real",
    ),
    **dict.fromkeys(["randomblob", "zeroblob", "unhex", "decode", "convert_to", "uuid_send"], "blob"),
    "regexp_like": "boolean",
    **dict.fromkeys(["glob", "like", "regexp"], "boolean"),
}
_LIKE_ARGUMENTS = frozenset(
    """coalesce ifnull nullif min max sum abs iif likely unlikely likelihood lag lead first_value
    last_value nth_value array_agg round ceil ceiling floor trunc mod sign""".split()
)
_NUMBERS_ONLY = frozenset("min max sum abs round ceil ceiling floor trunc mod sign".split())
_TOTAL_CALLS = frozenset("count total row_number rank dense_rank ntile random typeof quote".split())


def of_type(type_name: str) -> Kind:
    """The kind of a PostgreSQL type, by name."""
    name = type_name.lower().split("(")[0].strip()
    if name in ("bigint", "integer", "smallint", "int", "int2", "int4", "int8"):
        return "integer"
    if name in ("double precision", "real", "float8", "float4"):
        return "real"
    if name in ("numeric", "decimal"):
        return "numeric"
    if name in ("text", "citext", "character varying", "varchar", "character", "char", "uuid"):
        return "text"
    if name.startswith(("timestamp", "date", "time")):
        return "time"
    return {"bytea": "blob", "boolean": "boolean", "jsonb": "json", "json": "json"}.get(name, "any")  # type: ignore[return-value]


def unified(kinds: Iterable[Kind]) -> Kind:
    """The kind that branches of one expression have together."""
    found = {kind for kind in kinds if kind != "null"}
    if not found:
        return "null"
    if len(found) == 1:
        return found.pop()
    found = {"integer" if kind == "boolean" else kind for kind in found}  # conditions among numbers are cast
    if len(found) == 1:
        return found.pop()
    if found <= {"integer", "real"}:
        return "real"
    if found <= {"integer", "numeric"}:
        return "numeric"
    return "any"


def is_condition_form(node: exp.Expr) -> bool:
    """Whether PostgreSQL gives a boolean for this form of expression."""
    return isinstance(node, _CONDITIONS)


def of_call(name: str) -> Kind | None:
    """The kind that a function always gives."""
    return _CALLS.get(name)


def follows_arguments(name: str) -> bool:
    """Whether a function gives the kind that its arguments have."""
    return name in _LIKE_ARGUMENTS


def wants_number(name: str) -> bool:
    """Whether a function that follows its arguments takes no conditions, so that they are cast to numbers."""
    return name in _NUMBERS_ONLY


def never_null(name: str) -> bool:
    """Whether a function never gives NULL."""
    return name in _TOTAL_CALLS
