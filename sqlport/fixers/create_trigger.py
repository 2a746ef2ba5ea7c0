"""TRG001: a trigger as a function in plpgsql and a trigger that runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlport.catalog.names import folded, quote
from sqlport.fixers import Context, Proposal
from sqlport.fixers._trigger_body import Body, Porter, UnportableError
from sqlport.fixers._trigger_cycles import runs_itself_through_others
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite
from sqlport.sql.triggers import CreateTrigger, read_create_trigger

_GUARD = "pg_trigger_depth() = 0"
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_ALL_ROWS = "nothing relies on the trigger having run for one row before the next row of a statement is written"
_TRIED = "it has been tried: PostgreSQL looks into the body of a function only when it runs"
_RECURSION = "no other trigger writes to its table (SQLite runs this one then, but never inside itself)"


def find(context: Context) -> Iterator[Proposal]:
    """Every CREATE TRIGGER with SQLite's body."""
    if context.parsed.kind != "CREATE TRIGGER":
        return
    trigger = read_create_trigger(context.parsed.text, context.parsed.tokens)
    if trigger is None:
        return
    span = Span(context.parsed.tokens[0].start, trigger.name.span.end)
    try:
        rewrites, conditions = _ported(context, trigger)
    except UnportableError as reason:
        message = (
            "a trigger of PostgreSQL runs a function, which a person has to write here: "
            f"{reason}; see PostgreSQL's documentation of trigger functions"
        )
        yield Proposal(span, message=message)
    else:
        yield Proposal(span, rewrites, Applicability.UNSAFE, condition="; ".join(conditions))


def function_name(trigger: str) -> str:
    """The name of the function behind a ported trigger."""
    return quote(f"{folded(trigger)}_fn", "function")


def _ported(context: Context, trigger: CreateTrigger) -> tuple[tuple[Rewrite, ...], tuple[str, ...]]:
    table = context.catalog.table(trigger.table.text)
    if table is None:
        raise UnportableError(f"{trigger.table.text} is not known here")
    if trigger.temporary or (trigger.schema and folded(trigger.schema.text) != "main"):
        raise UnportableError("it is temporary, and PostgreSQL's triggers stay")
    if context.port is None or "$$" in context.parsed.text:
        raise UnportableError("its text holds `$$`")
    porter = Porter(context, trigger, table)
    body = porter.body()
    when = porter.condition(trigger.when) if trigger.when else ""
    cyclic = not body.recursive and runs_itself_through_others(trigger, context.parsed.text, context.catalog)
    _check_form(trigger, body, when)
    if cyclic and "RETURN NULL" in "".join(str(part) for rewrite in body.rewrites for part in rewrite.parts):
        raise UnportableError("it fires itself through other triggers, and leaves in the middle")
    inside = trigger.timing == "INSTEAD OF" or bool(re.search(r"(?i)\bSELECT\b", when))
    conditions = [_ALL_ROWS] if trigger.timing == "AFTER" else []
    conditions += [_RECURSION] if body.recursive else []
    text = context.parsed.text
    multiline = "\n" in text[trigger.begin.end : trigger.end.start]
    outer = _function(text, trigger, body, when if inside else "", multiline=multiline, cyclic=cyclic)
    tail = _statement(trigger, body, "" if inside else when, multiline)
    if not conditions and not body.conditions:
        conditions = [_TRIED]
    return (Rewrite(outer.start, outer.end, (*outer.parts, tail)), *body.rewrites), (*conditions, *body.conditions)


def _check_form(trigger: CreateTrigger, body: Body, when: str) -> None:
    if trigger.timing == "INSTEAD OF" and trigger.columns:
        raise UnportableError("PostgreSQL has no INSTEAD OF UPDATE OF columns")
    if body.recursive and trigger.timing == "INSTEAD OF":
        raise UnportableError("it writes to its own view")
    if body.recursive and trigger.timing == "BEFORE" and trigger.event != "INSERT":
        raise UnportableError("it writes to the row that is being written, which has to be an assignment to NEW")


def _function(
    text: str, trigger: CreateTrigger, body: Body, condition: str, *, multiline: bool, cyclic: bool
) -> Rewrite:
    """All words of the trigger as the function; the body keeps its own layout and comments."""
    line = "\n" if multiline else " "
    first = trigger.body[0].start
    step = text[text.rfind("\n", 0, first) + 1 : first] if multiline else ""
    indent = step if step.isspace() else "    " if multiline else ""
    head = f"CREATE OR REPLACE FUNCTION {function_name(trigger.name.text)}() RETURNS trigger LANGUAGE plpgsql AS $$"
    before = "".join(f"{match}\n" for match in _COMMENT.findall(text[: trigger.begin.start]))
    parts: list[str | Span] = [f"{before}{head}{line}", trigger.begin]
    setting = _string(f"running.{re.sub(r'[^a-z0-9_]', '_', folded(trigger.name.text))}")
    if cyclic:
        left = f"RETURN {_returned(trigger)}"
        parts.append(f"{line}{indent}IF current_setting({setting}, true) = 'on' THEN {left}; END IF;")
        parts.append(f"{line}{indent}PERFORM set_config({setting}, 'on', true);")
    if condition:
        parts.append(f"{line}{indent}IF {condition} THEN")
    parts.append(Span(trigger.begin.end, trigger.last))
    if condition:
        parts.append(f"{line}{indent}END IF;")
    if cyclic:
        parts.append(f"{line}{indent}PERFORM set_config({setting}, 'off', true);")
    if not body.ends or condition:
        parts.append(f"{line}{indent}RETURN {_returned(trigger)};")
    parts += [Span(trigger.last, trigger.end.end), f"{line}$$;\n" if multiline else " $$; "]
    return Rewrite(0, trigger.end.end, tuple(parts))


def _statement(trigger: CreateTrigger, body: Body, when: str, multiline: bool) -> str:
    verb = "CREATE OR REPLACE TRIGGER" if trigger.if_not_exists else "CREATE TRIGGER"
    columns = " OF " + ", ".join(quote(name.text) for name in trigger.columns) if trigger.columns else ""
    tests = [_GUARD] if body.recursive else []
    if when:
        tests.append(f"({when})" if tests and re.search(r"(?i)\bOR\b", when) else when)
    condition = f" WHEN ({' AND '.join(tests)})" if tests else ""
    return (
        f"{verb} {quote(trigger.name.text)} {trigger.timing} {trigger.event}{columns} ON {quote(trigger.table.text)}"
        f"{chr(10) if multiline else ' '}FOR EACH ROW{condition}"
        f" EXECUTE FUNCTION {function_name(trigger.name.text)}()"
    )


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _returned(trigger: CreateTrigger) -> str:
    if trigger.timing == "AFTER":
        return "NULL"
    return "OLD" if trigger.event == "DELETE" else "NEW"
