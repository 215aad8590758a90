"""How a tool that is missing is obtained: found, downloaded, built; never half."""

import io
import json
import tarfile
import urllib.request
from pathlib import Path

import pytest

from stackwright.toolchain import ToolMissing, locate, postgres, pulumi_build, pulumi_download
from stackwright.toolchain import pulumi_cli as cli
from stackwright.toolchain.cache import pulumi_dir
from stackwright.toolchain.functions import entry_points
from stackwright.toolchain.progress import Progress
from stackwright.toolchain.pulumi_download import Unreachable, archive_name, download

STARTS = "#!/bin/sh\necho v3.259.0\n"


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.delenv("SANDBOX_PG_BIN", raising=False)


class Recorder:
    """A way to obtain the CLI that notes its calls."""

    def __init__(self, script: str = STARTS, failure: Exception | None = None) -> None:
        self.script, self.failure, self.calls = script, failure, 0

    def __call__(self, folder: Path, progress: Progress) -> None:
        self.calls += 1
        if self.failure:
            raise self.failure
        (folder / "pulumi").write_text(self.script)
        (folder / "pulumi").chmod(0o755)


def quiet() -> Progress:
    return Progress(io.StringIO())


def test_a_download_is_preferred_to_a_build() -> None:
    download, build = Recorder(), Recorder()

    assert cli.obtain_pulumi(quiet(), download, build) == pulumi_dir() / "pulumi"
    assert (download.calls, build.calls) == (1, 0)


def test_what_cannot_be_downloaded_is_built() -> None:
    download, build = Recorder(failure=Unreachable("no network")), Recorder()

    cli.obtain_pulumi(quiet(), download, build)

    assert build.calls == 1


def test_what_is_there_is_neither_downloaded_nor_built() -> None:
    cli.obtain_pulumi(quiet(), Recorder(), Recorder())

    again, told = Recorder(), io.StringIO()
    cli.obtain_pulumi(Progress(told), again, again)

    assert (again.calls, told.getvalue()) == (0, "")


def test_a_failed_build_leaves_no_half_installation() -> None:
    download = Recorder(failure=Unreachable("no network"))

    with pytest.raises(ToolMissing):
        cli.obtain_pulumi(quiet(), download, Recorder(failure=ToolMissing("no Go")))

    assert not pulumi_dir().exists()


def test_a_cli_that_does_not_start_is_not_kept() -> None:
    with pytest.raises(ToolMissing, match="does not start"):
        cli.obtain_pulumi(quiet(), Recorder("#!/bin/sh\nexit 1\n"), Recorder())

    assert not pulumi_dir().exists()


def archive(folder: Path, *names: str) -> None:
    with tarfile.open(folder / archive_name(), "w:gz") as made:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(STARTS), 0o755
            made.addfile(entry, io.BytesIO(STARTS.encode()))


def test_of_the_archive_only_what_runs_python_is_kept(tmp_path: Path) -> None:
    archive(tmp_path, "pulumi/pulumi", "pulumi/pulumi-language-python", "pulumi/pulumi-language-go")
    target = tmp_path / "target"

    download(target, quiet(), tmp_path.as_uri())

    assert {p.name for p in target.iterdir()} == {"pulumi", "pulumi-language-python"}
    assert locate.pulumi_version(target / "pulumi") == (3, 259, 0)


def test_an_archive_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    archive(tmp_path, "../../pulumi")
    target = tmp_path / "deep" / "target"

    download(target, quiet(), tmp_path.as_uri())

    assert [p.name for p in target.iterdir()] == ["pulumi"]
    assert not (tmp_path / "pulumi").exists()


def test_a_broken_archive_counts_as_unreachable(tmp_path: Path) -> None:
    (tmp_path / archive_name()).write_bytes(b"<html>")

    with pytest.raises(Unreachable):
        download(tmp_path / "target", quiet(), tmp_path.as_uri())


def test_a_host_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi_download, "_connect", lambda place, answered: None)
    monkeypatch.setattr(urllib.request, "getproxies", dict)

    with pytest.raises(Unreachable, match=r"example\.invalid does not answer"):
        download(Path("unused"), quiet(), "https://example.invalid")


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        ("linux", "x86_64", "pulumi-v3.259.0-linux-x64.tar.gz"),
        ("linux", "aarch64", "pulumi-v3.259.0-linux-arm64.tar.gz"),
        ("darwin", "arm64", "pulumi-v3.259.0-darwin-arm64.tar.gz"),
    ],
)
def test_the_archive_is_the_one_for_the_machine(system: str, machine: str, name: str) -> None:
    assert archive_name(system, machine) == name


def test_without_go_the_user_is_told_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match="there is no Go here"):
        pulumi_build.build(tmp_path, quiet())


def test_a_go_that_is_too_old_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go version go1.19.8 linux/amd64\n")
    go.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ToolMissing, match=r"Go here is 1\.19\.8 .*1\.21 or newer"):
        pulumi_build.build(tmp_path, quiet())


def test_a_build_that_fails_shows_the_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = tmp_path / "go"
    go.write_text(
        '#!/bin/sh\n[ "$1" = version ] && echo go1.26 && exit\necho no disk >&2; exit 1\n'
    )
    go.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ToolMissing, match="pulumi: no disk"):
        pulumi_build.build(tmp_path / "target", quiet())


def test_the_links_of_a_package_are_made_once(tmp_path: Path) -> None:
    for name in ("bin", "lib"):
        (tmp_path / name).mkdir()
    (tmp_path / "lib" / "libx.so.1.2").write_text("library")
    (tmp_path / "bin" / "postgres").write_text("")
    entry = {"source": "native/lib/libx.so.1.2", "target": "native/lib/libx.so"}
    (tmp_path / "pg-symlinks.json").write_text(json.dumps([entry]))

    postgres.link(tmp_path)
    postgres.link(tmp_path)

    assert (tmp_path / "lib" / "libx.so").readlink() == Path("libx.so.1.2")
    assert (tmp_path / "bin" / "postgres").stat().st_mode & 0o777 == 0o755


def test_a_named_postgres_ends_the_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "postgres").touch()
    monkeypatch.setenv("SANDBOX_PG_BIN", str(tmp_path))

    assert postgres.obtain_postgres(quiet()) == tmp_path


def test_the_systems_postgres_is_taken_when_the_package_is_not_to_be_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = tmp_path / "system" / "15" / "bin" / "postgres"
    server.parent.mkdir(parents=True)
    server.write_text("#!/bin/sh\necho postgres '(PostgreSQL)' 15.4\n")
    server.chmod(0o755)
    monkeypatch.setattr(locate, "_POSTGRES_FOLDERS", (f"{tmp_path}/system/*/bin",))
    monkeypatch.setattr(postgres, "_install", _refuse)
    told = io.StringIO()

    assert postgres.obtain_postgres(Progress(told)) == server.parent
    assert "using the system's PostgreSQL 15 instead" in told.getvalue()


def test_without_any_postgres_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locate, "_POSTGRES_FOLDERS", ())
    monkeypatch.setattr(postgres, "_install", _refuse)

    with pytest.raises(ToolMissing, match="no network"):
        postgres.obtain_postgres(quiet())


def _refuse(major: int, room: Path) -> None:
    raise ToolMissing("no network")


def test_shared_code_is_no_function(tmp_path: Path) -> None:
    for name in ("pay", "_shared"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.ts").touch()

    assert entry_points(tmp_path) == [tmp_path / "pay" / "index.ts"]
