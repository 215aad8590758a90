"""Where imports of a function lead: npm instead of addresses that need the open internet."""

from pathlib import Path

import pytest

from stackwright.sandbox.supabase import import_maps


@pytest.mark.parametrize(
    ("specifier", "target"),
    [
        ("https://esm.sh/stripe@14.21.0?target=deno", "npm:stripe@14.21.0"),
        ("https://esm.sh/stripe", "npm:stripe"),
        ("https://esm.sh/@supabase/supabase-js@2", "npm:@supabase/supabase-js@2"),
        ("https://esm.sh/v135/zod@3.22.4", "npm:zod@3.22.4"),
        ("https://esm.sh/date-fns@3/format?dts", "npm:date-fns@3/format"),
        ("jsr:@supabase/supabase-js@2", "npm:@supabase/supabase-js@2"),
        ("jsr:@std/assert", None),
        ("https://example.com/module.ts", None),
        ("npm:stripe", None),
    ],
)
def test_npm_holds_what_the_web_holds(specifier: str, target: str | None) -> None:
    assert import_maps.elsewhere(specifier) == target


def test_type_references_need_nothing() -> None:
    for version in ("", "@2.4.1"):
        found = import_maps.elsewhere(f"jsr:@supabase/functions-js{version}/edge-runtime.d.ts")
        assert found is not None
        assert found.startswith("data:")


def test_relative_addresses_of_an_import_map_become_absolute(tmp_path: Path) -> None:
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "deno.json").write_text(
        '{ /* maps */ "imports": {"a/": "./a/", "stripe": "https://esm.sh/stripe@14",},'
        ' "scopes": {"./old/": {"x": "../x.ts"}}, "tasks": {} }'
    )
    config = import_maps.build(tmp_path, None, "functions/hello/index.ts", [])
    base = tmp_path.as_uri()
    assert config["imports"] == {"a/": f"{base}/functions/a/", "stripe": "npm:stripe@14"}
    assert config["scopes"] == {f"{base}/functions/old/": {"x": f"{base}/x.ts"}}
    assert "tasks" not in config


def test_an_import_map_beside_deno_json_is_followed(tmp_path: Path) -> None:
    (tmp_path / "deno.json").write_text('{"importMap": "./maps/imports.json"}')
    (tmp_path / "maps").mkdir()
    (tmp_path / "maps" / "imports.json").write_text('{"imports": {"x": "./x.ts"}}')
    config = import_maps.build(tmp_path, "deno.json", "index.ts", [])
    assert config["imports"] == {"x": (tmp_path / "maps" / "x.ts").as_uri()}


def test_the_map_nearest_to_the_function_counts(tmp_path: Path) -> None:
    (tmp_path / "functions" / "hello").mkdir(parents=True)
    (tmp_path / "functions" / "deno.json").write_text('{"imports": {"x": "npm:outer"}}')
    (tmp_path / "functions" / "hello" / "deno.json").write_text('{"imports": {"x": "npm:inner"}}')
    config = import_maps.build(tmp_path, None, "functions/hello/index.ts", [])
    assert config["imports"] == {"x": "npm:inner"}


def test_the_user_s_own_map_wins_over_ours(tmp_path: Path) -> None:
    url = "https://esm.sh/stripe@14"
    (tmp_path / "deno.json").write_text(f'{{"imports": {{"{url}": "npm:stripe@15.0.0"}}}}')
    config = import_maps.build(tmp_path, None, "index.ts", [f'import "{url}";'])
    assert config["imports"] == {url: "npm:stripe@15.0.0"}


def test_a_mapped_standard_library_still_serves(tmp_path: Path) -> None:
    (tmp_path / "deno.json").write_text('{"imports": {"std/": "https://deno.land/std@0.168.0/"}}')
    config = import_maps.build(tmp_path, None, "index.ts", [])
    assert config["imports"]["std/http/server.ts"].endswith("/std_http_server.ts")


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_broken_map_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "deno.json").write_text(text)
    with pytest.raises(import_maps.ImportMapError, match=r"deno\.json"):
        import_maps.build(tmp_path, "deno.json", "index.ts", [])
