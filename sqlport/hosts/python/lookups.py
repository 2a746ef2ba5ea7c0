"""Small questions to values and names that the evaluator and its calls both ask."""

from __future__ import annotations

from sqlport.hosts.python import strings
from sqlport.hosts.python.values import Const, Method, Option, Str, Table, Unknown, Value, choose


def table_item(base: Table, key: Value, source: str, branch: int) -> Value:
    """`base[key]`: one entry, or any of them where the key is not known."""
    pairs = dict(base.pairs)
    if isinstance(key, Str):
        found = pairs.get(strings.flat(key))
        if found is not None:
            return found
    elif isinstance(key, Const) and isinstance(key.value, int):
        found = pairs.get(key.value)
        if found is not None:
            return found
    elif isinstance(key, (Unknown, Method)) and pairs:
        return choose((Option(value, ((branch, index),)) for index, value in enumerate(pairs.values())), source)
    return Unknown(source, "a key that is not known here")


def named(value: Value, source: str) -> Value:
    """An unknown value under the name by which it is used."""
    if isinstance(value, Unknown):
        return Unknown(value.source or source, value.reason, value.kind, value.parameter)
    return value
