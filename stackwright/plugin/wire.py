"""Values on the engine's wire: protobuf structs with secrets, unknowns and references.

Source: the engine's `pkg/resource/plugin/rpc.go`. Numbers arrive as floats; whole ones become
integers again, since every vendor here counts in integers.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from stackwright.values import UNKNOWN, Secret

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
UNKNOWNS = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def decode(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A struct as a dictionary of plain values, `Secret` and `UNKNOWN`."""
    return {key: _value(item) for key, item in struct.fields.items()}


def _value(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _object(value.struct_value)
    if kind == "list_value":
        return [_value(item) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value in UNKNOWNS else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _object(struct: struct_pb2.Struct) -> Any:
    signature = struct.fields[SIGNATURE].string_value if SIGNATURE in struct.fields else ""
    if signature == SECRET:
        return Secret(_value(struct.fields["value"]))
    if signature == OUTPUT:
        return _output(struct)
    if signature == REFERENCE:
        return _value(struct.fields["id"]) if "id" in struct.fields else UNKNOWN
    return decode(struct)


def _output(struct: struct_pb2.Struct) -> Any:
    value = _value(struct.fields["value"]) if "value" in struct.fields else UNKNOWN
    hidden = "secret" in struct.fields and struct.fields["secret"].bool_value
    return Secret(value) if hidden else value


def encode(values: Mapping[str, Any]) -> struct_pb2.Struct:
    """The inverse of `decode`; entries that are None are left out, as the engine does."""
    struct = struct_pb2.Struct()
    struct.update({key: _plain(item) for key, item in values.items() if item is not None})
    return struct


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return {SIGNATURE: SECRET, "value": _plain(value.value)}
    if value is UNKNOWN:
        return UNKNOWN_STRING
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
