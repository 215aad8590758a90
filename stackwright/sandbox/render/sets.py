"""A service's sets of settings: env vars, secret files, headers, routes.

Each set is one document, replaced as a whole by PUT.
"""

import re
from typing import Any

from stackwright.sandbox.ids import ALNUM
from stackwright.sandbox.render.errors import InvalidError, MissingError
from stackwright.sandbox.world import World

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def _read(world: World, kind: str, service_id: str) -> Any:
    found = world.store.get(kind, service_id)
    return found["items"] if found else None


def _write(world: World, kind: str, service_id: str, value: Any) -> None:
    world.store.put(kind, service_id, {"items": value})


class NamedValues:
    """A set of key and value: env vars and secret files."""

    def __init__(self, world: World, kind: str, key: str, value: str) -> None:
        self._world = world
        self._kind = kind
        self._key = key
        self._value = value

    def values(self, service_id: str) -> dict[str, str]:
        """The set as a map."""
        return dict(_read(self._world, self._kind, service_id) or {})

    def all(self, service_id: str) -> list[dict[str, str]]:
        """The set as Render lists it."""
        return [
            {self._key: name, self._value: value} for name, value in self.values(service_id).items()
        ]

    def one(self, service_id: str, name: str) -> dict[str, str]:
        """One entry. Raises MissingError."""
        values = self.values(service_id)
        if name not in values:
            raise MissingError(name)
        return {self._key: name, self._value: values[name]}

    def replace(self, service_id: str, entries: list[dict[str, Any]]) -> None:
        """Make the set equal to `entries`. Raises InvalidError."""
        values: dict[str, str] = {}
        for entry in entries:
            name = entry[self._key]
            if name in values:
                raise InvalidError(f"duplicate {self._key}: {name}")
            values[name] = self._checked(name, entry)
        _write(self._world, self._kind, service_id, values)

    def put(self, service_id: str, name: str, entry: dict[str, Any]) -> dict[str, str]:
        """Set one entry."""
        value = self._checked(name, entry)
        _write(self._world, self._kind, service_id, self.values(service_id) | {name: value})
        return self.one(service_id, name)

    def delete(self, service_id: str, name: str) -> None:
        """Remove one entry. Raises MissingError."""
        self.one(service_id, name)
        values = self.values(service_id)
        del values[name]
        _write(self._world, self._kind, service_id, values)

    def forget(self, service_id: str) -> None:
        """Remove the set."""
        self._world.store.delete(self._kind, service_id)

    def _checked(self, name: str, entry: dict[str, Any]) -> str:
        if not _KEY.fullmatch(name):
            raise InvalidError(f"invalid {self._key}: {name}")
        generate = entry.get("generateValue", False)
        if generate == (self._value in entry):
            raise InvalidError(f"exactly one of {self._value} and generateValue must be set")
        if generate:
            return self._world.ids.make("", 43, ALNUM) + "="
        value: str = entry[self._value]
        return value


def env_vars(world: World) -> NamedValues:
    """The env vars of services."""
    return NamedValues(world, "render.env_vars", "key", "value")


def secret_files(world: World) -> NamedValues:
    """The secret files of services."""
    return NamedValues(world, "render.secret_files", "name", "content")


class Rules:
    """An ordered set with ids that change on each replacement: headers and routes."""

    def __init__(self, world: World, kind: str, prefix: str, *, ordered: bool) -> None:
        self._world = world
        self._kind = kind
        self._prefix = prefix
        self._ordered = ordered

    def all(self, service_id: str) -> list[dict[str, Any]]:
        """The rules in order."""
        return list(_read(self._world, self._kind, service_id) or [])

    def replace(self, service_id: str, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Make the rules equal to `entries`; the list with new ids."""
        rules = [{"id": self._world.ids.make(self._prefix, 20), **entry} for entry in entries]
        self._save(service_id, rules)
        return self.all(service_id)

    def add(self, service_id: str, entry: dict[str, Any]) -> dict[str, Any]:
        """Add one rule at its priority, else as the last."""
        rules = self.all(service_id)
        place = entry.get("priority", len(rules))
        rules.insert(place, {"id": self._world.ids.make(self._prefix, 20), **entry})
        self._save(service_id, rules)
        added: dict[str, Any] = self.all(service_id)[min(place, len(rules) - 1)]
        return added

    def delete(self, service_id: str, rule_id: str) -> None:
        """Remove one rule. Raises MissingError."""
        rules = self.all(service_id)
        left = [rule for rule in rules if rule["id"] != rule_id]
        if len(left) == len(rules):
            raise MissingError(rule_id)
        self._save(service_id, left)

    def forget(self, service_id: str) -> None:
        """Remove the set."""
        self._world.store.delete(self._kind, service_id)

    def _save(self, service_id: str, rules: list[dict[str, Any]]) -> None:
        if self._ordered:
            rules = [{**rule, "priority": place} for place, rule in enumerate(rules)]
        _write(self._world, self._kind, service_id, rules)


def headers(world: World) -> Rules:
    """The response headers of a static site."""
    return Rules(world, "render.headers", "hdr-", ordered=False)


def routes(world: World) -> Rules:
    """The redirects and rewrites of a static site."""
    return Rules(world, "render.routes", "rdr-", ordered=True)
