"""PRG003: PRAGMA case_sensitive_like, which makes LIKE what it is on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._pragmas import ON, left_out, pragma

_OFF = "LIKE minds capital letters on PostgreSQL, whatever was set before; leave the PRAGMA out and look at its LIKEs"


def find(context: Context) -> Iterator[Proposal]:
    """Every one."""
    found = pragma(context)
    if found is not None and found.name == "case_sensitive_like":
        if found.value.lower() in ON:
            yield Proposal(found.span, (left_out(context, "always so on PostgreSQL"),))
        else:
            yield Proposal(found.span, message=_OFF)
