"""Whole schemas: ported to PostgreSQL in one piece, applied, compared with what is there, and documented.

    source = read_source("app.db", config)                   # a file, migrations or code
    schema = port_schema(source, config.target, rulebook)    # PostgreSQL definitions in an order that works
    sure, shape = on_server(schema, server)                  # what a throwaway server took of them (drift.py)
    parts = loading(sure.schema)                             # for a load of rows, see below

`Loading` has what a load needs: run `before` (extensions, tables without any key), write the rows of `tables`
(for each column SQLite's name, PostgreSQL's name and type; generated columns are left out), run `behind` (keys,
indexes, foreign keys, views, functions, triggers) and `sequences` (`setval` of identity columns, to the larger
of `sqlite_sequence` and the largest id).
"""

from sqlport.schema.compare import Difference, compare
from sqlport.schema.confirm import Confirmed, confirmed
from sqlport.schema.loading import LoadedColumn, LoadedTable, Loading, loading
from sqlport.schema.port import Definition, NotPorted, PortedSchema, port_schema
from sqlport.schema.render import down_sql, up_sql
from sqlport.schema.source import Source, read_source

__all__ = [
    "Confirmed",
    "Definition",
    "Difference",
    "LoadedColumn",
    "LoadedTable",
    "Loading",
    "NotPorted",
    "PortedSchema",
    "Source",
    "compare",
    "confirmed",
    "down_sql",
    "loading",
    "port_schema",
    "read_source",
    "up_sql",
]
