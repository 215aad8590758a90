"""The embedded server: made quickly, private, as a new Supabase project's database."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from stackwright.postgres import Postgres, PostgresError, free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    data_dir = tmp_path_factory.mktemp("cluster") / "data"
    with Postgres(data_dir, free_port(), password="it's a; \\ secret?") as running:
        yield running


def ask(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(query.encode())
        return cursor.fetchall() if cursor.description else []


def test_the_user_s_role_is_no_superuser(server: Postgres) -> None:
    rows = ask(
        server.dsn(),
        "select rolname, rolsuper, rolcreaterole, rolbypassrls from pg_roles"
        " where rolname in (current_user, 'supabase_admin') order by rolname",
    )
    assert rows == [("postgres", False, True, True), ("supabase_admin", True, True, True)]


def test_a_wrong_password_is_refused(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(server.dsn(password="wrong"), "select 1")


def test_the_user_s_password_does_not_open_the_superuser(server: Postgres) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        ask(server.dsn("supabase_admin", password=server.password), "select 1")


def test_a_new_table_in_public_is_granted_to_the_data_api(server: Postgres) -> None:
    ask(server.dsn(), "create table public.granted (id int)")
    rows = ask(
        server.dsn(),
        "select has_table_privilege(r, 'public.granted', 'insert')"
        " from unnest(array['anon', 'authenticated', 'service_role']) r",
    )
    assert rows == [(True,)] * 3


def test_a_sign_up_trigger_may_stand_on_the_auth_users(server: Postgres) -> None:
    ask(
        server.dsn(),
        """
        create table public.profiles (id uuid primary key references auth.users on delete cascade);
        create function public.handle_new_user() returns trigger language plpgsql
            security definer set search_path = public
            as 'begin insert into profiles values (new.id); return new; end';
        create trigger on_auth_user_created after insert on auth.users
            for each row execute function public.handle_new_user();
        """,
    )
    ask(server.dsn("supabase_auth_admin"), "insert into users (id) values (gen_random_uuid())")
    assert ask(server.dsn(), "select count(*) from public.profiles") == [(1,)]
    ask(server.dsn("supabase_auth_admin"), "delete from users")
    assert ask(server.dsn(), "select count(*) from public.profiles") == [(0,)]


def test_the_user_may_not_make_tables_in_the_auth_schema(server: Postgres) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(server.dsn(), "create table auth.mine (id int)")


def test_row_level_security_sees_the_caller_s_claims(server: Postgres) -> None:
    with psycopg.connect(server.dsn()) as connection:
        connection.execute(
            "select set_config('request.jwt.claims', %s, false)",
            ['{"sub": "00000000-0000-0000-0000-000000000007", "role": "authenticated"}'],
        )
        row = connection.execute("select auth.uid()::text, auth.role(), auth.email()").fetchone()
    assert row == ("00000000-0000-0000-0000-000000000007", "authenticated", None)


def test_without_claims_the_caller_is_nobody(server: Postgres) -> None:
    rows = ask(server.dsn(), "select auth.uid(), auth.role(), auth.jwt()")
    assert rows == [(None, None, None)]


def test_the_extensions_of_every_project_live_in_their_schema(server: Postgres) -> None:
    rows = ask(server.dsn(), "select length(extensions.crypt('x', extensions.gen_salt('bf')))")
    assert rows == [(60,)]


def test_a_copied_database_has_the_original_s_tables(server: Postgres) -> None:
    ask(server.dsn(), "create table public.copied (id int)")
    server.create_database("copy", template="postgres")
    assert ask(server.dsn(database="copy"), "select to_regclass('public.copied')::text") == [
        ("copied",)
    ]
    server.drop_database("copy")
    server.drop_database("copy")


def test_a_restart_keeps_the_data_and_the_password(tmp_path: Path) -> None:
    password = secrets.token_hex(8)
    with Postgres(tmp_path / "data", free_port(), password=password) as first:
        ask(first.dsn(), "create table public.kept (id int)")
    assert first.pid() is None
    with Postgres(tmp_path / "data", free_port(), password=password) as second:
        assert ask(second.dsn(), "select count(*) from public.kept") == [(0,)]


def test_another_process_s_pid_in_the_file_is_not_mistaken_for_the_server(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "data", free_port(), password="x")
    server.create()
    (server.data_dir / "postmaster.pid").write_text("1\n")
    assert server.pid() is None
    with server:
        assert server.pid() is not None


def test_a_port_in_use_is_told_with_the_server_s_own_words(
    server: Postgres, tmp_path: Path
) -> None:
    rival = Postgres(tmp_path / "data", server.port, password="x")
    with pytest.raises(PostgresError, match=r"did not start.*could not create any TCP/IP sockets"):
        rival.start()


def test_the_password_can_be_changed(tmp_path: Path) -> None:
    with Postgres(tmp_path / "data", free_port(), password="old") as server:
        server.set_password("new")
        assert ask(server.dsn(), "select 1") == [(1,)]
        with pytest.raises(psycopg.OperationalError):
            ask(server.dsn(password="old"), "select 1")


def test_no_cluster_is_a_sentence_with_advice(tmp_path: Path) -> None:
    server = Postgres(tmp_path / "none", free_port(), password="x")
    with pytest.raises(PostgresError, match="call create"):
        server.admin_dsn()


def test_the_data_directory_is_private(server: Postgres) -> None:
    assert server.data_dir.stat().st_mode & 0o077 == 0
    assert (server.data_dir / "stackwright.secret").stat().st_mode & 0o077 == 0


def test_no_secret_is_in_the_command_line(server: Postgres) -> None:
    command = " ".join(server.argv())
    assert server.password not in command
    assert (server.data_dir / "stackwright.secret").read_text() not in command
