"""A scratch database on a server that belongs to somebody else: made, used, dropped, nothing else touched."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from sqlport.engines._lifetime import guarded
from sqlport.engines.server import Server, as_sqlite, connect, describe, masked
from sqlport.model import SqlportError

#: A shell that has nothing to do: a process that is killed leaves its scratch database on the user's server.
_NOTHING = (":",)


@contextmanager
def scratch(url: str) -> Iterator[Server]:
    """A `Server` over a new database of the server at `url`; every database made through it is dropped.

    Databases are named `sqlport_scratch_<random>`, so that one left by a killed process can be told.
    Raises SqlportError when the server does not answer or the role may not create databases.
    """
    import psycopg
    from psycopg import sql

    prefix = f"sqlport_scratch_{secrets.token_hex(6)}"
    with connect(url) as connection:
        info = describe(connection, "url")
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}")
        try:
            connection.execute(create.format(sql.Identifier(prefix), sql.SQL(as_sqlite(info.major))))
        except psycopg.Error as error:
            raise SqlportError(
                f"{masked(url)}: no scratch database could be made ({str(error).strip()}): "
                "give a role with CREATEDB, or leave --postgres out for the embedded server"
            ) from None
    admin = Server(url, info, prefix=prefix)
    with guarded(lambda: _drop_all(admin), _NOTHING):
        inside = admin.database_url(prefix)
        with connect(inside) as connection:
            info = describe(connection, "url")
        yield Server(inside, info, prefix=prefix)


def _drop_all(admin: Server) -> None:
    """Drop the databases of this run, found by their random prefix, from a connection to the user's database."""
    with admin.connect() as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname::text, %s)", [admin.prefix]
        ).fetchall()
    for (name,) in rows:
        admin.drop_database(name)
