from pathlib import Path

import pytest

from stackwright.files import replace_text


def test_the_folder_is_made_and_nothing_but_the_file_is_left(tmp_path: Path) -> None:
    place = tmp_path / "new" / "a.json"

    replace_text(place, "one")
    replace_text(place, "two", 0o600)

    assert place.read_text() == "two"
    assert place.stat().st_mode & 0o777 == 0o600
    assert list(place.parent.iterdir()) == [place]


def test_a_write_that_is_cut_off_leaves_the_earlier_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "a.json"
    replace_text(place, "whole")

    def killed(self: Path, mode: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "chmod", killed)
    with pytest.raises(KeyboardInterrupt):
        replace_text(place, "half")

    assert place.read_text() == "whole"
