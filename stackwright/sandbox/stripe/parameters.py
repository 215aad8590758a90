"""Declare an operation's parameters once; refuse what Stripe refuses, in Stripe's words.

A declaration is a `Record` of fields. `record.read(tree)` takes what `forms.decode` returned and
gives typed values: only parameters that were sent appear; one that was emptied (`name=`) is None.
Source of the wording: https://docs.stripe.com/error-codes and public reports of real answers.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from stackwright.sandbox.stripe.errors import InvalidRequest, MissingParameter, UnknownParameters
from stackwright.sandbox.stripe.forms import Node


@dataclass(frozen=True, kw_only=True)
class Field:
    """One parameter. `unset`: an empty value removes it; without it an empty value is refused."""

    required: bool = False
    unset: bool = False

    def read(self, node: Node, path: str) -> Any:
        """The typed value, or None when it was emptied; raises `InvalidRequest`."""
        if node == "":
            return self.read_empty(path)
        return self.convert(node, path)

    def read_empty(self, path: str) -> Any:
        """What `path=` means."""
        if self.unset:
            return None
        raise InvalidRequest(
            f"You passed an empty string for '{path}'. We assume empty values are an attempt to"
            f" unset a parameter; however '{path}' cannot be unset. You should remove '{path}'"
            " from your request or supply a non-empty value.",
            param=path,
            code="parameter_invalid_empty",
        )

    def convert(self, node: Node, path: str) -> Any:
        """The typed value of a node that is not empty."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Text(Field):
    """A string of at most `limit` characters, matching `pattern` in full."""

    limit: int = 5000
    pattern: str | None = None

    def convert(self, node: Node, path: str) -> str:
        """The string itself."""
        text = _scalar(node, path, "string")
        if len(text) > self.limit:
            raise InvalidRequest(
                f"Invalid string: {text[:10]}...{text[-3:]}; must be at most {self.limit}"
                f" characters",
                param=path,
            )
        if self.pattern and not re.fullmatch(self.pattern, text):
            raise InvalidRequest(f"Invalid {path}: {text}", param=path)
        return text


@dataclass(frozen=True, kw_only=True)
class Integer(Field):
    """A whole number within bounds; timestamps and amounts in minor units are such."""

    low: int | None = None
    high: int | None = None

    def convert(self, node: Node, path: str) -> int:
        """The number."""
        text = _scalar(node, path, "integer")
        if not re.fullmatch(r"-?\d{1,18}", text):
            code = "parameter_invalid_integer"
            raise InvalidRequest(f"Invalid integer: {text}", param=path, code=code)
        _check_bounds(int(text), self.low, self.high, path)
        return int(text)


@dataclass(frozen=True, kw_only=True)
class Number(Field):
    """A decimal number within bounds, given back as float (percentages)."""

    low: float | None = None
    high: float | None = None

    def convert(self, node: Node, path: str) -> float:
        """The number."""
        text = _scalar(node, path, "decimal")
        if not re.fullmatch(r"-?\d{1,15}(\.\d{1,12})?", text):
            raise InvalidRequest(f"Invalid decimal: {text}", param=path)
        _check_bounds(float(text), self.low, self.high, path)
        return float(text)


@dataclass(frozen=True, kw_only=True)
class Decimal(Field):
    """A decimal string with at most 12 places (`unit_amount_decimal`), kept as a string."""

    def convert(self, node: Node, path: str) -> str:
        """The string, without useless zeros behind the point."""
        text = _scalar(node, path, "decimal")
        if not re.fullmatch(r"\d{1,15}(\.\d{1,12})?", text):
            raise InvalidRequest(f"Invalid decimal: {text}", param=path)
        return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, kw_only=True)
class Boolean(Field):
    """`true` or `false`."""

    def convert(self, node: Node, path: str) -> bool:
        """The truth value."""
        text = _scalar(node, path, "boolean")
        if text not in ("true", "false"):
            raise InvalidRequest(f"Invalid boolean: {text}", param=path)
        return text == "true"


@dataclass(frozen=True, kw_only=True)
class Choice(Field):
    """One of a few words."""

    words: tuple[str, ...] = ()

    def convert(self, node: Node, path: str) -> str:
        """The word."""
        text = _scalar(node, path, "string")
        if text not in self.words:
            raise InvalidRequest(f"Invalid {path}: must be {_one_of(self.words)}", param=path)
        return text


@dataclass(frozen=True, kw_only=True)
class Array(Field):
    """A list of at most `limit` items of one kind; an empty value is the empty list."""

    of: Field
    limit: int = 100

    def read_empty(self, path: str) -> Any:
        """`images=` empties the list where the list may be emptied."""
        return [] if self.unset else super().read_empty(path)

    def convert(self, node: Node, path: str) -> list[Any]:
        """The items in the order of their indices."""
        items = _items(node, path)
        if len(items) > self.limit:
            raise InvalidRequest(
                f"Array {path} exceeded maximum {self.limit} allowed elements.", param=path
            )
        return [self.of.read(item, f"{path}[{index}]") for index, item in enumerate(items)]


@dataclass(frozen=True, kw_only=True)
class Mapping(Field):
    """A hash with keys of the caller's choice, such as currencies."""

    of: Field

    def convert(self, node: Node, path: str) -> dict[str, Any]:
        """The values by key."""
        entries = _hash(node, path)
        return {key: self.of.read(entry, f"{path}[{key}]") for key, entry in entries.items()}


@dataclass(frozen=True, kw_only=True)
class Metadata(Field):
    """Up to 50 pairs of strings; a value `""` removes its key, an empty hash removes all keys."""

    unset: bool = True

    def convert(self, node: Node, path: str) -> dict[str, str]:
        """The pairs; empty values stay in, because they are orders to remove."""
        pairs = {
            key: _scalar(value, f"{path}[{key}]", "string")
            for key, value in _hash(node, path).items()
        }
        for key, value in pairs.items():
            _check_pair(key, value)
        if len(pairs) > 50:
            raise InvalidRequest("Metadata can have at most 50 keys", param=path)
        return pairs


@dataclass(frozen=True, kw_only=True)
class Either(Field):
    """Two readings of one parameter, such as `created=1` and `created[gte]=1`."""

    first: Field
    second: Field

    def convert(self, node: Node, path: str) -> Any:
        """Whichever of the two accepts the node; the second one's error when neither does."""
        try:
            return self.first.read(node, path)
        except InvalidRequest:
            return self.second.read(node, path)


@dataclass(frozen=True, kw_only=True)
class Record(Field):
    """A hash with declared keys; the top level of a request is one with an empty path."""

    fields: dict[str, Field] = field(default_factory=dict)
    exclusive: tuple[tuple[str, ...], ...] = ()

    def convert(self, node: Node, path: str) -> dict[str, Any]:
        """The typed values of the parameters that were sent."""
        sent = _hash(node, path)
        unknown = [_join(path, name) for name in sent if name not in self.fields]
        if unknown:
            raise UnknownParameters(unknown)
        self._check_presence(sent, path)
        return {name: self.fields[name].read(sent[name], _join(path, name)) for name in sent}

    def _check_presence(self, sent: dict[str, Node], path: str) -> None:
        for name, declared in self.fields.items():
            if declared.required and name not in sent:
                raise MissingParameter(_join(path, name))
        for group in self.exclusive:
            given = [name for name in group if name in sent]
            if len(given) > 1:
                raise InvalidRequest(
                    "You may only specify one of these parameters: " + ", ".join(given) + ".",
                    param=_join(path, given[0]),
                    code="parameters_exclusive",
                )


@dataclass(frozen=True, kw_only=True)
class NotEmulated(Field):
    """A parameter of Stripe that this stand-in would have to ignore, and therefore refuses."""

    def read(self, node: Node, path: str) -> Any:
        """Always raises `InvalidRequest`."""
        raise InvalidRequest(
            f"The sandbox does not emulate the parameter {path} of Stripe.",
            param=path,
            code="sandbox_not_emulated",
        )


def record(**fields: Field) -> Record:
    """A hash with these keys."""
    return Record(fields=fields)


def unsettable_record(**fields: Field) -> Record:
    """A hash with these keys that an empty value removes."""
    return Record(fields=fields, unset=True)


def choice(*words: str, required: bool = False, unset: bool = False) -> Choice:
    """One of these words."""
    return Choice(words=words, required=required, unset=unset)


def operation(*exclusive: tuple[str, ...], **fields: Field) -> Record:
    """The parameters of an operation; every operation takes `expand`. Each tuple names
    parameters of which only one may be sent."""
    return Record(fields={**fields, "expand": EXPAND}, exclusive=exclusive)


def listing(*exclusive: tuple[str, ...], **filters: Field) -> Record:
    """The parameters of a list: its filters and Stripe's paging."""
    paging: dict[str, Field] = {
        "limit": Integer(low=1, high=100),
        "starting_after": Text(),
        "ending_before": Text(),
    }
    return operation(("starting_after", "ending_before"), *exclusive, **{**filters, **paging})


def not_emulated(*names: str) -> dict[str, Field]:
    """Parameters that Stripe has and this stand-in does not: refused, loudly."""
    return {name: NotEmulated() for name in names}


EXPAND = Array(of=Text(limit=200), limit=20)
MOMENT = Integer(low=0)
SPAN = Either(first=MOMENT, second=record(gt=MOMENT, gte=MOMENT, lt=MOMENT, lte=MOMENT))


def _scalar(node: Node, path: str, noun: str) -> str:
    if isinstance(node, str):
        return node
    raise InvalidRequest(f"Invalid {noun}: {path} must not be a hash or an array", param=path)


def _hash(node: Node, path: str) -> dict[str, Node]:
    if isinstance(node, dict):
        return node
    raise InvalidRequest("Invalid object", param=path)


def _items(node: Node, path: str) -> list[Node]:
    if isinstance(node, list):
        return node
    if isinstance(node, dict) and all(key.isdigit() for key in node):
        return [node[key] for key in sorted(node, key=int)]
    raise InvalidRequest("Invalid array", param=path)


def _check_pair(key: str, value: str) -> None:
    if len(key) > 40:
        raise InvalidRequest(
            f"Metadata keys must be under 40 characters in length. The provided key '{key}' is"
            f" {len(key)} characters.",
            param=f"metadata[{key}]",
        )
    if len(value) > 500:
        raise InvalidRequest(
            "Metadata values can have up to 500 characters, but you passed in a value that is"
            f" {len(value)} characters. Invalid value: {value[:10]}...",
            param=f"metadata[{key}]",
        )


def _check_bounds(number: float, low: float | None, high: float | None, path: str) -> None:
    if low is not None and number < low:
        raise InvalidRequest(
            f"Invalid {path}: must be greater than or equal to {low:g}", param=path
        )
    if high is not None and number > high:
        raise InvalidRequest(f"Invalid {path}: must be less than or equal to {high:g}", param=path)


def _one_of(words: Iterable[str]) -> str:
    *rest, last = words
    if len(rest) < 2:
        return " or ".join([*rest, last])
    return f"one of {', '.join(rest)}, or {last}"


def _join(path: str, name: str) -> str:
    return f"{path}[{name}]" if path else name
