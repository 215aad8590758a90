"""What the program says of itself before anything is asked of anybody."""

import json
import os
from collections.abc import Mapping

import pytest
import yaml

from stackwright.errors import UserInput
from stackwright.stack import of_type
from stackwright.survey.program import declared
from tests.product.helpers import ROOT

KEY = "sk_test" + "_of_nobody"


def environment(**changes: str) -> Mapping[str, str]:
    """As the engine gives it to the program of stack dev."""
    config = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())["config"] | changes
    told = {name: v if isinstance(v, str) else json.dumps(v) for name, v in config.items()}
    keys = {"STRIPE_API_KEY": KEY, "STRIPE_PUBLISHABLE_KEY": "pk_test" + "_of_nobody"}
    return {**os.environ, **keys, "PULUMI_CONFIG": json.dumps(told)}


def test_names_are_told_and_no_secret_value() -> None:
    found = declared(ROOT, "voip-accelerator", "dev", environment())
    [project] = of_type(found, "stackwright:supabase:Project")
    assert project.id == "voipacceleratordevaa"
    secrets = [one.inputs["values"] for one in of_type(found, "stackwright:supabase:Secrets")]
    assert {name for values in secrets for name in values} == {
        "STRIPE_SECRET_KEY",
        "STRIPE_WEBHOOK_SECRET",
        "STRIPE_PRICE_MONTHLY_ACCELERATOR",
        "STRIPE_PRICE_ANNUAL_ACCELERATOR",
        "STRIPE_PORTAL_CONFIGURATION",
    }
    assert KEY not in repr(found)
    [variables] = of_type(found, "stackwright:render:EnvVars")
    assert variables.inputs["service"] == "service"
    assert set(variables.inputs["values"].values()) == {None}


def test_what_is_wrong_with_the_program_is_said_in_its_own_words() -> None:
    wrong = environment(**{"voip-accelerator:monthly_amount": "0"})
    with pytest.raises(UserInput, match=r"setting monthly_amount .*greater than 0") as caught:
        declared(ROOT, "voip-accelerator", "dev", wrong)
    assert KEY not in str(caught.value)
