"""Fields of a resource, declared once for both of its faces.

A resource declares its inputs as a `TypedDict` of `Input[Annotated[T, marks...]]` and its
outputs as a `TypedDict` of `Annotated[T, marks...]`. Users get keyword arguments with completion
(`**inputs: Unpack[PriceInputs]`); the plugin strips `Input` and validates every known value
with pydantic. What a change of a field means is a mark beside its type:

    class PriceInputs(TypedDict):
        unit_amount: Input[Annotated[int, replaces, doc("Minor units: 9900 is 99.00 USD.")]]
        active: NotRequired[Input[Annotated[bool, default(True)]]]
"""

import collections.abc
import types
import typing
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, NotRequired, Required, TypeVar, Union, get_args, get_origin

import pulumi
from pydantic import ConfigDict, PydanticUserError, TypeAdapter, ValidationError, with_config

from stackwright.values import UNKNOWN, has_unknown, reveal

T = TypeVar("T")
Input = Union[T, Awaitable[T], pulumi.Output[T]]  # noqa: UP007 - subscripted at run time
"""`pulumi.Input`, which cannot be looked at while a program runs: its own name is a string."""


@dataclass(frozen=True)
class Mark:
    """A property of a field that pydantic does not know."""

    name: str
    value: Any = None


replaces = Mark("replaces")
"""The vendor cannot change this field: a change makes a new object."""
secret = Mark("secret")
"""Always encrypted in state, whatever the program passed."""
undiffed = Mark("undiffed")
"""A change of this field alone is no reason to update."""
fresh = Mark("fresh")
"""An output that is new after every create and update, so unknown in a preview of one."""


nested = with_config(ConfigDict(extra="forbid"))
"""Decorates a `TypedDict` inside an input, so that a misspelt key is an error."""


def default(value: Any) -> Mark:
    """The value that is filled in when the program leaves the field out."""
    return Mark("default", value)


def doc(text: str) -> Mark:
    """What the field means, for the resource's page and for the editor."""
    return Mark("doc", text)


@dataclass(frozen=True)
class Field:
    """One input or output: its plain type, whether it must be given, and its marks."""

    name: str
    type: Any
    required: bool
    marks: tuple[Mark, ...]

    def has(self, mark: Mark) -> bool:
        return mark in self.marks

    def value_of(self, name: str) -> Any:
        """The value of the mark called `name`, or None."""
        return next((mark.value for mark in self.marks if mark.name == name), None)


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input: where, what, and what to do. Never a value."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" if self.path else self.message


@cache
def fields(declaration: type) -> dict[str, Field]:
    """The fields of a `TypedDict`, in the order of their declaration."""
    required: frozenset[str] = declaration.__required_keys__  # type: ignore[attr-defined]
    hints = typing.get_type_hints(declaration, include_extras=True)
    return {name: _field(name, hint, name in required) for name, hint in hints.items()}


def _field(name: str, hint: Any, required: bool) -> Field:
    if get_origin(hint) in (NotRequired, Required):
        hint = get_args(hint)[0]
    hint = _without_input(hint)
    marks: tuple[Mark, ...] = ()
    if get_origin(hint) is Annotated:
        inner, *extras = get_args(hint)
        marks = tuple(extra for extra in extras if isinstance(extra, Mark))
        others = tuple(extra for extra in extras if not isinstance(extra, Mark))
        hint = Annotated[(inner, *others)] if others else inner
    return Field(name, _plain(hint), required, marks)


def _without_input(hint: Any) -> Any:
    """`Input[T]` is `T | Awaitable[T] | Output[T]`; the first member is what it stands for."""
    members = get_args(hint)
    if get_origin(hint) is Union and any(get_origin(m) is pulumi.Output for m in members):
        rest = [m for m in members if get_origin(m) not in (pulumi.Output, Awaitable)]
        return Union[tuple(rest)]  # noqa: UP007 - built from values at run time
    return hint


def _plain(hint: Any) -> Any:
    """The type with every nested `Input` taken off, as pydantic must see it."""
    hint = _without_input(hint)
    origin, members = get_origin(hint), get_args(hint)
    if origin is None or origin is typing.Literal:
        return hint
    if origin is Annotated:
        return Annotated[(_plain(members[0]), *members[1:])]
    plain = tuple(_plain(member) for member in members)
    if origin in (Union, types.UnionType):
        return Union[plain]  # noqa: UP007 - built from values at run time
    if origin is collections.abc.Mapping:
        return dict[plain]  # type: ignore[valid-type, misc]
    if origin is collections.abc.Sequence:
        return list[plain[0]]  # type: ignore[valid-type]
    return origin[plain if len(plain) > 1 else plain[0]]


def with_defaults(declaration: type, values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` without its empty entries and with the declared defaults filled in."""
    given = {key: value for key, value in values.items() if value is not None}
    for field in fields(declaration).values():
        fallback = field.value_of("default")
        if fallback is not None and field.name not in given:
            given[field.name] = fallback
    return given


def settled(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are known, secrets opened. In a map, `UNKNOWN` stands for what is not.

    So one unknown entry does not hide what is wrong with the others.
    """
    opened = {name: reveal(value) for name, value in values.items()}
    return {k: v for k, v in opened.items() if isinstance(v, Mapping) or not has_unknown(v)}


def problems(declaration: type, values: Mapping[str, Any]) -> list[Problem]:
    """Everything that is wrong with `values`, as far as they are known."""
    known = fields(declaration)
    return [*_names(known, values), *_types(known, values)]


def _names(known: Mapping[str, Field], values: Mapping[str, Any]) -> Iterable[Problem]:
    for name in values.keys() - known.keys():
        yield Problem(name, f"unknown input; the inputs are {', '.join(known)}")
    for field in known.values():
        if field.required and values.get(field.name) is None:
            yield Problem(field.name, "is required and was not given")


def _types(known: Mapping[str, Field], values: Mapping[str, Any]) -> Iterable[Problem]:
    for name, value in values.items():
        if name in known and value is not None:
            yield from _field_problems(known[name], reveal(value))


def _field_problems(field: Field, value: Any) -> Iterable[Problem]:
    try:
        _adapter(field.type).validate_python(value, strict=True)
    except ValidationError as error:
        for item in error.errors(include_input=False, include_url=False, include_context=False):
            if not has_unknown(_at(value, item["loc"])):
                yield Problem(_path(field.name, item["loc"]), _sentence(item["msg"]))


@cache
def _adapter(plain: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(plain, config=ConfigDict(extra="forbid"))
    except PydanticUserError:  # a TypedDict brings its own configuration
        return TypeAdapter(plain)


def _at(value: Any, location: tuple[int | str, ...]) -> Any:
    for step in location:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return value
    return value


def _path(name: str, location: tuple[int | str, ...]) -> str:
    return name + "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in location)


def _sentence(message: str) -> str:
    """Pydantic's words begin with a capital; ours continue a line that began with the path."""
    message = message.removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


__all__ = [
    "UNKNOWN",
    "Field",
    "Input",
    "Mark",
    "Problem",
    "default",
    "doc",
    "fields",
    "fresh",
    "nested",
    "problems",
    "replaces",
    "secret",
    "settled",
    "undiffed",
    "with_defaults",
]
