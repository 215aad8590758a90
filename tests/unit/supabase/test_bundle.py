"""Which files a function consists of, and what changes its hash."""

from pathlib import Path

import pytest

from stackwright.errors import UserInput
from stackwright.supabase.bundle import bundle


def put(root: Path, path: str, text: str | bytes = "") -> None:
    file = root / "functions" / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())


def files(root: Path, slug: str = "pay") -> list[str]:
    found = bundle(root, "functions", slug).files
    return sorted(path.removeprefix("functions/") for path in found)


@pytest.mark.parametrize(
    "line",
    [
        'import { a } from "../_shared/a.ts";',
        "import '../_shared/a.ts';",
        'export * from "../_shared/a.ts";',
        'const a = await import("../_shared/a.ts");',
        'import {\n  a,\n} from "../_shared/a.ts";',
        'const a = new URL("../_shared/a.ts", import.meta.url);',
        'const url = "https://shop.test"; import { a } from "../_shared/a.ts";',
    ],
)
def test_an_imported_file_belongs_to_the_function(tmp_path: Path, line: str) -> None:
    put(tmp_path, "pay/index.ts", line)
    put(tmp_path, "_shared/a.ts")
    put(tmp_path, "_shared/b.ts")
    assert files(tmp_path) == ["_shared/a.ts", "pay/index.ts"]


@pytest.mark.parametrize(
    "line",
    [
        '// import "./gone.ts"',
        '/* import "./gone.ts" */',
        'import Stripe from "npm:stripe@16";',
        'import { serve } from "https://deno.land/std/http/server.ts";',
        'import { x } from "jsr:@std/x";',
        'import { x } from "aliased";',
    ],
)
def test_comments_and_remote_imports_are_left_out(tmp_path: Path, line: str) -> None:
    put(tmp_path, "pay/index.ts", line)
    assert files(tmp_path) == ["pay/index.ts"]


def test_imports_of_imports_belong_to_the_function_even_in_a_circle(tmp_path: Path) -> None:
    put(tmp_path, "pay/index.ts", 'import "../_shared/a.ts";')
    put(tmp_path, "_shared/a.ts", 'import "./b.ts";')
    put(tmp_path, "_shared/b.ts", 'import "./a.ts";')
    assert files(tmp_path) == ["_shared/a.ts", "_shared/b.ts", "pay/index.ts"]


def test_a_binary_file_that_is_read_at_run_time_is_sent_as_it_is(tmp_path: Path) -> None:
    put(tmp_path, "pay/index.ts", 'new URL("./logo.png", import.meta.url);')
    put(tmp_path, "pay/logo.png", b"\x89PNG\xff")
    assert files(tmp_path) == ["pay/index.ts", "pay/logo.png"]


def test_the_functions_own_import_map_comes_before_the_shared_one(tmp_path: Path) -> None:
    put(tmp_path, "pay/index.ts")
    put(tmp_path, "deno.json", "{}")
    assert bundle(tmp_path, "functions", "pay").import_map == "functions/deno.json"
    put(tmp_path, "pay/deno.json", "{}")
    assert bundle(tmp_path, "functions", "pay").import_map == "functions/pay/deno.json"
    assert files(tmp_path) == ["pay/deno.json", "pay/index.ts"]


def test_aliases_lead_to_local_files_and_the_longest_wins(tmp_path: Path) -> None:
    imports = '"@/": "./_shared/", "@/money/": "./money/", "one": "./_shared/one.ts"'
    put(tmp_path, "deno.jsonc", f'{{"imports": {{{imports}}}}} // aliases')
    put(tmp_path, "pay/index.ts", 'import "@/a.ts"; import "@/money/b.ts"; import "one";')
    for path in ("_shared/a.ts", "money/b.ts", "_shared/one.ts"):
        put(tmp_path, path)
    assert files(tmp_path) == [
        "_shared/a.ts",
        "_shared/one.ts",
        "deno.jsonc",
        "money/b.ts",
        "pay/index.ts",
    ]


def test_the_hash_changes_with_any_file_of_the_function_and_with_no_other(tmp_path: Path) -> None:
    put(tmp_path, "pay/index.ts", 'import "../_shared/a.ts";')
    put(tmp_path, "_shared/a.ts", "1")
    before = bundle(tmp_path, "functions", "pay").hash
    put(tmp_path, "_shared/b.ts", "2")
    assert bundle(tmp_path, "functions", "pay").hash == before
    put(tmp_path, "_shared/a.ts", "2")
    assert bundle(tmp_path, "functions", "pay").hash != before


def test_content_that_moves_from_one_file_to_the_next_changes_the_hash(tmp_path: Path) -> None:
    put(tmp_path, "pay/index.ts", 'import "./a.ts"; import "./b.ts";')
    put(tmp_path, "pay/a.ts", "xy")
    put(tmp_path, "pay/b.ts", "")
    before = bundle(tmp_path, "functions", "pay").hash
    put(tmp_path, "pay/a.ts", "x")
    put(tmp_path, "pay/b.ts", "y")
    assert bundle(tmp_path, "functions", "pay").hash != before


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("other/index.ts", "", "function pay has no functions/pay/index.ts; create it"),
        ("pay/index.ts", 'import "./gone.ts";', "imports ./gone.ts, but there is no file"),
        ("pay/index.ts", 'import "../../../etc/passwd";', "there is no file ../etc/passwd"),
        ("pay/index.ts", b"\xff", "functions/pay/index.ts is not UTF-8 text"),
    ],
)
def test_what_cannot_be_bundled_is_told_with_its_file(
    tmp_path: Path, path: str, text: str | bytes, words: str
) -> None:
    put(tmp_path, path, text)
    with pytest.raises(UserInput, match=words):
        bundle(tmp_path, "functions", "pay")


def test_an_import_map_without_imports_has_no_aliases(tmp_path: Path) -> None:
    put(tmp_path, "pay/index.ts")
    put(tmp_path, "deno.json", "[]")
    assert files(tmp_path) == ["deno.json", "pay/index.ts"]


def test_an_import_map_that_is_not_json_is_told_with_its_file(tmp_path: Path) -> None:
    put(tmp_path, "pay/index.ts")
    put(tmp_path, "deno.json", "{")
    with pytest.raises(UserInput, match=r"functions/deno\.json is not valid JSON"):
        files(tmp_path)
