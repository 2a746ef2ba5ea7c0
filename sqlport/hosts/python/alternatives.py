"""What the argument of a sink can be: which of its alternatives are texts that the program runs."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlport.hosts.python import strings
from sqlport.hosts.python.sinks import Sink
from sqlport.hosts.python.values import Chars, Items, Option, Str, Value, options


def texts_of(value: Value, sink: Sink) -> list[Value]:
    """The texts that one argument holds: itself, or the elements of a list where the sink takes one."""
    if not isinstance(value, Items) or not sink.items:
        return [value]
    found: list[Value] = []
    for element in value.values:
        for option in options(element):
            part = option.value
            found.append(part.values[0] if isinstance(part, Items) and part.values else part)
    return found


_CUT_OFF = re.compile(r"(?i)(?:\b(?:WHERE|AND|OR|SET|FROM|JOIN|BY|VALUES|IN|LIMIT)|[,(=])\s*;?\s*\Z")


def whole_texts(found: Sequence[Option]) -> Sequence[Option]:
    """Without the texts that end where a clause begins: the program does not come that way (no condition, `WHERE`)."""
    whole = [
        option
        for option in found
        if not isinstance(option.value, Str) or not _CUT_OFF.search(strings.tail(option.value))
    ]
    return whole or found


def script_of(value: Str) -> str | None:
    """The `.sql` file that a text is read from."""
    literals = (piece.literal for piece in value.pieces if isinstance(piece, Chars))
    return next((literal.path for literal in literals if literal is not None and literal.host == "sql"), None)
