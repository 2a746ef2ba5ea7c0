"""Placeholders from SQLite's styles to `$n`, as the server is asked, and to the spelling of a driver."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.model import Driver, Edit, Span
from sqlport.sql.read import Parsed
from sqlport.sql.reader import Placeholder


def numbered(parsed: Parsed) -> tuple[tuple[Edit, ...], tuple[int | str, ...]]:
    """Edits to `$1`, `$2`, ...: one number for each parameter in the order of first use, and which one each is."""
    numbers: dict[int | str, int] = {}
    edits: list[Edit] = []
    for placeholder in parsed.placeholders:
        number = numbers.setdefault(placeholder.key, len(numbers) + 1)
        edits.append(Edit(placeholder.span.start, placeholder.span.end, f"${number}{_gap(parsed, placeholder)}"))
    return tuple(edits), tuple(numbers)


def spelled(parsed: Parsed, driver: Driver) -> Iterator[tuple[Placeholder, str]]:
    """Each placeholder as the driver writes it: `%s` and `%(name)s` for psycopg, `$n` where it numbers."""
    if driver == "none":
        return
    numbers, _ = numbered(parsed)
    for placeholder, number in zip(parsed.placeholders, numbers, strict=True):
        if driver == "numbered":
            yield placeholder, number.text
        else:
            text = "%s" if isinstance(placeholder.key, int) else f"%({placeholder.key})s"
            yield placeholder, text + _gap(parsed, placeholder)


def _gap(parsed: Parsed, placeholder: Placeholder) -> str:
    """A blank where a word follows directly: SQLite reads `?WHERE`, PostgreSQL finds trailing junk in `$1WHERE`."""
    following = parsed.text[placeholder.span.end : placeholder.span.end + 1]
    return " " if following.isalnum() or following == "_" else ""


def percents(parsed: Parsed) -> Iterator[Span]:
    """Every `%` of the text. psycopg reads them in literals and in comments too, once parameters are passed.

    https://www.psycopg.org/psycopg3/docs/basic/params.html
    """
    for index, character in enumerate(parsed.text):
        if character == "%":
            yield Span(index, index + 1)
