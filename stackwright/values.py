"""Values on their way between the program, the engine and the plugin.

Three things can stand where a plain value is expected: a `Secret` (a value that must stay
wrapped wherever it goes), `UNKNOWN` (a value that a preview cannot have yet), and nesting of
both inside maps and lists. This module is the only place that walks such trees.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Json = dict[str, Any]


@dataclass(frozen=True)
class Secret:
    """A value that is encrypted in state. Its representation never shows what it holds."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(...)"


class Unknown:
    """The type of `UNKNOWN`; there is one instance."""

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: object) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


def walk(value: Any, change: Callable[[Any], Any]) -> Any:
    """Rebuild `value` bottom up with `change` applied to every leaf and every `Secret`."""
    if isinstance(value, Mapping):
        return {key: walk(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [walk(item, change) for item in value]
    return change(value)


def reveal(value: Any) -> Any:
    """The same tree with every secret opened. Call it only to hand the result to a vendor."""
    return walk(value, lambda leaf: reveal(leaf.value) if isinstance(leaf, Secret) else leaf)


def has_unknown(value: Any) -> bool:
    return any(leaf is UNKNOWN for leaf in leaves(value))


def has_secret(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(has_secret(item) for item in value.values())
    if isinstance(value, list):
        return any(has_secret(item) for item in value)
    return isinstance(value, Secret)


def leaves(value: Any) -> Iterator[Any]:
    """Every leaf of the tree, secrets opened."""
    if isinstance(value, Secret):
        yield from leaves(value.value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def secret_texts(value: Any) -> Iterator[str]:
    """Every text that a secret of the tree holds."""
    if isinstance(value, Secret):
        yield from (leaf for leaf in leaves(value) if isinstance(leaf, str))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from secret_texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from secret_texts(item)


def wrap_like(value: Any, model: Any) -> Any:
    """Wrap in `value` what was wrapped in `model`; new keys beside a secret are wrapped too.

    Answers of a vendor come back plain. Erring on the side of secrecy costs a `[secret]` in a
    diff; erring on the other side writes a key into the state file.
    """
    if isinstance(model, Secret):
        return value if isinstance(value, Secret) else Secret(value)
    if isinstance(value, Mapping) and isinstance(model, Mapping):
        stranger = any(isinstance(item, Secret) for item in model.values())
        default: Any = Secret(None) if stranger else None
        return {key: wrap_like(item, model.get(key, default)) for key, item in value.items()}
    if isinstance(value, list) and isinstance(model, list) and has_secret(model):
        return [wrap_like(item, Secret(None)) for item in value]
    return value


@dataclass(frozen=True)
class Change:
    """One leaf that differs. `path` is in the engine's notation: `values.KEY`, `events[0]`."""

    path: str
    kind: str  # "add", "delete" or "update"

    @property
    def field(self) -> str:
        """The top-level input that the leaf belongs to."""
        return self.path.split(".")[0].split("[")[0]


def differences(old: Any, new: Any, path: str = "") -> list[Change]:
    """The leaves in which `new` differs from `old`, in a stable order."""
    old, new = _open(old), _open(new)
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return _map_differences(old, new, path)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        pairs = enumerate(zip(old, new, strict=True))
        return [c for i, (a, b) in pairs for c in differences(a, b, f"{path}[{i}]")]
    return [] if old == new and type(old) is type(new) else [Change(path, "update")]


def _map_differences(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> list[Change]:
    found: list[Change] = []
    for key in sorted(old.keys() | new.keys()):
        here = _step(path, key)
        if key not in new:
            found.append(Change(here, "delete"))
        elif key not in old:
            found.append(Change(here, "add"))
        else:
            found.extend(differences(old[key], new[key], here))
    return found


def _open(value: Any) -> Any:
    return _open(value.value) if isinstance(value, Secret) else value


def _step(path: str, key: str) -> str:
    if not path:
        return key
    plain = key.replace("_", "a").replace("-", "a").isalnum()
    return f"{path}.{key}" if plain else f'{path}["{key}"]'
