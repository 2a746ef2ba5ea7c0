"""The statements of a trigger's body as plpgsql: ported by the same rules, RAISE() as statements of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from sqlport.catalog import Catalog, Table
from sqlport.catalog.names import folded, quote
from sqlport.catalog.tables import ROWID_NAMES
from sqlport.fixers import Context
from sqlport.fixers._trigger_cycles import writes
from sqlport.model import Effect, Finding, Span
from sqlport.sql import Rewrite, Token, read, split
from sqlport.sql.ddl import unquoted
from sqlport.sql.tokens import tokenize
from sqlport.sql.triggers import CreateTrigger

_TEST = "SELECT 1 WHERE "
_ROLLBACK = re.compile(r"(?i)(\bRAISE\s*\(\s*)ROLLBACK\b")  # no name for the parser; the length stays
_ROW = re.compile(r"(?i)(?:new|old)")

_CONDITIONS = {"ROW004": "nothing relies on ids without gaps"}
"""What is so for the whole database, whoever writes the trigger: a condition, and no reason to leave it out."""


class UnportableError(Exception):
    """Why the trigger has to be written by a person."""


@dataclass(frozen=True, slots=True)
class Body:
    """The body's statements as rewrites of the trigger's text.

    `conditions` are those under which they are right, `recursive` tells that they write what fires the trigger,
    `ends` that the last one never comes to its end.
    """

    rewrites: tuple[Rewrite, ...]
    conditions: tuple[str, ...]
    recursive: bool
    ends: bool


class Porter:
    """Ports the parts of one trigger, in which NEW and OLD are rows of its table."""

    def __init__(self, context: Context, trigger: CreateTrigger, table: Table) -> None:
        assert context.port is not None
        self._port = context.port
        self._text = context.parsed.text
        self._tokens: Callable[[Span], tuple[Token, ...]] = context.parsed.tokens_in
        self._trigger = trigger
        self._table = table
        self._catalog = Catalog({**context.catalog.tables, "new": table, "old": table})
        self._conditions: list[str] = []

    def body(self) -> Body:
        """All statements. Raises UnportableError where one has no plpgsql that is certain to do the same."""
        rewrites: list[Rewrite] = []
        recursive = ends = False
        for span in self._trigger.body:
            by_key = self._by_key(span)
            if by_key is not None:
                self._check_rows(tokenize(by_key))
                rewrites.append(Rewrite(span.start, span.end, (self._ported(by_key),)))
                recursive, ends = recursive or self._fires(span.of(self._text)), False
                continue
            self._check_rows(self._tokens(span))
            raised = self._raised(span)
            if raised is not None:
                rewrites.append(Rewrite(span.start, span.end, (raised,)))
                ends = not raised.startswith("IF ")
                continue
            ends = False
            recursive = recursive or self._fires(span.of(self._text))
            rewrites += self._statement(span)
        return Body(tuple(rewrites), tuple(dict.fromkeys(self._conditions)), recursive, ends)

    def condition(self, span: Span) -> str:
        """An expression as a condition, ported."""
        self._check_rows(self._tokens(span))
        return self._ported(_TEST + span.of(self._text))[len(_TEST) :]

    def _statement(self, span: Span) -> Iterator[Rewrite]:
        text = span.of(self._text)
        words = self._tokens(span)
        if any(token.word == "RAISE" for token in words):
            raise UnportableError("it calls RAISE() in a way that has no plain plpgsql")
        if words[0].word == "WITH":
            raise UnportableError("plpgsql has no statement for a query whose rows nobody takes")
        yield from self._edited(text, span.start)
        if words[0].word == "SELECT":  # the rows go nowhere, what it calls is called
            yield Rewrite(words[0].start, words[0].end, ("PERFORM",))

    def _edited(self, text: str, offset: int) -> Iterator[Rewrite]:
        port = self._port(text, self._catalog)
        self._note(port.findings)
        if len(split(port.sql)) != 1:
            raise UnportableError("one of its statements becomes several")
        for edit in port.edits:
            yield Rewrite(edit.start + offset, edit.end + offset, (edit.text,))

    def _ported(self, text: str) -> str:
        port = self._port(text, self._catalog)
        self._note(port.findings)
        return port.sql

    def _note(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            if finding.applied:
                if finding.fix is not None and finding.fix.condition:
                    self._conditions.append(finding.fix.condition)
            elif finding.code in _CONDITIONS:
                self._conditions.append(_CONDITIONS[finding.code])
            elif finding.effect in (Effect.REJECTED, Effect.DIFFERS):
                raise UnportableError(f"inside, {finding.message} ({finding.code})")

    def _by_key(self, span: Span) -> str | None:
        """An UPDATE or DELETE of the very row, `rowid = NEW.rowid`, by the primary key; None for anything else.

        Only where the rowid has no name: a table with one is ported by the rules for that.
        """
        table, text = self._table, span.of(self._text)
        row = _row_now(self._trigger)
        if table.rowid_column is not None or not table.primary_key or not row or table.kind != "table":
            return None
        parsed = read(text)
        tree = parsed.tree
        if not isinstance(tree, exp.Update | exp.Delete) or tree.find(exp.Select):
            return None
        target = tree.this
        if not isinstance(target, exp.Table) or folded(target.name) != folded(table.name) or target.alias:
            return None
        key = " AND ".join(f"{quote(name)} = {row}.{quote(name)}" for name in table.primary_key)
        key = f"({key})" if len(table.primary_key) > 1 else key
        places = list(_same_row(parsed.tokens, table.name))
        for place in reversed(places):
            text = text[: place.start] + key + text[place.end :]
        return text if places else None

    def _check_rows(self, tokens: Sequence[Token]) -> None:
        """PostgreSQL looks at NEW.x and OLD.x only when the trigger runs, so it is done here."""
        for row, dot, name in zip(tokens, tokens[1:], tokens[2:], strict=False):
            if dot.text == "." and _ROW.fullmatch(row.text) and self._table.column(unquoted(name.text)) is None:
                raise UnportableError(f"{row.text}.{name.text} is no known column of {self._table.name}")

    def _raised(self, span: Span) -> str | None:
        """The statement as plpgsql where it is a SELECT of nothing but RAISE(); None for another one."""
        text = span.of(self._text)
        parsed = read(_ROLLBACK.sub(r"\1_OLLBACK", text))
        if not isinstance(parsed.tree, exp.Select) or len(parsed.tree.expressions) != 1:
            return None
        item = parsed.tree.expressions[0]
        call = _raise(item)
        if call is not None:
            action = self._action(call, parsed.text_of)
            if not any(parsed.tree.args.get(part) for part in ("from_", "where", "group", "having", "limit")):
                return action
            start = parsed.span(item)
            tested = text[: start.start] + "1" + text[start.end :]
            where = parsed.tree.args.get("where")
            if parsed.tree.args.get("from_") is None and where is not None:
                condition = self._ported(_TEST + parsed.text_of(where.this))[len(_TEST) :]
                return f"IF {condition} THEN {action}; END IF"
            return f"IF EXISTS ({self._ported(tested)}) THEN {action}; END IF"
        if isinstance(item, exp.Case) and item.this is None and parsed.tree.args.get("from_") is None:
            return self._cases(item, parsed.text_of, parsed.tree.args.get("where") is not None)
        return None

    def _cases(self, case: exp.Case, text_of: Callable[[exp.Expr], str], filtered: bool) -> str | None:
        """`SELECT CASE WHEN c THEN RAISE(...) END` as IF."""
        default = case.args.get("default")
        calls = [_raise(branch.args["true"]) for branch in case.args["ifs"]]
        if filtered or not all(calls) or (default is not None and not isinstance(default, exp.Null)):
            return None
        parts = []
        for branch, call in zip(case.args["ifs"], calls, strict=True):
            assert call is not None
            condition = self._ported(_TEST + text_of(branch.this))[len(_TEST) :]
            parts.append(f"IF {condition} THEN {self._action(call, text_of)};")
        return " ELS".join(parts) + " END IF"

    def _action(self, call: exp.Anonymous, text_of: Callable[[exp.Expr], str]) -> str:
        kind = call.expressions[0].name.upper()
        if kind == "IGNORE":
            return "RETURN NULL"
        if kind == "FAIL":
            raise UnportableError("RAISE(FAIL) keeps the rows that were written before, PostgreSQL takes all back")
        if len(call.expressions) != 2:
            raise UnportableError("RAISE() has an action and a message")
        message = call.expressions[1]
        if isinstance(message, exp.Literal) and message.is_string:
            said = text_of(message).replace("%", "%%")
        else:
            said = f"'%', {self._ported('SELECT ' + text_of(message))[len('SELECT ') :]}"
        return f"RAISE EXCEPTION {said} USING ERRCODE = 'integrity_constraint_violation'"

    def _fires(self, text: str) -> bool:
        """Whether the statement does to the trigger's table what fires the trigger."""
        return any(write.fires(self._trigger) for write in writes(text))


def _row_now(trigger: CreateTrigger) -> str:
    """The variable that holds the row as it is in the table while the trigger runs; empty where it is not there."""
    if trigger.timing == "BEFORE":
        return "" if trigger.event == "INSERT" else "OLD"
    return "NEW" if trigger.timing == "AFTER" and trigger.event != "DELETE" else ""


def _same_row(tokens: Sequence[Token], table: str) -> Iterator[Span]:
    """The places of `rowid = NEW.rowid`, either way round."""
    words = [folded(unquoted(token.text)) for token in tokens]
    at = 0
    while at < len(words):
        found = next((form for form in _forms(folded(table)) if _fits(words[at : at + len(form)], form)), None)
        if found is not None:
            yield Span(tokens[at].start, tokens[at + len(found) - 1].end)
        at += len(found) if found else 1


_Form = tuple[frozenset[str], ...]


def _forms(table: str) -> Iterator[_Form]:
    row: _Form = (frozenset(["new", "old"]), frozenset(["."]), ROWID_NAMES)
    for own in ((frozenset([table]), frozenset(["."]), ROWID_NAMES), (ROWID_NAMES,)):
        for left, right in ((own, row), (row, own)):
            yield (*left, frozenset(["=", "==", "is"]), *right)


def _fits(words: Sequence[str], form: _Form) -> bool:
    return len(words) == len(form) and all(word in choices for word, choices in zip(words, form, strict=True))


def _raise(node: exp.Expr) -> exp.Anonymous | None:
    while isinstance(node, exp.Paren | exp.Alias):
        node = node.this
    if isinstance(node, exp.Anonymous) and node.this == "raise" and node.expressions:
        return node
    return None
