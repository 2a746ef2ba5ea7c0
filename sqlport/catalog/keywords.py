"""PostgreSQL's keywords, as the servers themselves list them.

From `SELECT word, catcode, barelabel FROM pg_get_keywords()` on PostgreSQL 15.18 and 18.6, the stricter
answer where they differ; words that 16 and 17 made keywords are still keywords in 18. Unreserved words are
left out: they are names everywhere. See https://www.postgresql.org/docs/current/sql-keywords-appendix.html.
"""

from __future__ import annotations

_RESERVED = """
    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint
    create current_catalog current_date current_role current_time current_timestamp current_user default
    deferrable desc distinct do else end except false fetch for foreign from grant group having in
    initially intersect into lateral leading limit localtime localtimestamp not null offset on only or
    order placing primary references returning select session_user some symmetric system_user table then
    to trailing true union unique user using variadic when where window with
"""
RESERVED = frozenset(_RESERVED.split())
"""Never a name without quotes."""

_TYPE_OR_FUNCTION = """
    authorization binary collation concurrently cross current_schema freeze full ilike inner is isnull
    join left like natural notnull outer overlaps right similar tablesample verbose
"""
TYPE_OR_FUNCTION = frozenset(_TYPE_OR_FUNCTION.split())
"""Reserved, but can name a type or a function."""

_COLUMN_NAME = """
    between bigint bit boolean char character coalesce dec decimal exists extract float greatest
    grouping inout int integer interval json json_array json_arrayagg json_exists json_object
    json_objectagg json_query json_scalar json_serialize json_table json_value least merge_action
    national nchar none normalize nullif numeric out overlay position precision real row setof smallint
    substring time timestamp treat trim values varchar xmlattributes xmlconcat xmlelement xmlexists
    xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable
"""
COLUMN_NAME = frozenset(_COLUMN_NAME.split())
"""Can name a column or a table, not a type or a function."""

_NEEDS_AS = """
    array as char character create day except fetch filter for from grant group having hour intersect
    into isnull limit minute month notnull offset on order over overlaps precision returning second to
    union varying where window with within without year
"""
NEEDS_AS = frozenset(_NEEDS_AS.split())
"""As a label in a select list only behind AS."""
