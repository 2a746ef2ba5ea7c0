"""SQL that is not known: why, and what the user can do about it."""

from __future__ import annotations

import ast

from sqlport.hosts.python.names import shortened
from sqlport.hosts.python.source import Source
from sqlport.hosts.python.values import (
    TOO_LONG,
    TOO_MANY,
    Class,
    File,
    Function,
    Items,
    Method,
    Object,
    Ref,
    Table,
    Unknown,
    Value,
)
from sqlport.model import Applicability, Effect, Finding, Place, Severity

_BUILTINS = "builtins."
COLLECTION = "it is a collection, not a text"


def unknown_of(value: Value) -> Unknown | None:
    """Why a value at a sink is no text that is known; None where it is one, or nothing that a driver would run."""
    if isinstance(value, Unknown):
        return value
    if isinstance(value, Ref):
        if value.name.startswith(_BUILTINS):
            name = value.name.removeprefix(_BUILTINS)
            return Unknown(name, f"nothing that sqlport can see defines `{name}`")
        top = value.name.partition(".")[0]
        return Unknown(value.name, f"it comes from `{top}`, which is not part of the files that were looked at")
    if isinstance(value, (Method, Function)):
        return Unknown("", "it is an attribute or a function that sqlport does not find the text of")
    if isinstance(value, (Class, Object)):
        return Unknown("", f"it is an object of `{value.info.node.name}`, not a text")
    if isinstance(value, (Items, Table)):
        return Unknown("", COLLECTION)
    return Unknown("", "it is a file, not its text") if isinstance(value, File) else None


def unresolved(source: Source, node: ast.expr, label: str, value: Unknown, *, partly: bool = False) -> Finding:
    """The finding SQP001 at the argument of a sink; `partly` where other texts of the call are known."""
    span = source.span(node)
    line, column = source.lines.place(span.start)
    end_line, end_column = source.lines.place(span.end)
    shown = shortened(span.of(source.text))
    reason = value.reason or "it is computed where sqlport does not look"
    what = "Not all of the SQL" if partly else "The SQL"
    return Finding(
        code="SQP001",
        name="unresolved-sql",
        effect=Effect.DIFFERS,
        severity=Severity.INFO,
        message=f"{what} that `{label}` runs is {'' if partly else 'not '}known: `{shown}`: {reason}. "
        f"Nothing in it was checked. {_help(value)}",
        span=span,
        applicability=Applicability.MANUAL,
        place=Place(source.file.path, line, column, end_line, end_column),
    )


def _help(value: Unknown) -> str:
    """What makes the text known, by the reason that it is not."""
    reason = value.reason
    if reason == TOO_MANY:
        return "Run the texts by a call each, or write them as a list or dict of constants."
    if reason == TOO_LONG:
        return "Write it to a `.sql` file and read that."
    if value.parameter is not None or reason.startswith("it is the parameter"):
        return (
            "No call of the function is in the files that were looked at: look at those files, too, or name the "
            "function in `sinks` of [tool.sqlport]."
        )
    if reason.startswith(("it is read from a file", "it is a file")):
        return "Name the `.sql` file in the call, and give it to sqlport together with the code."
    return (
        "Write it as a literal or a constant, or, when a function of yours passes it on, name that function in `sinks` "
        "of [tool.sqlport] and mark the texts with `# sqlport: sql`."
    )
