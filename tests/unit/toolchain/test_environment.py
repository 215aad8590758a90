"""The environment in which the Pulumi CLI runs."""

from pathlib import Path

from stackwright.toolchain import pulumi_environment


def made(**base: str) -> dict[str, str]:
    return pulumi_environment(
        base,
        cli=Path("/tools/pulumi"),
        python_bin=Path("/project/.venv/bin"),
        home=Path("/project/home"),
        backend="file:///project/state",
        passphrase="open",
    )


def test_the_projects_python_leads_the_path() -> None:
    assert made(PATH="/usr/bin")["PATH"] == "/project/.venv/bin:/tools:/usr/bin"


def test_the_users_login_and_backend_are_out_of_reach() -> None:
    environment = made(
        PULUMI_ACCESS_TOKEN="pul-1", PULUMI_HOME="/mine", PULUMI_BACKEND_URL="s3://x"
    )

    assert "PULUMI_ACCESS_TOKEN" not in environment
    assert environment["PULUMI_HOME"] == "/project/home"
    assert environment["PULUMI_BACKEND_URL"] == "file:///project/state"


def test_a_passphrase_file_of_the_user_does_not_compete() -> None:
    environment = made(PULUMI_CONFIG_PASSPHRASE_FILE="/mine")

    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in environment
    assert environment["PULUMI_CONFIG_PASSPHRASE"] == "open"


def test_nothing_is_asked_from_the_network() -> None:
    environment = made()

    assert environment["PULUMI_SKIP_UPDATE_CHECK"] == "true"
    assert environment["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"


def test_everything_else_is_passed_on() -> None:
    assert made(STRIPE_API_BASE="http://127.0.0.1:1")["STRIPE_API_BASE"] == "http://127.0.0.1:1"
