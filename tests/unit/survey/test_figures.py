"""The documented figures: what the file may say, and when a figure differs."""

from pathlib import Path

import pytest

from stackwright.errors import UserInput
from stackwright.survey.figures import Figure, Papers


@pytest.mark.parametrize(
    ("figure", "differs"),
    [
        (Figure("users", 14, 14), False),
        (Figure("users", 11, 14), True),
        (Figure("users", 11), False),
        (Figure("functions", 18, 18, 40), False),
    ],
)
def test_a_figure_differs_from_its_documented_start_only(figure: Figure, differs: bool) -> None:
    assert figure.differs is differs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("start: {prod: {users: many}}", "start.prod.users: Input should be a valid integer"),
        ("begin: {}", "begin: Extra inputs are not permitted"),
        ("{", "while parsing"),
    ],
)
def test_a_wrong_file_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "documented.yaml"
    path.write_text(text)
    with pytest.raises(UserInput, match=r"documented\.yaml: ") as caught:
        Papers.load(path)
    assert said in str(caught.value)


def test_without_a_file_nothing_is_documented(tmp_path: Path) -> None:
    assert Papers.load(tmp_path / "documented.yaml") == Papers()
