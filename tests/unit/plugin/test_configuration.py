"""Credentials of a run: which source wins, and what is said about it."""

import json

import pytest

from stackwright import configuration
from stackwright.errors import UserInput


def config(**values: str) -> dict[str, str]:
    return {"PULUMI_CONFIG": json.dumps({f"stackwright:{k}": v for k, v in values.items()})}


def test_the_stacks_configuration_comes_before_the_environment_and_says_so() -> None:
    environment = {**config(stripeApiKey="sk_test_config"), "STRIPE_API_KEY": "sk_test_env"}
    found = configuration.read(environment, {"stripeApiKey": "sk_test_state"})
    assert found.get("stripeApiKey") == "sk_test_config"
    (note,) = found.notes
    assert "stackwright:stripeApiKey and STRIPE_API_KEY differ" in note
    assert "sk_test" not in note


def test_the_environment_comes_before_state() -> None:
    found = configuration.read({"RENDER_API_KEY": "env"}, {"renderApiKey": "state"})
    assert found.get("renderApiKey") == "env"
    assert found.notes == ()
    assert configuration.read({}, {"renderApiKey": "state"}).get("renderApiKey") == "state"


def test_equal_sources_are_not_worth_a_note() -> None:
    environment = {**config(renderApiKey="same"), "RENDER_API_KEY": "same"}
    assert configuration.read(environment, {}).notes == ()


def test_the_engine_gives_a_plugin_its_configuration_without_the_namespace() -> None:
    environment = {"PULUMI_CONFIG": '{"stripeApiKey": "config"}', "STRIPE_API_KEY": "env"}
    assert configuration.read(environment, {}).get("stripeApiKey") == "config"


def test_configuration_of_other_packages_is_not_ours() -> None:
    environment = {"PULUMI_CONFIG": json.dumps({"shop:stripeApiKey": "x", "aws:region": "y"})}
    assert configuration.read(environment, {}).get("stripeApiKey") is None


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("renderApiKey", "or export RENDER_API_KEY."),
        ("stripeMode", "No stripeMode is set. Run `pulumi config set"),
    ],
)
def test_what_is_missing_is_told_with_both_ways_to_give_it(key: str, words: str) -> None:
    with pytest.raises(UserInput) as caught:
        configuration.read({}, {}).require(key)
    assert words in str(caught.value)


def test_endpoints_are_the_vendors_own_unless_the_environment_names_others() -> None:
    plain = configuration.read({}, {})
    assert plain.endpoints["RENDER_HOST"] == "https://api.render.com/v1"
    assert plain.project_url("abc") == "https://abc.supabase.co"
    sandbox = {"SUPABASE_PROJECT_URL": "http://127.0.0.1:1/{ref}", "RENDER_HOST": ""}
    assert configuration.read(sandbox, {}).project_url("abc") == "http://127.0.0.1:1/abc"
    assert configuration.read(sandbox, {}).endpoints["RENDER_HOST"].startswith("https")


def test_no_value_shows_in_the_representation() -> None:
    assert "sk_live" not in repr(configuration.read(config(stripeApiKey="sk_live_1"), {}))


def test_the_query_endpoint_is_chosen_by_name_only_and_said_once_with_its_cost() -> None:
    assert not configuration.read({}, {}).over_query
    chosen = configuration.read(config(databaseAccess="query"), {})
    assert chosen.over_query
    assert chosen.notes == (configuration.OVER_QUERY,)
    assert "no shadow run" in configuration.OVER_QUERY
    with pytest.raises(UserInput, match="databaseAccess is neither direct nor query"):
        configuration.read({"SUPABASE_DB_ACCESS": "magic"}, {})


def test_what_needs_a_connection_is_refused_where_it_is_configured_away() -> None:
    configuration.read({}, {}).require_connection()
    with pytest.raises(UserInput, match=r"needs a direct connection .* set it to direct"):
        configuration.read(config(databaseAccess="query"), {}).require_connection()


def test_a_missing_password_names_the_way_without_one_and_what_it_costs() -> None:
    with pytest.raises(UserInput, match=r"databaseAccess to query .* it is slower"):
        configuration.read({}, {}).require("supabaseDbPassword")
    with pytest.raises(UserInput) as other:
        configuration.read({}, {}).require("renderApiKey")
    assert "databaseAccess" not in str(other.value)
