"""CAT003: what SQLite tells of indexes and foreign keys."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _catalogue as catalogue
from sqlport.fixers._catalogue import View
from sqlport.model import Applicability

_ORIGIN = (
    "coalesce((SELECT CASE contype WHEN 'p' THEN 'pk' ELSE 'u' END FROM pg_constraint"
    " WHERE conindid = indexrelid AND contype IN ('p', 'u')), 'c')"
)
_VIEWS = {
    "pragma_index_list": View(
        {
            "name": "indexrelid::regclass::text",
            "unique": "indisunique::int",
            "origin": _ORIGIN,
            "partial": "(indpred IS NOT NULL)::int",
        },
        "pg_index WHERE indrelid = {}",
    ),
    "pragma_index_info": View(
        {
            "name": "(SELECT attname FROM pg_attribute AS a WHERE a.attrelid = indrelid AND a.attnum = k.attnum)",
            "seqno": "n - 1",
            "cid": "k.attnum - 1",
        },
        "pg_index CROSS JOIN unnest(indkey) WITH ORDINALITY AS k (attnum, n) WHERE indexrelid = {}",
    ),
    "pragma_foreign_key_list": View(
        {"table": "confrelid::regclass::text", "from": "a.attname", "to": "b.attname", "seq": "n - 1"},
        "pg_constraint CROSS JOIN unnest(conkey, confkey) WITH ORDINALITY AS k (child, parent, n)"
        " JOIN pg_attribute AS a ON a.attrelid = conrelid AND a.attnum = child"
        " JOIN pg_attribute AS b ON b.attrelid = confrelid AND b.attnum = parent"
        " WHERE contype = 'f' AND conrelid = {}",
    ),
}
_KNOWN = frozenset("seq name unique origin partial seqno cid id table from to on_update on_delete match".split())
_OTHER = (
    "this column of SQLite's catalogue has no equal in PostgreSQL's, or the table is not named here; "
    "read pg_indexes, pg_index or pg_constraint"
)
_ALL = "the table has no primary key of one integer column (SQLite has no index for it, PostgreSQL has)"
_PRAGMA = (
    "PostgreSQL has no PRAGMA of this name; read pg_indexes for indexes and "
    "information_schema.key_column_usage or pg_constraint for keys"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every use of the functions and pragmas about indexes and foreign keys."""
    for call, table in catalogue.functions(context, *_VIEWS, "pragma_index_xinfo"):
        span = context.parsed.span(table)
        view = _VIEWS.get(str(call.this))
        used = catalogue.used_columns(table, _KNOWN)
        name = catalogue.literal_name(call)
        if view is None or not used <= set(view.columns) or name is None:
            yield Proposal(span, message=_OTHER)
            continue
        unsure = call.this == "pragma_index_list" and "origin" not in used
        yield catalogue.derived(
            context,
            table,
            View(view.columns, view.source.format(catalogue.regclass(name))).query(used),
            applicability=Applicability.UNSAFE if unsure else None,
            condition=_ALL if unsure else "",
        )
    words = ("INDEX_LIST", "INDEX_INFO", "INDEX_XINFO", "FOREIGN_KEY_LIST")
    tokens = context.parsed.tokens
    if context.parsed.kind == "PRAGMA" and any(token.word in words for token in tokens[:4]):
        yield Proposal(tokens[0].span, message=_PRAGMA)
