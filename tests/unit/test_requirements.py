"""The page of requirements is complete, current, and names only what is there."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "requirements.py"


def test_every_requirement_is_listed_and_what_it_names_is_there() -> None:
    command = [sys.executable, str(SCRIPT), "--check"]
    answer = subprocess.run(command, capture_output=True, text=True)
    assert answer.stdout == ""
    assert answer.returncode == 0
