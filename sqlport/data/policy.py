"""What is done with a value that does not fit, decided by the user beforehand: fail, reject the row, or coerce."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final
from typing import Literal as OneOf

from sqlport.catalog.names import folded
from sqlport.config import suggestion
from sqlport.data.coerce import RULES
from sqlport.model import SqlportError

Action = OneOf["fail", "reject", "coerce"]

KINDS: Final[Mapping[str, str]] = {
    "text-in-integer": "text that is no integer in a column of integers",
    "real-in-integer": "a floating point number in a column of integers",
    "blob-in-integer": "a BLOB in a column of integers",
    "empty-in-integer": "an empty text in a column of integers",
    "integer-too-large": "an integer that the type does not reach to",
    "text-in-real": "text in a column of floating point numbers",
    "blob-in-real": "a BLOB in a column of floating point numbers",
    "empty-in-real": "an empty text in a column of floating point numbers",
    "integer-in-real": "an integer that no floating point number equals",
    "real-too-precise": "a number that the 4 bytes of the type `real` do not hold",
    "integer-in-text": "an integer in a column of text",
    "real-in-text": "a floating point number in a column of text",
    "blob-in-text": "a BLOB in a column of text",
    "nul-in-text": "text with a NUL character, which PostgreSQL has no place for",
    "invalid-utf8": "text that is not UTF-8",
    "too-long": "text with more characters than the type takes",
    "not-in-enum": "text that is none of the values of an enum",
    "blanks-at-end": "text with blanks at its end in a column of the type `character`, which does not keep them",
    "too-large": "a value of more than 1 GB",
    "text-in-blob": "text in a column of bytes",
    "empty-in-blob": "an empty text in a column of bytes",
    "integer-in-blob": "an integer in a column of bytes",
    "real-in-blob": "a floating point number in a column of bytes",
    "text-in-numeric": "text in a column of decimal numbers",
    "empty-in-numeric": "an empty text in a column of decimal numbers",
    "blob-in-numeric": "a BLOB in a column of decimal numbers",
    "too-many-decimals": "a number with more decimals than the type keeps",
    "number-too-large": "a number with more digits than the type keeps",
    "integer-in-boolean": "an integer other than 0 and 1 in a column of booleans",
    "real-in-boolean": "a floating point number in a column of booleans",
    "text-in-boolean": "text in a column of booleans",
    "empty-in-boolean": "an empty text in a column of booleans",
    "blob-in-boolean": "a BLOB in a column of booleans",
    "text-in-date": "text that is no ISO date (of this type) in a column of dates",
    "empty-in-date": "an empty text in a column of dates",
    "integer-in-date": "an integer in a column of dates: seconds, milliseconds or Julian days?",
    "real-in-date": "a floating point number in a column of dates: seconds or Julian days?",
    "blob-in-date": "a BLOB in a column of dates",
    "text-in-time": "text that is no time of day",
    "empty-in-time": "an empty text in a column of times",
    "integer-in-time": "an integer in a column of times",
    "real-in-time": "a floating point number in a column of times",
    "blob-in-time": "a BLOB in a column of times",
    "text-in-interval": "text that is no interval of days, hours, minutes and seconds",
    "empty-in-interval": "an empty text in a column of intervals",
    "integer-in-interval": "an integer in a column of intervals: microseconds (as Django writes it) or seconds?",
    "real-in-interval": "a floating point number in a column of intervals: seconds or days?",
    "blob-in-interval": "a BLOB in a column of intervals",
    "text-in-inet": "text that is no IP address",
    "empty-in-inet": "an empty text in a column of IP addresses",
    "integer-in-inet": "an integer in a column of IP addresses",
    "real-in-inet": "a floating point number in a column of IP addresses",
    "blob-in-inet": "a BLOB in a column of IP addresses",
    "text-in-uuid": "text that is no UUID",
    "empty-in-uuid": "an empty text in a column of UUIDs",
    "integer-in-uuid": "an integer in a column of UUIDs",
    "real-in-uuid": "a floating point number in a column of UUIDs",
    "blob-in-uuid": "a BLOB in a column of UUIDs",
    "text-in-json": "text that is no JSON",
    "empty-in-json": "an empty text in a column of JSON",
    "integer-in-json": "an integer in a column of JSON (as text it is JSON)",
    "real-in-json": "a floating point number in a column of JSON (as text it is JSON)",
    "blob-in-json": "a BLOB in a column of JSON",
    "null": "NULL in a column that takes none in PostgreSQL (in SQLite a primary key does)",
    "orphan": "a row that refers to one which is not there",
    "duplicate": "a row with the key of another, as PostgreSQL compares it",
    "refused": "a row that PostgreSQL refuses for another reason, a CHECK for one",
}
"""Every kind of misfit, in words. `null`, `orphan` and `duplicate` are found behind the rows, by the keys."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What to do; `rules` are tried in turn where it is `coerce`, and what none of them fits fails."""

    action: Action = "fail"
    rules: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.action}:{'+'.join(self.rules)}" if self.rules else self.action


@dataclass(frozen=True, slots=True)
class Policies:
    """The policies by `table.column`, `table.*` or kind of misfit; `default` is for all others."""

    default: Policy = Policy()
    given: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, table: str, column: str, kind: str) -> Policy:
        """The policy for this misfit: that of the column, of the kind, of the table, the default."""
        table = folded(table)
        for key in (f"{table}.{folded(column)}", kind, f"{table}.*"):
            if key in self.given:
                return self.given[key]
        return self.default

    def changes(self, table: str, column: str, kinds: Iterable[str]) -> bool:
        """Whether any of these kinds does not simply fail in that column."""
        return any(self.of(table, column, kind).action != "fail" for kind in kinds)

    def words(self) -> str:
        """All policies in a line, for the log and to tell runs apart."""
        listed = [f"{key}={policy}" for key, policy in sorted(self.given.items())]
        return " ".join([str(self.default), *listed])


def parse_policy(text: str) -> Policy:
    """`fail`, `reject`, or `coerce:RULE+RULE`. Raises SqlportError for others."""
    action, _, rest = text.strip().partition(":")
    if action in ("fail", "reject") and not rest:
        return Policy("fail" if action == "fail" else "reject")
    if action != "coerce" or not rest:
        raise SqlportError(f"{text!r} is no policy: use fail, reject or coerce:RULE (rules: {', '.join(RULES)})")
    rules = tuple(word.strip() for word in rest.split("+"))
    for rule in rules:
        if rule not in RULES:
            raise SqlportError(f"no rule {rule!r} to coerce by{suggestion(rule, RULES)}: use {', '.join(RULES)}")
    return Policy("coerce", rules)


def parse_policies(default: str, given: Iterable[str]) -> Policies:
    """Policies from `KEY=POLICY` texts, KEY being `table.column`, `table.*` or a kind. Raises SqlportError."""
    found: dict[str, Policy] = {}
    for text in given:
        key, equals, policy = text.rpartition("=")
        key = folded(key.strip())
        if not equals or not key:
            raise SqlportError(f"{text!r}: write a policy as TABLE.COLUMN=POLICY or KIND=POLICY")
        if "." not in key and key not in KINDS:
            raise SqlportError(f"no kind of misfit is named {key!r}{suggestion(key, KINDS)}")
        found[key] = parse_policy(policy)
    return Policies(parse_policy(default), found)
