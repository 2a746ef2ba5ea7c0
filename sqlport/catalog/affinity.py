"""SQLite's rule that turns any declared type into one of five affinities."""

from __future__ import annotations

from sqlport.catalog.tables import Affinity

_RULES: tuple[tuple[tuple[str, ...], Affinity], ...] = (
    (("INT",), "INTEGER"),
    (("CHAR", "CLOB", "TEXT"), "TEXT"),
    (("BLOB",), "BLOB"),
    (("REAL", "FLOA", "DOUB"), "REAL"),
)


def affinity(declared_type: str, *, strict: bool = False) -> Affinity:
    """The affinity of a column declared with this type (https://www.sqlite.org/datatype3.html, section 3.1).

    In a STRICT table ANY converts nothing, which is what affinity BLOB means; elsewhere it is NUMERIC.
    """
    upper = declared_type.upper()
    if not upper.strip() or (strict and upper == "ANY"):
        return "BLOB"
    return next((result for parts, result in _RULES if any(part in upper for part in parts)), "NUMERIC")
