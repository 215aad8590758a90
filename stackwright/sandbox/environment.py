"""The environment in which a program meets the sandbox instead of the vendors."""

import hashlib
import json
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from stackwright import toolchain
from stackwright.files import replace_text
from stackwright.sandbox import command_plugin
from stackwright.sandbox.credentials import kept
from stackwright.sandbox.git_addresses import git_addresses
from stackwright.sandbox.launcher import SandboxError
from stackwright.sandbox.ports import Ports
from stackwright.sandbox.store import Store

_FOREIGN_CONFIG = ("encryptionsalt", "encryptedkey", "secretsprovider")
_STACK_FLAGS = ("--stack", "-s")
DEFAULT_STACK = "dev"
PROJECT, PULUMI = "STACKWRIGHT_PROJECT", "STACKWRIGHT_PULUMI"
"""Variables for `pulumi_cli`: the project's folder and the real CLI."""
GIVEN = "STACKWRIGHT_STRIPE_MODE"
"""Variable for `pulumi_cli`: the mode whose Stripe keys were given. Others were set by hand."""
_STRIPE_KEYS = ("STRIPE_API_KEY", "STRIPE_PUBLISHABLE_KEY")


@dataclass(frozen=True)
class Workspace:
    """The folders of a project's sandbox: `.stackwright/sandbox` and `.stackwright/pulumi`."""

    project: Path

    @property
    def sandbox(self) -> Path:
        return self.project / ".stackwright" / "sandbox"

    @property
    def pulumi(self) -> Path:
        return self.project / ".stackwright" / "pulumi"

    @property
    def home(self) -> Path:
        return self.pulumi / "home"

    @property
    def state(self) -> Path:
        return self.pulumi / "state"


def environment(
    workspace: Workspace, command: Sequence[str], base: Mapping[str, str]
) -> dict[str, str]:
    """`base` with the sandbox's endpoints, credentials, backend, plugins and stack settings."""
    found = _pulumi(workspace, base, needed=Path(command[0]).name == "pulumi")
    found |= _endpoints(workspace) | _credentials(workspace)
    if base.get(PROJECT) != str(workspace.project):
        found.pop(GIVEN, None)
        found |= git_addresses(workspace.sandbox, base)
    found |= for_stack(workspace, stack_of(command, base, workspace), found)
    found[PROJECT] = str(workspace.project)
    found["PULUMI_OPTION_PRESERVE_CONFIG"] = "true"  # `stack rm` would delete the tracked file
    found["PULUMI_PARALLEL"] = base.get("PULUMI_PARALLEL", "16")
    if "PULUMI_STACK" in base:
        found["PULUMI_STACK"] = base["PULUMI_STACK"]
    for name in ("no_proxy", "NO_PROXY"):
        found[name] = ",".join(filter(None, [base.get(name), "127.0.0.1", "localhost"]))
    return found


def for_stack(workspace: Workspace, stack: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What depends on the stack: its settings file, and Stripe's keys of its mode.

    A key that was set by hand inside `sandbox run` stays: trying a wrong one is a fair question.
    """
    settings = stack_settings(workspace, stack)
    mode = "LIVE" if _is_live(settings) else "TEST"
    if any(_is_set_by_hand(name, environment) for name in _STRIPE_KEYS):
        return {"PULUMI_OPTION_CONFIG_FILE": str(settings)}
    keys = {name: environment[f"{name}_{mode}"] for name in _STRIPE_KEYS}
    return {"PULUMI_OPTION_CONFIG_FILE": str(settings), GIVEN: mode, **keys}


def _is_set_by_hand(name: str, environment: Mapping[str, str]) -> bool:
    given = environment.get(GIVEN)
    return given is not None and environment.get(name) != environment[f"{name}_{given}"]


def stack_of(command: Sequence[str], base: Mapping[str, str], workspace: Workspace) -> str:
    """The stack that CMD is about: its flag, else PULUMI_STACK, else the selected one, else dev."""
    words = list(command)
    if "stack" in words:
        named = _named_stack(words[words.index("stack") + 1 :])
        if named:
            return named
    for word, following in zip(words, [*words[1:], ""], strict=True):
        flag, equals, value = word.partition("=")
        if flag in _STACK_FLAGS:
            named = value if equals else following
            return named.rpartition("/")[2]
    return base.get("PULUMI_STACK") or _selected(workspace) or DEFAULT_STACK


def _named_stack(words: list[str]) -> str | None:
    """The NAME of `stack select NAME`, `stack init NAME`, `stack rm NAME`."""
    if not words or words[0] not in ("select", "init", "rm"):
        return None
    names = (word for word in words[1:] if not word.startswith("-"))
    name = next(names, None)
    return name.rpartition("/")[2] if name else None


def _selected(workspace: Workspace) -> str | None:
    """What `pulumi stack select` chose for this project, from the sandbox's own Pulumi home."""
    path = workspace.project / "Pulumi.yaml"
    if not path.is_file():
        return None
    name = (yaml.safe_load(path.read_text()) or {}).get("name", "")
    digest = hashlib.sha1(str(path).encode(), usedforsecurity=False).hexdigest()
    kept_file = workspace.home / "workspaces" / f"{name}-{digest}-workspace.json"
    if not kept_file.is_file():
        return None
    stack: str | None = json.loads(kept_file.read_text()).get("stack")
    return stack.rpartition("/")[2] if stack else None


def stack_settings(workspace: Workspace, stack: str) -> Path:
    """The sandbox's copy of `Pulumi.<stack>.yaml`, brought up to date.

    Secure values are left out: they are sealed with a passphrase that the sandbox does not have.
    What was changed in the copy alone (`pulumi config set` inside the sandbox, and the salt that
    Pulumi writes) stays.
    """
    folder = workspace.pulumi / "config"
    folder.mkdir(parents=True, exist_ok=True)
    tracked = _read(workspace.project / f"Pulumi.{stack}.yaml")
    tracked["config"] = _open_values(tracked.get("config"))
    for name in _FOREIGN_CONFIG:
        tracked.pop(name, None)
    copy, base = folder / f"Pulumi.{stack}.yaml", folder / f"{stack}.base.json"
    old_base = json.loads(base.read_text()) if base.is_file() else {}
    merged = _merge(_read(copy), old_base, tracked)
    if merged != _read(copy) or not copy.is_file():
        replace_text(copy, yaml.safe_dump(merged, sort_keys=False))
    replace_text(base, json.dumps(tracked))
    return copy


def _open_values(config: dict[str, Any] | None) -> dict[str, Any]:
    """The values without anything sealed in them."""
    return {key: value for key, value in (config or {}).items() if not _is_sealed(value)}


def _is_sealed(value: Any) -> bool:
    if isinstance(value, dict):
        return "secure" in value or any(_is_sealed(inner) for inner in value.values())
    return isinstance(value, list) and any(_is_sealed(inner) for inner in value)


def _merge(copy: dict[str, Any], base: dict[str, Any], tracked: dict[str, Any]) -> dict[str, Any]:
    """`tracked`, with what `copy` has changed since it was made from `base`."""
    own, old = copy.pop("config", None) or {}, base.get("config", {})
    config = dict(tracked["config"])
    config |= {key: value for key, value in own.items() if key not in old or old[key] != value}
    kept_apart = {key: value for key, value in copy.items() if key in _FOREIGN_CONFIG}
    return {**kept_apart, **tracked, "config": config}


class _Loader(yaml.SafeLoader):
    """As Pulumi reads its files: `2024-04-10` is a text, not a date."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read(path: Path) -> dict[str, Any]:
    # The loader is PyYAML's safe one with a rule less.
    return (yaml.load(path.read_text(), _Loader) or {}) if path.is_file() else {}  # noqa: S506


def _is_live(settings: Path) -> bool:
    config = _read(settings).get("config") or {}
    names = ("stripe_mode", "stripeMode")
    return any(key.rpartition(":")[2] in names and value == "live" for key, value in config.items())


def _pulumi(workspace: Workspace, base: Mapping[str, str], *, needed: bool) -> dict[str, str]:
    workspace.state.mkdir(parents=True, exist_ok=True)
    try:
        # Inside another `sandbox run` the first `pulumi` on PATH is our own wrapper.
        cli = Path(base[PULUMI]) if PULUMI in base else toolchain.pulumi()
    except toolchain.ToolMissing:
        if needed:
            raise
        cli = Path("pulumi")
    else:
        command_plugin.install(workspace.home)
    found = toolchain.pulumi_environment(
        base,
        cli=cli,
        python_bin=Path(sys.executable).parent,
        home=workspace.home,
        backend=workspace.state.as_uri(),
        passphrase=_passphrase(workspace.pulumi / "passphrase"),
    )
    found[PULUMI] = str(cli)
    found["PATH"] = os.pathsep.join([str(_wrapper(workspace).parent), found["PATH"]])
    return found


def _wrapper(workspace: Workspace) -> Path:
    """A `pulumi` that leads to `pulumi_cli`."""
    path = workspace.pulumi / "bin" / "pulumi"
    text = f'#!/bin/sh\nexec "{sys.executable}" -P -m stackwright.sandbox.pulumi_cli "$@"\n'
    if not path.is_file() or path.read_text() != text:
        replace_text(path, text, 0o755)
    return path


def _passphrase(path: Path) -> str:
    if not path.is_file():
        replace_text(path, secrets.token_hex(16), 0o600)
    return path.read_text()


def _endpoints(workspace: Workspace) -> dict[str, str]:
    ports = Ports(workspace.sandbox / "ports.json")
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.all().items()}
    return {
        "STACKWRIGHT_SANDBOX": urls["page"],
        "RENDER_HOST": f"{urls['render']}/v1",
        "SUPABASE_API_ENDPOINT": urls["supabase"],
        "SUPABASE_PROJECT_URL": urls["gateway"] + "/{ref}",
        "STRIPE_API_BASE": urls["stripe"],
    }


def _credentials(workspace: Workspace) -> dict[str, str]:
    store = Store(workspace.sandbox / "store.sqlite")
    try:
        render, supabase, stripe = (kept(store, name) for name in ("render", "supabase", "stripe"))
        identity = store.get("sandbox.identity", "this")
    finally:
        store.close()
    if identity is None:
        raise SandboxError("The sandbox has no state: start it with `stackwright sandbox start`.")
    return {
        "RENDER_API_KEY": render["api_key"],
        "RENDER_OWNER_ID": f"tea-sandbox{identity['id']}",
        "SUPABASE_ACCESS_TOKEN": supabase["access_token"],
        "SUPABASE_DB_PASSWORD": supabase["db_password"],
        "STRIPE_API_KEY_TEST": stripe["stripe_test_key"],
        "STRIPE_API_KEY_LIVE": stripe["stripe_live_key"],
        "STRIPE_PUBLISHABLE_KEY_TEST": stripe["stripe_publishable_test"],
        "STRIPE_PUBLISHABLE_KEY_LIVE": stripe["stripe_publishable_live"],
    }
