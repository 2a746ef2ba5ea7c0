"""The SQL in Rust: which calls hold it, what their texts say, and what is left alone."""

from __future__ import annotations

import textwrap

import pytest

from sqlport.files import source_of
from sqlport.hosts import Extraction, Finder, Settings
from sqlport.model import HoleKind

USES = "use sqlx::SqlitePool;\n"


def found(*sources: str, header: str = USES) -> list[Extraction]:
    """What Rust files hold, in the order in which they are given."""
    finder = Finder()
    files = [
        source_of(f"src/f{number}.rs", (header + textwrap.dedent(text)).encode()) for number, text in enumerate(sources)
    ]
    for file in files:
        finder.add(file, Settings())
    extractions = finder.finish()
    return [extractions[file.path] for file in files]


def sqls(*sources: str, header: str = USES) -> list[str]:
    return [statement.sql for one in found(*sources, header=header) for statement in one.statements]


def inside(code: str) -> str:
    return f"async fn f(pool: &SqlitePool, id: i64, name: &str) -> R {{\n{code}\n}}\n"


@pytest.mark.parametrize(
    "code",
    [
        'sqlx::query("SELECT 1").execute(pool).await?;',
        'sqlx::query!("SELECT 1").fetch_one(pool).await?;',
        'sqlx::query_as!(User, "SELECT 1").fetch_one(pool).await?;',
        'sqlx::query_as::<_, User>("SELECT 1").fetch_one(pool).await?;',
        'sqlx::query_as::<sqlx::Sqlite, (i64,)>("SELECT 1").fetch_one(pool).await?;',
        'sqlx::query_scalar!("SELECT 1").fetch_one(pool).await?;',
        'sqlx::query_scalar::<_, i64>(r#"SELECT 1"#).fetch_one(pool).await?;',
        'sqlx::raw_sql("SELECT 1").execute(pool).await?;',
        'query("SELECT 1").execute(pool).await?;',
        'pool.execute("SELECT 1").await?;',
        'conn.query_row("SELECT 1", [], |row| row.get(0))?;',
        'conn.prepare("SELECT 1")?;',
        'conn.prepare_cached(&"SELECT 1")?;',
        'conn.execute_batch("SELECT 1;")?;',
        'diesel::sql_query("SELECT 1").load(conn)?;',
        'let q = "SELECT 1"; sqlx::query(q).execute(pool).await?;',
        'let q = String::from("SELECT 1"); sqlx::query(&q).execute(pool).await?;',
        'let q = "SELECT 1".to_string(); sqlx::query(q.as_str()).execute(pool).await?;',
        'let q = format!("SELECT {}", "1"); sqlx::query(&q).execute(pool).await?;',
        'let n = "1"; sqlx::query(&format!("SELECT {n}")).execute(pool).await?;',
        'sqlx::query(concat!("SELECT", " 1")).execute(pool).await?;',
        'sqlx::query!("SELECT " + "1").execute(pool).await?;',
        'let mut q = String::new(); q.push_str("SELECT"); q += " 1"; sqlx::query(&q).execute(pool).await?;',
        'let mut q = String::from("SELECT"); write!(q, " {}", "1")?; sqlx::query(&q).execute(pool).await?;',
        'assert_eq!(sqlx::query_scalar::<_, i64>("SELECT 1").fetch_one(pool).await.unwrap(), 1);',
        'tokio::try_join!(a(), async { sqlx::query("SELECT 1").execute(pool).await })?;',
        'for q in ["SELECT 1"] { sqlx::query(q).execute(pool).await?; }',
        'for q in vec!["SELECT 1"].iter() { sqlx::query(q).execute(pool).await?; }',
        'let q; q = "SELECT 1"; sqlx::query(q).execute(pool).await?;',
        'let b = QueryBuilder::<Sqlite>::new("SELECT 1"); b.build().execute(pool).await?;',
    ],
)
def test_each_way_to_run_sql_is_found(code: str) -> None:
    assert [sql.strip() for sql in sqls(inside(code))] == ["SELECT 1"]


@pytest.mark.parametrize(
    "code",
    [
        'client.execute("apt-get update")?;',
        'ssh.execute("systemctl restart nginx")?;',
        'url.query("SELECT")?;',
        'reqwest::get("x").query(&[("select", "1")]).send()?;',
        'println!("SELECT 1");',
        'let s = "SELECT id FROM t";',
        '// sqlx::query("SELECT 1")',
        '/* sqlx::query("SELECT 1") */',
        'let s = "sqlx::query(\\"SELECT 1\\")";',
        "world.query::<&Position>();",
        'bail!("Select a file from the list");',
        'tracing::info!("DELETE FROM t took {}", 1);',
        'map.prepare("a");',
        'sqlx::migrate!("./migrations").run(pool).await?;',
    ],
)
def test_what_runs_no_sql_is_left_alone(code: str) -> None:
    extraction = found(inside(code))[0]
    assert extraction.statements == ()
    assert extraction.findings == ()


def test_a_file_without_a_database_crate_is_left_alone_even_with_a_method_of_the_name() -> None:
    assert sqls('fn f() { machine.execute("noop"); }', header="") == []


def test_constants_are_found_in_the_file_in_a_type_and_in_another_module() -> None:
    first = """
        pub const COLUMNS: &str = "id, name";
        pub(crate) static ALL: &str = "SELECT id FROM users";
    """
    second = """
        impl Users { const ONE: &'static str = "SELECT 2"; }
        async fn f() {
            const TWO: &str = "SELECT 3";
            sqlx::query(queries::ALL).execute(p).await?;
            sqlx::query(Self::ONE).execute(p).await?;
            sqlx::query(TWO).execute(p).await?;
            sqlx::query(&format!("SELECT {COLUMNS} FROM users")).execute(p).await?;
        }
    """
    assert sqls(first, second) == ["SELECT id FROM users", "SELECT 2", "SELECT 3", "SELECT id, name FROM users"]


def test_text_from_another_module_is_placed_where_it_is_written() -> None:
    first, second = found('pub const ALL: &str = "SELECT id FROM users";', inside("sqlx::query(ALL).execute(pool);"))
    assert first.statements == ()
    [statement] = second.statements
    assert (statement.path, statement.line, statement.sink_path) == ("src/f0.rs", 2, "src/f1.rs")


def test_a_constant_of_two_modules_is_not_guessed() -> None:
    both = 'pub const ALL: &str = "SELECT 1";'
    extraction = found(both, both, inside("sqlx::query(ALL).execute(pool);"))[2]
    assert extraction.statements == ()
    assert [finding.code for finding in extraction.findings] == ["SQP001"]


def test_a_helper_gets_its_text_from_its_calls() -> None:
    helper = "async fn count(pool: &SqlitePool, sql: &str) -> i64 { sqlx::query_scalar(sql).fetch_one(pool).await }"
    calls = inside('count(pool, "SELECT 1").await; count(pool, "SELECT 2").await;')
    assert sqls(helper, calls) == ["SELECT 1", "SELECT 2"]


def test_a_function_that_gives_a_text_is_followed() -> None:
    source = 'fn base() -> String { "SELECT id FROM t".to_string() }\n' + inside("sqlx::query(&base()).execute(pool);")
    assert sqls(source) == ["SELECT id FROM t"]


def test_branches_are_alternatives() -> None:
    code = 'let q = if id > 1 { "SELECT 1" } else { "SELECT 2" }; sqlx::query(q).execute(pool);'
    assert sqls(inside(code)) == ["SELECT 1", "SELECT 2"]
    code = 'let q = match id { 1 => "SELECT 1", 2 => "SELECT 2", _ => return None }; sqlx::query(q).execute(pool);'
    assert sqls(inside(code)) == ["SELECT 1", "SELECT 2"]


def test_text_that_is_added_under_a_condition_is_an_alternative() -> None:
    code = """
        let mut q = String::from("SELECT id FROM t");
        if id > 1 { q.push_str(" WHERE id = ?"); }
        q.push_str(" LIMIT ?");
        sqlx::query(&q).execute(pool);
    """
    assert sqls(inside(code)) == ["SELECT id FROM t LIMIT ?", "SELECT id FROM t WHERE id = ? LIMIT ?"]


def test_many_conditions_give_the_shortest_and_the_longest_text() -> None:
    added = "".join(f'if id > {n} {{ q.push_str(" AND a{n} = ?"); }}\n' for n in range(6))
    texts = sqls(
        inside(f'let mut q = String::from("SELECT id FROM t WHERE 1 = 1");\n{added}sqlx::query(&q).execute(pool);')
    )
    assert [text.count("?") for text in texts] == [0, 6]


def test_what_is_pushed_in_a_loop_is_a_hole() -> None:
    code = """
        let mut q = String::from("SELECT id FROM t WHERE 1 = 1");
        for id in ids { q.push_str(" OR id = ?"); }
        sqlx::query(&q).execute(pool);
    """
    [statement] = found(inside(code))[0].statements
    assert len(statement.holes) == 1


def test_a_query_builder_is_followed() -> None:
    code = """
        let mut b = QueryBuilder::new("SELECT id FROM t WHERE a = ");
        b.push_bind(id).push(" AND b = ").push_bind(name);
        b.push(" ORDER BY id");
        b.build().fetch_all(pool).await?;
    """
    [statement] = found(inside(code))[0].statements
    assert statement.sql == "SELECT id FROM t WHERE a = {id} AND b = {name} ORDER BY id"
    assert [hole.kind for hole in statement.holes] == [HoleKind.VALUE, HoleKind.VALUE]


def test_holes_of_a_format_are_named_and_doubled_braces_are_one() -> None:
    code = 'let q = format!("SELECT \'{{}}\', a FROM {} WHERE b IN ({})", table(), marks.join(",")); sqlx::query(&q);'
    [statement] = found(inside(code))[0].statements
    assert statement.sql.startswith("SELECT '{}', a FROM {table} WHERE b IN ({")
    assert [hole.kind for hole in statement.holes] == [HoleKind.TABLE, HoleKind.PLACEHOLDERS]


def test_a_list_of_placeholders_that_is_built_is_known_as_one() -> None:
    code = """
        let marks = ids.iter().map(|_| "?").collect::<Vec<_>>().join(",");
        let q = format!("DELETE FROM t WHERE id IN ({})", marks);
        sqlx::query(&q).execute(pool);
    """
    [statement] = found(inside(code))[0].statements
    assert [(hole.name, hole.kind) for hole in statement.holes] == [("marks", HoleKind.PLACEHOLDERS)]


def test_a_text_that_is_not_known_is_a_finding_where_sql_is_sure() -> None:
    extraction = found(inside("sqlx::query(&std::env::var(name)?).execute(pool);\nother.execute(&thing);"))[0]
    assert [(finding.code, finding.place.line if finding.place else 0) for finding in extraction.findings] == [
        ("SQP001", 3)
    ]


def test_the_types_of_bound_values_are_read_where_they_are_declared() -> None:
    code = """
        let flag = true;
        let total: Option<f64> = None;
        sqlx::query("UPDATE t SET a = ?, b = ?, c = ?, d = ?, e = ?")
            .bind(id).bind(name).bind(flag).bind(total).bind(unknown()).execute(pool);
    """
    [statement] = found(inside(code))[0].statements
    assert dict(statement.arguments.types) == {0: "int", 1: "str", 2: "bool", 3: "float"}
    assert statement.arguments.passed


def test_the_dialect_is_that_of_the_file() -> None:
    code = inside('sqlx::query("SELECT 1").execute(pool);')
    assert [one.dialect for one in found(code)[0].statements] == ["sqlite"]
    assert [one.dialect for one in found(code.replace("SqlitePool", "PgPool"), header="")[0].statements] == ["postgres"]


def test_a_comment_takes_findings_out_of_the_statement_below_it() -> None:
    code = """
        // sqlport: ignore[FNC001] -- legacy
        sqlx::query("SELECT ifnull(a, 1) FROM t")
            .execute(pool).await?;
        sqlx::query("SELECT 1"); // sqlport: ignore[FNC002]
    """
    [first, second] = found(inside(code))[0].suppressions
    assert (first.codes, first.reason, first.first_line, first.last_line) == (("FNC001",), "legacy", 5, 6)
    assert (second.codes, second.first_line, second.last_line) == (("FNC002",), 7, 7)


def test_the_file_of_a_macro_is_linked(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Cargo.toml").write_text('[dependencies]\nsqlx = { version = "0.8", features = ["sqlite"] }\n')
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "one.sql").write_text("SELECT ?1")
    [extraction] = found(
        'fn f() { sqlx::query_file!("queries/one.sql", 1); sqlx::query_file!("queries/none.sql"); }', header=""
    )
    assert [(link.script, link.dialect) for link in extraction.links] == [("queries/one.sql", "sqlite")]
