"""Functions that a port may call when `helpers = true`: SQLite's meaning, where PostgreSQL has none that is exact.

They are created with the schema, are IMMUTABLE, and call nothing but PostgreSQL's own functions.
"""

from __future__ import annotations

from sqlport.model import Target

TIMESTAMP = "sqlport_timestamp"
"""A text, or seconds since 1970, as SQLite reads it: https://www.sqlite.org/lang_datefunc.html#tmval"""
FORMATTED = "sqlport_to_char"
"""`to_char(timestamp, text)` of formats that no setting changes, so that an index may hold it."""

_TEXT = rf"""CREATE OR REPLACE FUNCTION {TIMESTAMP}(value text) RETURNS timestamp
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $sqlport$
DECLARE
    part text[] := regexp_match(value, '^(?:(\d{{4}})-(\d\d)-(\d\d)[\sT]*)?(?:(\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?'
        '\s*(?:[Zz]|([+-])(\d\d):(\d\d))?\s*)?$');
    day date;
    made timestamp;
    julian double precision;
BEGIN
    IF lower(value) = 'now' THEN
        RAISE EXCEPTION '"now" is no fixed time' USING ERRCODE = 'invalid_datetime_format';
    END IF;
    IF part IS NULL OR part[1] IS NULL AND part[4] IS NULL THEN
        IF value !~ '^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$' THEN
            RETURN NULL;
        END IF;
        julian := value::double precision;
        IF julian < 0 OR julian >= 5373484.5 THEN
            RETURN NULL;
        END IF;
        RETURN {TIMESTAMP}((julian - 2440587.5) * 86400);
    END IF;
    IF part[2]::int NOT BETWEEN 1 AND 12 OR part[3]::int NOT BETWEEN 1 AND 31 OR part[4]::int > 24
        OR part[5]::int > 59 OR part[6]::int > 59 OR part[9]::int > 14 OR part[10]::int > 59 THEN
        RETURN NULL;
    END IF;
    day := make_date(coalesce(part[1]::int, 2000), coalesce(part[2]::int, 1), coalesce(part[3]::int, 1));
    made := day + make_interval(hours => coalesce(part[4]::int, 0), mins => coalesce(part[5]::int, 0))
        + make_interval(secs => coalesce(part[6]::int, 0)) + ('0' || coalesce(left(part[7], 7), '.0'))::numeric
        * interval '1 second';
    IF part[8] IS NOT NULL THEN
        made := (made - (part[8] || part[9] || ':' || part[10])::interval)::timestamp(3);
    END IF;
    RETURN made;
END $sqlport$"""

_SECONDS = rf"""CREATE OR REPLACE FUNCTION {TIMESTAMP}(seconds double precision) RETURNS timestamp
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $sqlport$
BEGIN
    IF NOT seconds BETWEEN -210866760000 AND 253402300799.9995 THEN
        RETURN NULL;
    ELSIF seconds < -62135596800 THEN
        RAISE EXCEPTION 'this time is before the year 1: %', seconds USING ERRCODE = 'datetime_field_overflow';
    END IF;
    RETURN timestamp '1970-01-01' + floor(seconds * 1000 + 0.5)::bigint * interval '0.001 seconds';
END $sqlport$"""

_FORMATTED = f"""CREATE OR REPLACE FUNCTION {FORMATTED}(value timestamp, pattern text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $sqlport$ SELECT to_char(value, pattern) $sqlport$"""


def definitions(target: Target) -> tuple[tuple[str, str], ...]:
    """Name and CREATE FUNCTION of each helper that ports for this target may call, in order."""
    if not target.helpers:
        return ()
    return (TIMESTAMP, _SECONDS), (TIMESTAMP, _TEXT), (FORMATTED, _FORMATTED)
