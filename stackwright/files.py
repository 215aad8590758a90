"""Files that others read while we write them: a reader, or a kill, never meets half of one."""

import os
from pathlib import Path


def replace_text(path: Path, text: str, mode: int = 0o644) -> None:
    """Write `text` beside `path`, then put it there in one step; the folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.chmod(mode)
    draft.replace(path)
