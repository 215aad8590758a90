"""API versions: known ones, their order, and objects in older shapes."""

import pytest

from stackwright.sandbox.stripe import versions
from stackwright.sandbox.stripe.errors import InvalidRequest


def test_the_current_version_is_the_newest_known_one() -> None:
    assert versions.check(versions.CURRENT) == max(versions.KNOWN)


def test_an_unknown_version_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="Invalid Stripe API version: 2024-04-11"):
        versions.check("2024-04-11")


def test_a_release_is_not_before_its_own_change() -> None:
    assert versions.before("2025-02-24.acacia", versions.BASIL)
    assert not versions.before("2025-03-31.basil", versions.BASIL)


def test_products_had_features_before_april_2024() -> None:
    product = {"object": "product", "marketing_features": [{"name": "x"}]}
    assert versions.downgrade(product, "2023-10-16")["features"] == [{"name": "x"}]
    assert versions.downgrade(product, "2024-04-10") == product


def test_a_downgrade_leaves_the_stored_object_alone() -> None:
    product = {"object": "product", "marketing_features": []}
    versions.downgrade(product, "2023-10-16")
    assert "marketing_features" in product
