"""The statements of a trigger's body as plpgsql: ported by the same rules, RAISE() as statements of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlglot import exp

from sqlport.catalog import Catalog, Table
from sqlport.catalog.names import folded
from sqlport.fixers import Context
from sqlport.model import Effect, Finding, Span
from sqlport.sql import Rewrite, Token, read, split
from sqlport.sql.ddl import unquoted
from sqlport.sql.triggers import CreateTrigger

_TEST = "SELECT 1 WHERE "
_ROLLBACK = re.compile(r"(?i)(\bRAISE\s*\(\s*)ROLLBACK\b")  # no name for the parser; the length stays
_ROW = re.compile(r"(?i)(?:new|old)")


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
            self._check_rows(span)
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
        self._check_rows(span)
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
            elif finding.effect in (Effect.REJECTED, Effect.DIFFERS):
                raise UnportableError(f"inside, {finding.message} ({finding.code})")

    def _check_rows(self, span: Span) -> None:
        """PostgreSQL looks at NEW.x and OLD.x only when the trigger runs, so it is done here."""
        tokens = self._tokens(span)
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
        parsed = read(text)
        tree = parsed.tree
        if not isinstance(tree, exp.Insert | exp.Update | exp.Delete):
            return False
        target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
        if folded(target.name) != folded(self._table.name):
            return False
        event = self._trigger.event
        if isinstance(tree, exp.Insert):
            upsert = tree.args.get("conflict") is not None or "conflict" in parsed.lifted
            return event == "INSERT" or upsert
        if isinstance(tree, exp.Delete):
            return event == "DELETE"
        watched = {folded(name.text) for name in self._trigger.columns}
        written = {folded(item.this.name) for item in tree.expressions if isinstance(item, exp.EQ)}
        return event == "UPDATE" and (not watched or not written or not watched.isdisjoint(written))


def _raise(node: exp.Expr) -> exp.Anonymous | None:
    while isinstance(node, exp.Paren | exp.Alias):
        node = node.this
    if isinstance(node, exp.Anonymous) and node.this == "raise" and node.expressions:
        return node
    return None
