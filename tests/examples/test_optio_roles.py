"""What a browser reaches in Optio's database: as nobody, and signed in with each of the roles."""

import psycopg
import pytest
from psycopg.errors import CheckViolation, InsufficientPrivilege

from tests.examples.helpers import Connection, is_refused
from tests.product.helpers import sign_up, signed_in

PEOPLE = ["student", "parent", "advisor", "admin"]
QUERIES = {
    "users": "select username from users",
    "quests": "select title from quests where created_by is not null",
    "quest_tasks": "select title from quest_tasks where title like 'task of %'",
    "quest_task_completions": "select evidence_text from quest_task_completions",
    "user_skill_xp": "select pillar || ' of ' || xp_amount from user_skill_xp",
    "user_quests": "select extract(year from started_at)::text from user_quests",
    "quest_submissions": "select title from quest_submissions",
    "team_requests": "select status || ' to ' || recipient_id from team_requests",
}
OWN_TABLES = ["users", "quest_task_completions", "user_skill_xp", "user_quests"]
OWN_TABLES += ["quest_submissions"]

# One row of each table for each person; the year and the XP tell whose it is.
ROWS = """
insert into users (id, username, role) values (%(id)s, %(name)s, %(name)s);
insert into quests (title, is_active, created_by) values
  ('draft of ' || %(name)s, false, %(id)s), ('quest of ' || %(name)s, true, %(id)s);
insert into quest_tasks (quest_id, title, pillar)
  select id, 'task of ' || title, 'stem_logic' from quests where created_by = %(id)s;
insert into quest_task_completions (user_id, quest_id, task_id, evidence_text)
  select %(id)s, quest_id, id, %(name)s from quest_tasks where title = 'task of quest of student';
insert into user_skill_xp (user_id, pillar, xp_amount) values (%(id)s, 'stem_logic', %(number)s);
insert into user_quests (user_id, quest_id, started_at)
  select %(id)s, id, make_date(2000 + %(number)s, 6, 1) from quests
  where title = 'quest of student';
insert into quest_submissions (user_id, title) values (%(id)s, %(name)s);
"""
OWN = {
    "users": "{name}",
    "quest_task_completions": "{name}",
    "user_skill_xp": "stem_logic of {number}",
    "user_quests": "200{number}",
    "quest_submissions": "{name}",
}


class World:
    """The people, by name, and what they see."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.ids = {name: sign_up(connection, f"{name}@example.com") for name in PEOPLE}
        connection.execute("set local search_path = public")
        for number, (name, user) in enumerate(self.ids.items(), 1):
            values = {"id": user, "name": name, "number": number}
            for statement in ROWS.strip().split(";\n"):
                connection.execute(statement.encode(), values)
        # The parent asked the student, and nobody else asked anybody.
        connection.execute(
            "insert into team_requests (sender_id, recipient_id) values (%s, %s)",
            (self.ids["parent"], self.ids["student"]),
        )

    def sees(self, name: str | None, table: str) -> set[str]:
        with signed_in(self.connection, self.ids[name] if name else None):
            rows = self.connection.execute(QUERIES[table].encode()).fetchall()
        return {row[0] for row in rows}

    def is_refused(self, name: str | None, statement: str, **values: object) -> bool:
        with signed_in(self.connection, self.ids[name] if name else None):
            return is_refused(self.connection, statement, **values)


@pytest.fixture
def world(optio: Connection) -> World:
    return World(optio)


def all_of(pattern: str, names: list[str]) -> set[str]:
    return {pattern.format(name=name, number=PEOPLE.index(name) + 1) for name in names}


@pytest.mark.parametrize("table", OWN_TABLES)
@pytest.mark.parametrize("name", PEOPLE[:3])
def test_a_user_sees_the_own_rows_only(world: World, name: str, table: str) -> None:
    assert world.sees(name, table) == all_of(OWN[table], [name])


@pytest.mark.parametrize("table", OWN_TABLES)
def test_an_admin_sees_the_rows_of_all(world: World, table: str) -> None:
    assert world.sees("admin", table) == all_of(OWN[table], PEOPLE)


@pytest.mark.parametrize("table", [*OWN_TABLES, "team_requests"])
def test_nobody_sees_no_rows_of_users(world: World, table: str) -> None:
    with pytest.raises(InsufficientPrivilege):
        world.sees(None, table)


@pytest.mark.parametrize("table", ["quests", "quest_tasks"])
def test_quests_and_their_tasks_are_visible_when_active_or_own(world: World, table: str) -> None:
    prefix = "task of " if table == "quest_tasks" else ""
    active = all_of(prefix + "quest of {name}", PEOPLE)
    drafts = all_of(prefix + "draft of {name}", PEOPLE)
    assert world.sees(None, table) == active
    assert world.sees("parent", table) == active | {f"{prefix}draft of parent"}
    assert world.sees("admin", table) == active | drafts


def test_a_request_is_seen_by_its_two_parties_and_by_admins(world: World) -> None:
    request = {f"pending to {world.ids['student']}"}
    for name in ("parent", "student", "admin"):
        assert world.sees(name, "team_requests") == request
    assert world.sees("advisor", "team_requests") == set()


def test_the_old_name_of_the_requests_shows_no_more_than_the_new_one(world: World) -> None:
    with signed_in(world.connection, world.ids["advisor"]):
        assert world.connection.execute("select * from friendships").fetchall() == []
    with signed_in(world.connection, world.ids["student"]):
        assert len(world.connection.execute("select * from friendships").fetchall()) == 1


ME = "(select auth.uid())"
QUEST = "(select quest_id from quest_tasks where title = 'task of quest of parent')"
TASK = "(select id from quest_tasks where title = 'task of quest of parent')"
COMPLETION = "insert into quest_task_completions (user_id, quest_id, task_id)"
STARTED = "insert into user_quests (user_id, quest_id)"
HANDED_IN = "insert into quest_submissions (user_id, title, status)"
ASKED = "insert into team_requests (sender_id, recipient_id, status)"
# What a parent may do, as every signed-in user may.
ALLOWED = [
    "update users set username = 'me', first_name = 'a', last_name = 'b', updated_at = now()",
    f"{COMPLETION} values ({ME}, {QUEST}, {TASK})",
    f"{STARTED} values ({ME}, {QUEST})",
    "update user_quests set is_active = false, completed_at = now()",
    f"{HANDED_IN} values ({ME}, 'mine', 'pending')",
    f"insert into quest_submissions (user_id, title) values ({ME}, 'mine')",
    f"insert into friendships (requester_id, addressee_id) values ({ME}, %(advisor)s)",
    f"{ASKED} values ({ME}, %(advisor)s, 'pending')",
]
REFUSED = [
    "update users set role = 'admin'",
    "update users set subscription_tier = 'academy'",
    "update users set stripe_customer_id = 'cus_1'",
    "update users set id = %(student)s",
    "update users set username = 'x' where id = %(student)s",
    "insert into users (id, username) values (%(advisor)s, 'x')",
    "delete from users",
    "insert into quests (title) values ('mine')",
    f"update quests set title = 'mine' where created_by = {ME}",
    f"delete from quests where created_by = {ME}",
    f"insert into quest_tasks (quest_id, title) values ({QUEST}, 'x')",
    "update quest_tasks set xp_value = 1000",
    "delete from quest_tasks",
    f"{COMPLETION} values (%(student)s, {QUEST}, {TASK})",
    "update quest_task_completions set completed_at = now()",
    "delete from quest_task_completions",
    f"insert into user_skill_xp values ({ME}, 'arts_creativity', 9)",
    "update user_skill_xp set xp_amount = 9",
    "delete from user_skill_xp",
    f"{STARTED} values (%(student)s, {QUEST})",
    "update user_quests set user_id = %(student)s",
    "delete from user_quests",
    f"{HANDED_IN} values ({ME}, 'mine', 'approved')",
    f"{HANDED_IN} values (%(student)s, 'theirs', 'pending')",
    f"insert into quest_submissions (user_id, title, admin_notes) values ({ME}, 'x', 'fine')",
    "update quest_submissions set title = 'x'",
    "delete from quest_submissions",
    f"{ASKED} values (%(student)s, %(advisor)s, 'pending')",
    f"{ASKED} values ({ME}, %(advisor)s, 'accepted')",
    "update team_requests set status = 'accepted'",
    "update friendships set status = 'accepted'",
    "delete from team_requests",
    "delete from friendships",
    "truncate users cascade",
]


@pytest.mark.parametrize("statement", ALLOWED)
def test_what_a_user_may_do_works(world: World, statement: str) -> None:
    assert not world.is_refused("parent", statement, **world.ids)


@pytest.mark.parametrize("statement", REFUSED)
def test_everything_else_is_refused(world: World, statement: str) -> None:
    assert world.is_refused("parent", statement, **world.ids)


@pytest.mark.parametrize("statement", ALLOWED + REFUSED)
def test_nobody_may_do_nothing(world: World, statement: str) -> None:
    assert world.is_refused(None, statement, **world.ids)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into quests (title) values ('another')",
        "update quests set is_active = true",
        "delete from quests where title = 'draft of parent'",
        f"insert into quest_tasks (quest_id, title) values ({QUEST}, 'another')",
        "update quest_tasks set xp_value = 50",
        "update quest_submissions set status = 'approved', admin_notes = 'well done'",
    ],
)
def test_an_admin_writes_quests_and_reviews_submissions(world: World, statement: str) -> None:
    assert not world.is_refused("admin", statement, **world.ids)


def test_an_admin_is_limited_all_the_same(world: World) -> None:
    for statement in ("update users set role = 'admin'", "update user_skill_xp set xp_amount = 1"):
        assert world.is_refused("admin", statement)
    assert world.is_refused("admin", "update team_requests set status = 'rejected'")


@pytest.mark.parametrize("table", ["team_requests", "friendships"])
def test_the_recipient_answers_a_request_once(world: World, table: str) -> None:
    with signed_in(world.connection, world.ids["student"]):
        assert not is_refused(world.connection, f"update {table} set status = 'accepted'")
        assert is_refused(world.connection, f"update {table} set status = 'rejected'")


def test_the_recipient_cannot_make_it_something_else(world: World) -> None:
    assert world.is_refused("student", "update team_requests set status = 'expired'")
    answer = "update team_requests set status = 'accepted'"
    assert not world.is_refused("student", answer)
    for more in ("sender_id = %(advisor)s", "created_at = now()", "responded_at = now()"):
        assert world.is_refused("student", f"{answer}, {more}", **world.ids)


def test_the_service_key_is_not_limited(world: World) -> None:
    world.connection.execute("set local role service_role")
    for table in [*QUERIES, "friendships", "diplomas"]:
        count = world.connection.execute(f"select count(*) from {table}".encode()).fetchone()
        assert count is not None
    world.connection.execute("update users set subscription_tier = 'academy'")
    with pytest.raises(CheckViolation), world.connection.transaction():
        world.connection.execute("update users set subscription_tier = 'explorer'")


def test_one_of_two_pending_requests_is_refused_whoever_sends_it(world: World) -> None:
    connection, people = world.connection, world.ids
    insert = b"insert into team_requests (sender_id, recipient_id) values (%s, %s)"
    for pair in (("parent", "student"), ("student", "parent")):
        with pytest.raises(psycopg.errors.UniqueViolation), connection.transaction():
            connection.execute(insert, [people[name] for name in pair])
    with pytest.raises(CheckViolation), connection.transaction():
        connection.execute(insert, [people["admin"], people["admin"]])


def test_after_a_rejection_a_request_can_be_sent_again_and_again(world: World) -> None:
    pair = [world.ids["student"], world.ids["parent"]]
    for _ in range(3):
        world.connection.execute("update team_requests set status = 'rejected'")
        world.connection.execute(
            "insert into team_requests (sender_id, recipient_id) values (%s, %s)", pair
        )
