"""What is compared of a webhook, a function and a secret."""

from stackwright.survey.comparison import Difference, compare
from stackwright.survey.snapshot import Snapshot, Thing, _function, _named, _webhook


def webhook(**changes: object) -> dict[str, Thing]:
    found = {"enabled_events": ["b", "a"], "api_version": "2024-04-10", "status": "enabled"}
    return dict(_webhook("/functions/v1/events", found | changes))


def test_webhooks_are_compared_by_events_in_any_order_by_version_and_status() -> None:
    same = Snapshot("dev", things=webhook())
    assert compare(same, Snapshot("prod", things=webhook(enabled_events=["a", "b"]))) == []
    other = webhook(api_version="2025-01-01", status="disabled")
    place = "webhook /functions/v1/events"
    assert compare(same, Snapshot("prod", things=other)) == [
        Difference(f"API version of {place}", None, "2024-04-10", "2025-01-01"),
        Difference(f"status of {place}", None, "enabled", "disabled"),
    ]


def test_functions_are_compared_by_jwt_check_and_sources() -> None:
    known = _function({"verify_jwt": True}, "hash 1")
    assert known == _function({"verify_jwt": True}, "hash 1")
    assert known.value != _function({"verify_jwt": False}, "hash 1").value
    assert known.value != _function({"verify_jwt": True}, "hash 2").value
    assert known.value != _function({"verify_jwt": True}, None).value


def test_a_digest_decides_and_is_never_shown() -> None:
    things = _named("secret", {"KEY": "digest"})
    assert things["value of secret KEY"].value == "digest"
    assert not any(thing.shown for thing in things.values())
