"""What the stack's file says of its users, and what the product declares."""

from datetime import date
from pathlib import Path

import pytest

from stackwright.errors import UserInput
from stackwright.users import declaration, policy
from stackwright.users.policy import Notice, Policy

TODAY = date(2026, 11, 20)
FILE = """
config:
  shop:user_policy: wipe
  shop:wipe:
    project: Shop production
    notices:
      T-7: {sent: 2026-11-10, by: Ada}
      T-2: nonsense
"""


def test_a_stack_preserves_its_users_unless_its_file_says_otherwise(tmp_path: Path) -> None:
    assert policy.of_stack(tmp_path, "shop", "dev").users == "preserve"
    (tmp_path / "Pulumi.dev.yaml").write_text("config:\n  shop:other: x\n")
    assert policy.of_stack(tmp_path, "shop", "dev") == Policy()


def test_the_file_is_read_as_a_person_writes_it(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.prod.yaml").write_text(FILE)
    found = policy.of_stack(tmp_path, "shop", "acme/shop/prod")
    assert found == Policy("wipe", "Shop production", {"T-7": Notice("2026-11-10", "Ada")})
    assert policy.of_stack(tmp_path, "other", "prod") == Policy()


@pytest.mark.parametrize("text", ["config: [1]\n", "config: {\n"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(text)
    with pytest.raises(UserInput, match=r"Pulumi\.dev\.yaml cannot be read"):
        policy.of_stack(tmp_path, "shop", "dev")


@pytest.mark.parametrize(
    ("notice", "said"),
    [
        (Notice("2026-11-13", "Ada"), ""),
        (Notice("2026-11-14", "Ada"), "went out 6 days ago instead of 7"),
        (Notice("2026-11-27", "Ada"), "went out -7 days ago instead of 7"),
        (Notice("last week", "Ada"), "has no day in the form 2026-11-20 (sent)"),
        (Notice("2026-11-13", "<your name>"), "does not say who confirms it (by)"),
        (Notice("2026-11-13", ""), "does not say who confirms it (by)"),
    ],
)
def test_a_notice_counts_from_its_day_and_with_a_name(notice: Notice, said: str) -> None:
    assert notice.objection(7, TODAY) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("export: select 1", "rows: Field required"),
        ("export: select 1\nrows: {profiles: {table: profiles, user: id}}", "rows.profiles.table"),
        ("export: select 1\nrows: {}\nextra: 1", "extra: Extra inputs"),
        ("export: [", "cannot be read"),
        ("", "the file: "),
    ],
)
def test_a_wrong_declaration_is_one_sentence_with_its_place(
    tmp_path: Path, text: str, said: str
) -> None:
    (tmp_path / "users.yaml").write_text(text)
    with pytest.raises(UserInput, match=r"users\.yaml") as wrong:
        declaration.load(tmp_path / "users.yaml")
    assert said in str(wrong.value)


def test_without_a_declaration_the_page_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserInput, match=r"users\.yaml is missing: it says what a user's rows are"):
        declaration.load(tmp_path / "users.yaml")
