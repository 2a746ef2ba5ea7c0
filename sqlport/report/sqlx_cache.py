"""sqlx's offline query files (`.sqlx/query-<hash>.json`), as `cargo sqlx prepare` writes them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlport.verify.describe import CustomType, Described

# https://docs.rs/sqlx-postgres/latest/src/sqlx_postgres/type_info.rs.html: the server's own types by OID.
_SINGLE = {
    16: "Bool", 17: "Bytea", 18: "Char", 19: "Name", 20: "Int8", 21: "Int2", 23: "Int4", 25: "Text", 26: "Oid",
    114: "Json", 142: "Xml", 600: "Point", 601: "Lseg", 602: "Path", 603: "Box", 604: "Polygon", 628: "Line",
    650: "Cidr", 700: "Float4", 701: "Float8", 705: "Unknown", 718: "Circle", 774: "Macaddr8", 790: "Money",
    829: "Macaddr", 869: "Inet", 1042: "Bpchar", 1043: "Varchar", 1082: "Date", 1083: "Time", 1114: "Timestamp",
    1184: "Timestamptz", 1186: "Interval", 1266: "Timetz", 1560: "Bit", 1562: "Varbit", 1700: "Numeric",
    2249: "Record", 2278: "Void", 2950: "Uuid", 3802: "Jsonb", 3904: "Int4Range", 3906: "NumRange", 3908: "TsRange",
    3910: "TstzRange", 3912: "DateRange", 3926: "Int8Range", 4072: "Jsonpath",
}  # fmt: skip
_ARRAYS = {
    1000: "Bool", 1001: "Bytea", 1002: "Char", 1003: "Name", 1016: "Int8", 1005: "Int2", 1007: "Int4", 1009: "Text",
    1028: "Oid", 199: "Json", 1021: "Float4", 1022: "Float8", 1014: "Bpchar", 1015: "Varchar", 1182: "Date",
    1183: "Time", 1115: "Timestamp", 1185: "Timestamptz", 1187: "Interval", 1270: "Timetz", 1561: "Bit",
    1563: "Varbit", 1231: "Numeric", 2951: "Uuid", 3807: "Jsonb", 1041: "Inet", 651: "Cidr", 1040: "Macaddr",
}  # fmt: skip


def name_of(sql: str) -> str:
    """The file's name: the hash of the text as it is written in the code."""
    return f"query-{_hash(sql)}.json"


def content(sql: str, described: Described, custom: Mapping[int, CustomType]) -> str:
    """The file's text. Raises KeyError with the OID of a type that sqlx has no name for."""
    columns = [
        {"ordinal": number, "name": column.name, "type_info": _type(column.type, custom)}
        for number, column in enumerate(described.columns)
    ]
    whole = {
        "db_name": "PostgreSQL",
        "query": sql,
        "describe": {
            "columns": columns,
            "parameters": {"Left": [_type(oid, custom) for oid in described.parameters]},
            "nullable": [column.nullable for column in described.columns],
        },
        "hash": _hash(sql),
    }
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _hash(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()


def _type(oid: int, custom: Mapping[int, CustomType]) -> Any:
    if oid in _SINGLE:
        return _SINGLE[oid]
    if oid in _ARRAYS:
        return f"{_ARRAYS[oid]}Array"
    found = custom[oid]
    kind: Any = "Simple"
    if found.kind == "e":
        kind = {"Enum": list(found.labels)}
    elif found.kind == "a":
        kind = {"Array": _type(found.element, custom)}
    elif found.kind == "d":
        kind = {"Domain": _type(found.element, custom)}
    return {"Custom": {"name": found.name, "kind": kind}}
