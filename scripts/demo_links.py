"""Reads `stackwright sandbox status --json` and says what there is to open and to try."""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any

TRY = (
    ("change an amount in Pulumi.dev.yaml", "make demo"),
    ("what would change, and what drifted", "stackwright sandbox run -- pulumi preview --refresh"),
    ("every request that the vendors got", "stackwright sandbox journal"),
    ("a vendor that fails three times", "stackwright sandbox fault --help"),
    ("take the product away again", "stackwright sandbox run -- pulumi destroy --stack dev"),
    ("stop the sandbox; its data stays", "stackwright sandbox stop"),
)


def links(status: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything that has an address, in the words of a person."""
    yield "sandbox", status["page"]
    for name, address in status.get("services", {}).items():
        yield f"service {name}", address
    for ref, address in status.get("functions", {}).items():
        yield f"functions of {ref}", address
    for ref, address in status.get("databases", {}).items():
        yield f"database of {ref}", re.sub(r"(://[^:/@]+):[^@]*@", r"\1@", address)


def table(rows: list[tuple[str, str]]) -> str:
    """Two columns, the first as wide as it must be."""
    width = max((len(left) for left, _ in rows), default=0)
    return "\n".join(f"  {left:<{width}}  {right}" for left, right in rows)


def main() -> None:
    status = json.load(sys.stdin)
    print(f"\nOpen:\n{table(list(links(status)))}")
    print(f"\nTry (after `. .venv/bin/activate`):\n{table(list(TRY))}")


if __name__ == "__main__":
    main()
