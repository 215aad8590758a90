from pathlib import Path

import pytest

from stackwright.scenarios.baseline import Baseline
from stackwright.scenarios.stage import Timing


def test_the_first_run_is_what_later_ones_are_compared_with(tmp_path: Path) -> None:
    first = Baseline.of(tmp_path, "organization/shop/prod")
    assert first.compare("look-up", 0.02) is None
    assert first.compare("look-up", 0.01) is None
    first.save()

    later = Baseline.of(tmp_path, "prod")
    assert later.compare("look-up", 0.5) == 0.02
    later.save()
    assert Baseline.of(tmp_path, "prod").known == {"look-up": 0.02}


def test_a_renewed_baseline_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    for seconds in (0.02, 0.2):
        taken = Baseline.of(tmp_path, "prod", renew=True)
        assert taken.compare("look-up", seconds) is None
        taken.save()
    assert Baseline.of(tmp_path, "prod").known == {"look-up": 0.2}


@pytest.mark.parametrize(
    ("seconds", "baseline", "slow"),
    [(0.1, 0.02, True), (0.04, 0.015, False), (0.15, 0.1, False), (0.3, 0.3, True)],
    ids=["five times as slow", "noise", "half as slow again", "beyond the limit"],
)
def test_worse_than_the_baseline_is_slow(seconds: float, baseline: float, slow: bool) -> None:
    timing = Timing("look-up", seconds, 0.2, baseline)
    assert timing.is_slow is slow
    assert f"limit 200 ms, baseline {baseline * 1000:.0f} ms" in str(timing)
