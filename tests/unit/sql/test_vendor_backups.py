"""What Supabase says of its own backups, in words."""

from typing import Any

import pytest

from stackwright.sql.vendor_backups import sentences

DAILY = {"status": "COMPLETED", "inserted_at": "2026-11-20T03:00:00Z"}
FAILED = {"status": "FAILED", "inserted_at": "2026-11-21T03:00:00Z"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({}, []),
        ({"error": "Supabase: 403"}, ["Supabase's own backups are not known: Supabase: 403"]),
        (
            {"pitr_enabled": False, "backups": []},
            ["Supabase has no backup of this project: daily ones need a paid plan."],
        ),
        (
            {"pitr_enabled": False, "backups": [DAILY, FAILED]},
            ["Supabase has 1 daily backups, the newest of 2026-11-20T03:00:00Z."],
        ),
        (
            {
                "pitr_enabled": True,
                "backups": [],
                "physical_backup_data": {
                    "earliest_physical_backup_date_unix": 1_800_000_000,
                    "latest_physical_backup_date_unix": None,
                },
            },
            [
                (
                    "Supabase can go back to any moment from 2027-01-15T08:00+00:00 to ? "
                    "(dashboard, Database)."
                )
            ],
        ),
    ],
)
def test_each_kind_of_answer_is_a_sentence(answer: dict[str, Any], said: list[str]) -> None:
    assert list(sentences(answer)) == said
