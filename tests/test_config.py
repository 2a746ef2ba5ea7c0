"""Settings: read from the nearest file, refused with a place when wrong, asked in one way."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqlport.config import Config
from sqlport.model import Effect, Severity, SqlportError
from sqlport.settings import load

EVERYTHING = """
[project]
name = "x"

[tool.sqlport]
select = ["ALL"]
ignore = ["UPS001", "ifnull"]
include = ["*.pyi"]
exclude = ["old/"]
baseline = ".sqlport/baseline.json"
sinks = ["db.run:1"]
markers = ["language=sqlite"]
schema = "schema.sql"
sqlite = "app.db"
profile = "native"
driver = "numbered"
postgres = "postgresql://me:secret@localhost/x"
postgres-version = 16
locale = "C"
helpers = true
rules = ["rules"]

[tool.sqlport.per-file-ignores]
"tests/**" = ["ALL"]

[tool.sqlport.severity]
differs = "warning"
UPS = "info"

[tool.sqlport.dialect]
"pg/**" = "postgres"

[tool.sqlport.types]
"orders.total" = "numeric"

[tool.sqlport.prove]
runs = 5
seed = 7
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def configured(project: Path, text: str) -> Config:
    (project / "pyproject.toml").write_text(f"[tool.sqlport]\n{text}", encoding="utf-8")
    return load()


def test_every_key_arrives(project: Path) -> None:
    (project / "pyproject.toml").write_text(EVERYTHING, encoding="utf-8")
    config = load()
    assert config.root == project
    assert config.file == project / "pyproject.toml"
    assert config.ignore == ("UPS001", "ifnull")
    assert config.baseline == project / ".sqlport/baseline.json"
    assert config.schema == (project / "schema.sql",)
    assert config.sqlite == project / "app.db"
    assert config.rules == (project / "rules",)
    assert config.severity == {"differs": Severity.WARNING, "UPS": Severity.INFO}
    assert (config.prove.runs, config.prove.seed) == (5, 7)
    assert config.dialect == {"pg/**": "postgres"}
    target = config.target
    assert (target.profile, target.driver, target.postgres_version, target.helpers) == ("native", "numbered", 16, True)
    assert target.types == {"orders.total": "numeric"}
    assert config.origins["ignore"] == "pyproject.toml:7"
    assert config.origins["severity"] == "pyproject.toml:26"
    assert config.origins["prove"] == "pyproject.toml:36"


def test_without_a_file_all_is_as_by_default(project: Path) -> None:
    config = load()
    assert (config.file, config.root, config.origins) == (None, project, {})
    assert config.target.driver == "psycopg"
    assert config.driver is None


def test_the_nearest_file_is_read_and_a_pyproject_without_the_table_is_passed_over(project: Path) -> None:
    inner = project / "a" / "b"
    inner.mkdir(parents=True)
    (project / "pyproject.toml").write_text("[tool.sqlport]\nlocale = 'outer'\n")
    (project / "a" / "pyproject.toml").write_text("[tool.ruff]\n")
    assert load([inner]).locale == "outer"
    (inner / "sqlport.toml").write_text("locale = 'inner'\n")
    assert load([inner]).locale == "inner"
    assert load([inner / "x.py"]).locale == "inner"
    assert load([project / "a"]).locale == "outer"


def test_sqlport_toml_goes_before_pyproject_toml(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.sqlport]\nlocale = 'one'\n")
    (project / "sqlport.toml").write_text("locale = 'two'\n")
    assert load().locale == "two"


def test_a_named_file_is_read_and_isolated_reads_none(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.sqlport]\nlocale = 'one'\n")
    other = project / "other.toml"
    other.write_text("locale = 'two'\n")
    assert load(file=other).locale == "two"
    assert load(isolated=True).locale == ""


def test_a_named_file_without_the_table_is_an_error(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.ruff]\n")
    with pytest.raises(SqlportError, match=r"has no table \[tool.sqlport\]"):
        load(file=Path("pyproject.toml"))
    with pytest.raises(SqlportError, match=r"missing.toml: the settings cannot be read"):
        load(file=Path("missing.toml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "pyproject.toml:2: unknown key 'selct', did you mean 'select'?; known are select, ignore"),
        ("zzz = 1", "pyproject.toml:2: unknown key 'zzz'; known are"),
        ("per_file_ignores = {}", "did you mean 'per-file-ignores'?"),
        ("select = 'UPS'", "pyproject.toml:2: select: expected a list of strings, got a string"),
        ("select = ['UPS', 3]", "select: expected a list of strings, got one with a number in it"),
        ("select = ['Ups001']", "select: 'Ups001' is no rule selector, did you mean 'UPS001'?"),
        ("ignore = ['UPS0012']", "'UPS0012' is no rule selector; write a code (UPS001)"),
        ("locale = 1", "locale: expected a string, got a number"),
        ("helpers = 1", "helpers: expected true or false, got a number"),
        ("profile = 'nativ'", "profile: 'nativ' is none of faithful, native, did you mean 'native'?"),
        ("driver = 'psycopg2'", "'psycopg2' is none of psycopg, numbered, none, did you mean 'psycopg'?"),
        ("postgres = 'embeded'", "'embeded' is none of auto, embedded, system, docker, did you mean 'embedded'?"),
        ("postgres-version = true", "postgres-version: expected a whole number, got a boolean"),
        ("postgres-version = 9", "postgres-version: expected 15 or more, got 9"),
        ("postgres-version = 160003", "expected a major version such as 16, got 160003"),
        ("severity = 'error'", "severity: expected a table of rules or effects and severities, got a string"),
        ("severity = {UPS = 'fatal'}", "severity: 'fatal' is none of error, warning, info"),
        ("severity = {'?' = 'error'}", "'?' is no rule selector and none of rejected, differs, slower, style"),
        ("dialect = {'x/**' = 'mysql'}", "dialect: 'mysql' is none of sqlite, postgres, unknown"),
        ("types = {a = 1}", "types: expected a string, got a number"),
        ("prove = {run = 1}", "prove: unknown key 'run', did you mean 'runs'?"),
        ("prove = {runs = 0}", "prove: expected 1 or more, got 0"),
        ("schema = 3", "schema: expected a list of strings, got a number"),
        ("baseline = ['x']", "baseline: expected a string, got a list"),
        ("per-file-ignores = {'*.py' = 'UPS'}", "per-file-ignores: expected a list of strings, got a string"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(project: Path, text: str, message: str) -> None:
    with pytest.raises(SqlportError) as caught:
        configured(project, text)
    assert message in str(caught.value)
    assert str(caught.value).startswith("pyproject.toml:2: ")


def test_a_wrong_key_in_a_table_of_its_own_is_found_there(project: Path) -> None:
    with pytest.raises(SqlportError, match=r"^pyproject.toml:4: severity: 'loud' is none of"):
        configured(project, "locale = 'C'\n\n[tool.sqlport.severity]\nUPS = 'loud'\n")


def test_a_key_of_another_tool_is_not_taken_for_the_place(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool.ruff]\nselect = []\n[tool.sqlport]\nselect = 1\n")
    with pytest.raises(SqlportError, match=r"^pyproject.toml:4: select"):
        load()


def test_invalid_toml_has_file_and_line(project: Path) -> None:
    with pytest.raises(SqlportError, match=r"^pyproject.toml:3: invalid TOML: "):
        configured(project, "locale = 'C'\nselect = [\n")


def test_a_file_that_is_no_text_is_said_so(project: Path) -> None:
    (project / "sqlport.toml").write_bytes(b"locale = '\xff'")
    with pytest.raises(SqlportError, match="not UTF-8"):
        load()


def test_a_table_that_is_none_is_said_so(project: Path) -> None:
    (project / "pyproject.toml").write_text("[tool]\nsqlport = 3\n")
    with pytest.raises(SqlportError, match=r"tool.sqlport is a table"):
        load()


def test_the_command_line_goes_before_the_file(project: Path) -> None:
    (project / "pyproject.toml").write_text(
        "[tool.sqlport]\nselect = ['UPS']\nignore = ['UPS002']\nprofile = 'native'\n"
    )
    config = load(profile="faithful", driver=None)
    assert (config.profile, config.origins["profile"]) == ("faithful", "command line")
    assert load(ignore=("FNC",)).ignore == ("UPS002", "FNC")
    chosen = load(select=("UPS002",))
    assert (chosen.select, chosen.ignore) == (("UPS002",), ())
    assert chosen.origins["select"] == "command line"
    both = load(select=("UPS",), ignore=("UPS003",))
    assert (both.select, both.ignore) == (("UPS",), ("UPS003",))


@pytest.mark.parametrize(
    ("select", "ignore", "wanted"),
    [
        (("ALL",), (), True),
        (("UPS",), (), True),
        (("UPS0",), (), True),
        (("UPS001",), (), True),
        (("insert-or-ignore",), (), True),
        (("FNC",), (), False),
        (("UPS002",), (), False),
        (("insert",), (), False),
        ((), (), False),
        (("ALL",), ("UPS",), False),
        (("ALL",), ("UPS002",), True),
        (("UPS001",), ("UPS",), True),
        (("insert-or-ignore",), ("ALL",), True),
        (("UPS",), ("UPS",), False),
        (("UPS",), ("insert-or-ignore",), False),
    ],
)
def test_the_most_specific_selector_decides(select: tuple[str, ...], ignore: tuple[str, ...], wanted: bool) -> None:
    assert Config(select=select, ignore=ignore).selects("UPS001", "insert-or-ignore") is wanted


@pytest.mark.parametrize(
    ("ignore", "wanted"), [((), True), (("SQP001",), False), (("unresolved-sql",), False), (("SQP",), False)]
)
def test_what_has_no_rule_is_wanted_unless_it_is_ignored(ignore: tuple[str, ...], wanted: bool) -> None:
    assert Config(select=("UPS",), ignore=ignore).selects("SQP001", "unresolved-sql") is wanted


def test_per_file_ignores_take_away_below_their_glob_only(project: Path) -> None:
    config = configured(project, "per-file-ignores = {'tests/**' = ['UPS'], 'a/b.py' = ['ifnull']}")
    assert not config.selects("UPS001", "insert-or-ignore", "tests/deep/x.py")
    assert config.selects("FNC001", "ifnull", "tests/deep/x.py")
    assert not config.selects("FNC001", "ifnull", "a/b.py")
    assert config.selects("FNC001", "ifnull", "a/c.py")
    assert config.selects("UPS001", "insert-or-ignore", "app/tests.py")


def test_globs_are_relative_to_the_settings_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(project, "dialect = {'pg/**' = 'postgres', 'pg/old/**' = 'sqlite'}")
    (project / "pg").mkdir()
    monkeypatch.chdir(project / "pg")
    assert config.dialect_of("x.py") == "postgres"
    assert config.dialect_of("old/x.py") == "sqlite"
    assert config.dialect_of("../x.py") is None
    assert config.relative("x.py") == "pg/x.py"


@pytest.mark.parametrize(
    ("severity", "found"),
    [
        ({}, Severity.ERROR),
        ({"differs": Severity.INFO}, Severity.INFO),
        ({"rejected": Severity.INFO}, Severity.ERROR),
        ({"differs": Severity.INFO, "UPS": Severity.WARNING}, Severity.WARNING),
        ({"UPS001": Severity.INFO, "UPS": Severity.WARNING}, Severity.INFO),
        ({"insert-or-ignore": Severity.INFO}, Severity.INFO),
        ({"FNC": Severity.INFO}, Severity.ERROR),
    ],
)
def test_severity_is_by_effect_unless_configured(severity: dict[str, Severity], found: Severity) -> None:
    assert Config(severity=severity).severity_of("UPS001", "insert-or-ignore", Effect.DIFFERS) is found


RULES = [("UPS001", "insert-or-ignore"), ("FNC001", "ifnull")]


@pytest.mark.parametrize("selector", ["ALL", "UPS", "UPS0", "UPS001", "ifnull", "SQP001", "unused-suppression", "SQP"])
def test_selectors_of_rules_that_exist_pass(selector: str) -> None:
    Config(select=(selector,)).check_selectors(RULES)


def test_a_selector_of_no_rule_is_an_error_with_its_place(project: Path) -> None:
    config = configured(project, "ignore = ['insert-or-ignor']")
    with pytest.raises(SqlportError) as caught:
        config.check_selectors(RULES)
    assert str(caught.value).startswith(
        "pyproject.toml:2: ignore: no rule is called 'insert-or-ignor', did you mean 'insert-or-ignore'?"
    )
    with pytest.raises(SqlportError, match=r"^command line: select: no rule is called 'UPS009'"):
        load(isolated=True, select=("UPS009",)).check_selectors(RULES)
    with pytest.raises(SqlportError, match="severity: no rule is called 'ZZZ'"):
        configured(project, "severity = {ZZZ = 'info', differs = 'info'}").check_selectors(RULES)
