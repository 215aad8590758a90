"""The query operation and the address of the database, against a real server."""

from pathlib import Path

import psycopg

from tests.sandbox.supabase.helpers import REF, Sandbox, in_sandbox

QUERY = f"/v1/projects/{REF}/database/query"


async def ask(sandbox: Sandbox, query: str, **more: object) -> object:
    answer = await sandbox.api.post(QUERY, json={"query": query, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_queries_run_as_postgres_and_answer_rows(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        assert await ask(sandbox, "select current_user as who, 1 as n") == [
            {"who": "postgres", "n": 1}
        ]
        assert await ask(sandbox, "create table t (a numeric, b jsonb)") == []
        assert await ask(sandbox, "insert into t values (1.50, '[1]'); select * from t") == [
            {"a": "1.50", "b": [1]}
        ]
        assert await ask(
            sandbox, "select 1 as n; select 2 as n where false; set work_mem = 64"
        ) == [{"n": 1}]
        assert await ask(sandbox, "select $1::int + 1 as n", parameters=[2]) == [{"n": 3}]
        assert await ask(sandbox, "select timestamptz '2026-01-02 03:04:05+00' as at") == [
            {"at": "2026-01-02 03:04:05+00"}
        ]

    in_sandbox(tmp_path, test, database=True)


def test_values_that_json_cannot_hold_are_text_or_null(tmp_path: Path) -> None:
    query = """
    select 'NaN'::float8 as a, array['Infinity'::float8] as b, 'infinity'::timestamptz as c,
        point '(1,2)' as d, 12345678901234567890::numeric as e, '{a,b}'::text[] as f,
        int4range(1, 3) as g, uuid '00000000-0000-0000-0000-000000000001' as h, '\\x00'::bytea as i
    """

    async def test(sandbox: Sandbox) -> None:
        assert await ask(sandbox, query) == [
            {
                "a": None,
                "b": [None],
                "c": "infinity",
                "d": "(1,2)",
                "e": "12345678901234567890",
                "f": ["a", "b"],
                "g": "[1, 3)",
                "h": "00000000-0000-0000-0000-000000000001",
                "i": "\\x00",
            }
        ]

    in_sandbox(tmp_path, test, database=True)


def test_a_failing_query_answers_with_the_server_s_words(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        answer = await sandbox.api.post(QUERY, json={"query": "select * from nowhere"})
        assert answer.status_code == 400
        assert answer.json()["message"] == (
            'Failed to run sql query: ERROR:  42P01: relation "nowhere" does not exist\n'
            "LINE 1: select * from nowhere\n"
            "                      ^\n"
        )
        assert (await sandbox.api.post(QUERY, json={"query": ""})).status_code == 400

    in_sandbox(tmp_path, test, database=True)


def test_a_failure_in_the_data_has_no_line_and_takes_its_whole_message_back(
    tmp_path: Path,
) -> None:
    async def test(sandbox: Sandbox) -> None:
        query = {"query": "create table t (a int unique);\ninsert into t values (1), (1)"}
        answer = await sandbox.api.post(QUERY, json=query)
        assert answer.status_code == 400
        assert answer.json()["message"] == (
            "Failed to run sql query: ERROR:  23505: duplicate key value violates unique "
            'constraint "t_a_key"\nDETAIL:  Key (a)=(1) already exists.\n'
        )
        assert await ask(sandbox, "select to_regclass('t') as t") == [{"t": None}]

    in_sandbox(tmp_path, test, database=True)


def test_a_read_only_query_cannot_write_and_is_no_write_in_the_journal(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        await ask(sandbox, "create table public.t (a int)")
        mark = sandbox.world.journal.mark()
        await ask(sandbox, "select * from public.t", read_only=True)
        query = {"query": "insert into public.t values (1)"}
        refused = await sandbox.api.post(f"{QUERY}/read-only", json=query)
        assert refused.status_code == 400
        assert "read-only transaction" in refused.json()["message"]
        assert [entry.write for entry in sandbox.world.journal.entries(mark)] == [False, False]

    in_sandbox(tmp_path, test, database=True)


def test_the_pooler_s_address_and_the_sandbox_s_password_open_the_database(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        path = f"/v1/projects/{REF}/config/database/pooler"
        (pooler,) = (await sandbox.api.get(path)).json()
        with psycopg.connect(
            host=pooler["db_host"],
            port=pooler["db_port"],
            user=pooler["db_user"],
            dbname=pooler["db_name"],
            password=sandbox.world.credentials("supabase")["db_password"],
        ) as connection:
            assert connection.execute("select 1").fetchone() == (1,)

    in_sandbox(tmp_path, test, database=True)


def test_another_password_replaces_the_old_one(tmp_path: Path) -> None:
    async def test(sandbox: Sandbox) -> None:
        path = f"/v1/projects/{REF}/database/password"
        assert (await sandbox.api.patch(path, json={"password": "abc"})).status_code == 400
        assert (await sandbox.api.patch(path, json={"password": "abcd"})).status_code == 200
        assert await ask(sandbox, "select 1 as n") == [{"n": 1}]

    in_sandbox(tmp_path, test, database=True)
