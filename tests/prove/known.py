"""The proven differences (`fixtures/constructs`) put to the proof: as they are, and ported."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlport
from sqlport.catalog import from_statements
from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.judging import definitions
from sqlport.model import Arguments, Proof, Statement
from sqlport.prove import Case, Universes, prove
from sqlport.sql import apply, read
from sqlport.sql.parameters import numbered
from sqlport.tables import Schema
from sqlport.verify import prepare_schema
from tests.constructs import Construct, constructs
from tests.prove.support import book

_TABLES = ("CREATE", "ALTER")


@dataclass(frozen=True, slots=True)
class Known:
    """The proofs of one case: of the statement as it is written, and of its port.

    `native` is the proof of what is written on PostgreSQL's own types (boolean, timestamptz, json, plain text).
    """

    case: Construct
    ported: sqlport.Port
    raw: Proof
    native: Proof
    port: Proof

    @property
    def settled(self) -> bool:
        """Whether nothing of what was found is left to a person."""
        return all(finding.applied for finding in self.ported.findings)


def known(server: Server) -> Iterator[Known]:
    """All proofs of every case that is one statement."""
    groups: dict[tuple[str, ...], list[Construct]] = defaultdict(list)
    for case in constructs():
        if len(case.sqlite) == 1:
            tables = tuple(sql for sql in case.setup if sql.lstrip().split(None, 1)[0].upper() in _TABLES)
            groups[tables].append(case)
    for tables, group in groups.items():
        yield from _group(server, tables, group)


def _group(server: Server, tables: tuple[str, ...], group: Sequence[Construct]) -> Iterator[Known]:
    raws, portings, ports = [], [], []
    for number, case in enumerate(group):
        sql = case.sqlite[0]
        port = sqlport.port(sql, schema=";\n".join(tables), unsafe=True, driver="numbered", params=case.params or None)
        edits, keys = numbered(read(sql))
        statement = _statement(str(number), case)
        ports.append(port)
        raws.append(Case(statement, apply(sql, edits), tuple(dict.fromkeys(keys))))
        portings.append(Case(statement, port.sql, tuple(dict.fromkeys(port.parameters))))
    raw = _proofs(server, tables, raws, Config())
    native = _proofs(server, tables, raws, Config(profile="native"))
    ported = _proofs(server, tables, portings, Config())
    for number, (case, port) in enumerate(zip(group, ports, strict=True)):
        key = str(number)
        yield Known(case, port, raw[key], native[key], ported[key])


def _proofs(server: Server, tables: Sequence[str], cases: Sequence[Case], config: Config) -> Mapping[str, Proof]:
    catalog = from_statements([("schema", sql) for sql in tables]).catalog
    schema = Schema("", catalog)
    ddl = definitions(schema, config, book())
    if config.profile == "native":  # without the rules nobody knows of citext
        ddl = [re.sub(r"\bcitext\b(?! *;)", "text", sql) for sql in ddl if "EXTENSION" not in sql]
    prepared = prepare_schema(server, ddl)
    try:
        return prove(server, prepared, catalog, (schema.definitions, ddl), cases, config.target, Universes(2, 0))
    finally:
        server.drop_database(prepared.database)


def _statement(identity: str, case: Construct) -> Statement:
    params = case.params or ()
    keyed = params.items() if isinstance(params, dict) else enumerate(params)
    types = {key: type(value).__name__ for key, value in keyed}
    arguments = Arguments(passed=bool(params), types=types)
    path = f"{case.id}.py"
    return Statement(
        identity, path, 1, 1, 1, "python", "sqlite", "execute", path, 1, case.sqlite[0], arguments=arguments
    )
