"""Which variables of its environment a function reads."""

from pathlib import Path

import pytest

from stackwright.errors import UserInput
from stackwright.supabase.environment import variables


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "functions/pay").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "functions"


@pytest.mark.parametrize(
    "line",
    [
        'const key = Deno.env.get("MAIL_KEY");',
        "const key = Deno.env.get('MAIL_KEY');",
        'const key = env.get(\n  "MAIL_KEY",\n);',
        'const key = required(env, "MAIL_KEY");',
        'const key = required(Deno.env, "MAIL_KEY");',
    ],
)
def test_a_variable_that_is_asked_for_is_read(folder: Path, line: str) -> None:
    (folder / "pay/index.ts").write_text(line)
    assert variables("functions", "pay") == {"MAIL_KEY"}


@pytest.mark.parametrize(
    "line",
    [
        'const key = Deno.env.get("SUPABASE_URL") ?? Deno.env.get("SB_REGION");',
        'const id = required(env, "DENO_DEPLOYMENT_ID");',
        'const agent = request.headers.get("ACCEPT");',
        'const text = "MAIL_KEY";',
    ],
)
def test_other_words_and_what_the_platform_sets_are_none(folder: Path, line: str) -> None:
    (folder / "pay/index.ts").write_text(line)
    assert variables("functions", "pay") == set()


def test_what_an_imported_file_reads_counts_and_what_others_read_does_not(folder: Path) -> None:
    (folder / "pay/index.ts").write_text('import "./mail.ts"; Deno.env.get("PAY_KEY");')
    (folder / "pay/mail.ts").write_text('Deno.env.get("MAIL_KEY");')
    (folder / "pay/mail.test.ts").write_text('Deno.env.get("TEST_KEY");')
    (folder / "deno.json").write_text('{"imports": {"env.get(\\"MAP_KEY\\")": "npm:x"}}')
    assert variables("functions", "pay") == {"MAIL_KEY", "PAY_KEY"}


def test_a_function_without_sources_is_named(folder: Path) -> None:
    with pytest.raises(UserInput, match="function gone has no"):
        variables("functions", "gone")
