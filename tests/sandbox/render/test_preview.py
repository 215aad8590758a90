"""A static site built from a real repository and served on this machine."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from stackwright.errors import UserInput
from stackwright.render import preview
from stackwright.render.preview import BuildFailed, StaticSite

ROUTES = [
    {"type": "redirect", "source": "/old", "destination": "/new"},
    {"type": "rewrite", "source": "/*", "destination": "/index.html"},
]


@pytest.fixture
def site(tmp_path: Path) -> StaticSite:
    """A repository whose build writes the variables that it gets into a page."""
    repo = tmp_path / "repo"
    repo.mkdir()
    build = 'mkdir dist && echo "<p>$VITE_NAME $STRIPE_API_KEY</p>" > dist/index.html'
    (repo / "build.sh").write_text(f"{build}\n")
    git(repo, "init", "--quiet", "--initial-branch=main")
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message=Build it")
    variables = {"VITE_NAME": "shop"}
    return StaticSite(str(repo), "main", "sh build.sh", "dist", routes=ROUTES, variables=variables)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"]
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@contextmanager
def served(folder: Path) -> Iterator[httpx.Client]:
    with preview.port(0) as server:
        thread = threading.Thread(target=preview.serve, args=(server, folder, ROUTES))
        thread.start()
        address = f"http://127.0.0.1:{server.server_port}"
        try:
            with httpx.Client(base_url=address, trust_env=False) as client:
                yield client
        finally:
            server.shutdown()
            thread.join()


def test_the_build_gets_the_declared_variables_and_no_credential_of_ours(
    site: StaticSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "not for a build")
    folder = preview.build(site, tmp_path)
    assert (folder / "index.html").read_text() == "<p>shop </p>\n"


def test_a_declared_commit_is_built_instead_of_the_newest(site: StaticSite, tmp_path: Path) -> None:
    repo = Path(site.repo)
    first = git(repo, "rev-parse", "HEAD")
    (repo / "build.sh").write_text("mkdir dist && echo newer > dist/index.html\n")
    git(repo, "commit", "--quiet", "--all", "--message=Change it")
    (tmp_path / "newest").mkdir()
    newest = preview.build(site, tmp_path / "newest")
    assert (newest / "index.html").read_text() == "newer\n"
    (tmp_path / "first").mkdir()
    folder = preview.build(replace(site, commit=first), tmp_path / "first")
    assert "shop" in (folder / "index.html").read_text()


def test_files_come_first_and_any_other_path_is_the_page_or_a_redirect(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("the page")
    (tmp_path / "app.js").write_text("the script")
    with served(tmp_path) as client:
        assert client.get("/app.js").text == "the script"
        assert client.get("/").text == client.get("/deep/link?a=1").text == "the page"
        moved = client.get("/old")
        assert (moved.status_code, moved.headers["location"]) == (301, "/new")
        assert client.get("/%2e%2e/%2e%2e/etc/passwd").text == "the page"


def test_a_taken_port_is_one_sentence() -> None:
    words = r"port \d+ of 127\.0\.0\.1 cannot be had .*--port"
    with (
        preview.port(0) as first,
        pytest.raises(UserInput, match=words),
        preview.port(first.server_port),
    ):
        pass


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"build_command": "exit 3"}, "`exit 3` ended with 3"),
        ({"publish_path": "public"}, "the build made no folder public"),
        ({"publish_path": "../.."}, r"the build made no folder \.\./\.\."),
        ({"root_dir": "web"}, "the repository has no folder web"),
        ({"branch": "nowhere"}, "`git clone` ended with 128"),
    ],
)
def test_a_build_that_fails_says_what_to_correct(
    site: StaticSite, tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(BuildFailed, match=said):
        preview.build(replace(site, **change), tmp_path)


def test_a_secret_in_what_was_built_is_not_served(site: StaticSite, tmp_path: Path) -> None:
    leak = "whsec" + "_" + 16 * "a"
    with pytest.raises(BuildFailed) as caught:
        preview.build(replace(site, variables={"VITE_NAME": leak}), tmp_path)
    assert "everybody could read a webhook signing secret in index.html" in str(caught.value)
    assert leak not in str(caught.value)
