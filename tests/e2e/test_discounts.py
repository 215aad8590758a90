"""The testers' code follows its coupon, and its days are a setting."""

from typing import Any

from tests.e2e.project import Project

CODE = "BETATESTER2025"


def codes(project: Project) -> list[dict[str, Any]]:
    """The promotion codes that customers can use."""
    stripe = project.vendor(*project.variables("STRIPE_API_BASE", "STRIPE_API_KEY"))
    found: list[dict[str, Any]] = stripe("GET", "/v1/promotion_codes?active=true")["data"]
    return found


def test_the_days_are_a_setting_and_a_coupon_with_other_terms_is_another_code(
    project: Project,
) -> None:
    [first] = codes(project)
    assert (first["code"], first["metadata"]["extra_trial_days"]) == (CODE, "7")
    assert first["max_redemptions"] is first["expires_at"] is None

    amount = 'voip-accelerator:monthly_amount: "9900"\n'
    days = 'voip-accelerator:beta_trial_days: "21"\n'
    project.edit("Pulumi.dev.yaml", amount, f"{amount}  {days}")
    assert project.planned() == {"beta-tester-code": "update"}
    project.up()
    [second] = codes(project)
    assert (second["id"], second["metadata"]["extra_trial_days"]) == (first["id"], "21")

    project.edit("components/billing.py", "amount_off=1,", "amount_off=2,")
    project.up()
    [third] = codes(project)
    assert (third["code"], third["id"] == first["id"]) == (CODE, False)
    assert project.up().nothing_changed
