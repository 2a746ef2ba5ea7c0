"""A PostgreSQL server, whoever started it: its databases, connections to it, and what it says of itself."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlport.engines import _cluster
from sqlport.model import ServerInfo, SqlportError

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql
    from typing_extensions import LiteralString

DATABASE_LOCALE: LiteralString = "coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', datcollate)"
"""The locale that a row `d` of pg_database sorts by; that of ICU stands in columns that not every version has."""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server that may be used freely until the block that gave it ends.

    `url` names an empty UTF8 database in locale C with all rights over it; `log` is the server's log where it
    runs here; `prefix` begins the name of every database made on it; `owner` is a role that owns nothing of the
    server itself, or empty where there is none (a server given by URL).
    """

    url: str
    info: ServerInfo
    log: Path | None = None
    prefix: str = _cluster.DATABASE
    owner: str = ""

    def connect(
        self,
        dbname: str | None = None,
        autocommit: bool = True,
        *,
        user: str | None = None,
        options: str = "",
    ) -> psycopg.Connection[Any]:
        """Open a connection, to `url`'s database and user unless others are named.

        `options` are the server's command-line options (`-c name=value`). Settings of the caller's environment
        (PGOPTIONS, PGDATABASE, ...) do not take part. Raises SqlportError when the server does not answer.
        """
        return connect(self.url, dbname, autocommit, user=user, options=options)

    def database_url(self, dbname: str) -> str:
        """The URL of another database of this server."""
        import re
        from urllib.parse import quote

        base, _, query = self.url.partition("?")
        authority = re.match(r"\w+://[^/]*", base)
        others = [each for each in query.split("&") if each and not each.startswith("dbname=")]
        prefix = authority[0] if authority else base
        return f"{prefix}/{quote(dbname, safe='')}" + ("?" + "&".join(others) if others else "")

    @contextmanager
    def database(self, template: str = "template0", *, owner: str = "") -> Iterator[str]:
        """A new database, dropped when the block ends; the name is unique on the server.

        A copy of `template` (which nobody may be connected to) takes about 15 ms.
        """
        name = self.create_database(template, owner=owner)
        try:
            yield name
        finally:
            self.drop_database(name)

    def create_database(self, template: str = "template0", *, owner: str = "") -> str:
        """Make a database that lives until `drop_database` or the end of the server, and return its name."""
        from psycopg import sql

        name = f"{self.prefix}_{secrets.token_hex(6)}"
        parts: list[sql.Composable] = [
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        ]
        if template == "template0":
            parts.append(sql.SQL(as_sqlite(self.info.major)))
        if owner:
            parts.append(sql.SQL("OWNER {}").format(sql.Identifier(owner)))
        if self.info.major >= 15:
            parts.append(sql.SQL("STRATEGY file_copy"))
        self._administer(sql.SQL(" ").join(parts))
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database of this run, also under open connections."""
        from psycopg import sql

        if not name.startswith(self.prefix):
            raise ValueError(f"{name} was not made here")
        force = sql.SQL(" WITH (FORCE)") if self.info.major >= 13 else sql.SQL("")
        self._administer(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)) + force)

    def _administer(self, statement: sql.Composed) -> None:
        import psycopg

        with self.connect() as connection:
            try:
                connection.execute(statement)
            except psycopg.Error as error:
                raise SqlportError(f"{masked(self.url)}: {statement.as_string()}: {str(error).strip()}") from None


def connect(
    url: str, dbname: str | None = None, autocommit: bool = True, *, user: str | None = None, options: str = ""
) -> psycopg.Connection[Any]:
    """Open a connection to any URL; SqlportError without the password in it when that fails."""
    import psycopg

    settings: dict[str, Any] = {"options": options or " ", "client_encoding": "utf8", "connect_timeout": 10}
    if dbname is not None:
        settings["dbname"] = dbname
    if user is not None:
        settings["user"] = user
    try:
        return psycopg.connect(url, autocommit=autocommit, **settings)
    except psycopg.Error as error:
        raise SqlportError(f"no connection to {masked(url)}: {str(error).strip()}") from None


def masked(url: str) -> str:
    """The URL without its password."""
    hidden = re.sub(r"(?<=//)([^/?#@:]*):[^/?#]*@", r"\1:***@", url)
    return re.sub(r"(?i)([?&](?:ssl)?password=)[^&#]*", r"\1***", hidden)


def as_sqlite(major: int) -> LiteralString:
    """The options of CREATE DATABASE ... TEMPLATE template0 under which text compares as in SQLite.

    The provider has to be said: a cluster that was made with ICU keeps sorting by it whatever LC_COLLATE says.
    https://www.postgresql.org/docs/current/sql-createdatabase.html
    """
    provider: LiteralString = "LOCALE_PROVIDER libc " if major >= 15 else ""
    return f"ENCODING 'UTF8' {provider}LC_COLLATE 'C' LC_CTYPE 'C'"


def describe(connection: psycopg.Connection[Any], provider: str) -> ServerInfo:
    """Version and locale as the server itself gives them."""
    row = connection.execute(
        f"SELECT current_setting('server_version_num')::int, current_setting('server_version'), {DATABASE_LOCALE} "
        "FROM pg_database d WHERE datname = current_database()"
    ).fetchone()
    if row is None:
        raise SqlportError("the server does not know the database that it is connected to")
    number, version, locale = row
    return ServerInfo(provider, number // 10000, version.split()[0], locale)
