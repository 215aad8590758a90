"""Operations on edge functions: parse, call, render."""

import json
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.responses import JSONResponse, Response

from stackwright.sandbox.supabase import bundles, functions, runtime
from stackwright.sandbox.supabase.calls import Call
from stackwright.sandbox.supabase.errors import InvalidError

_MOST_FILES = 2000


async def listing(call: Call) -> Response:
    found = functions.listing(call.world, call.project["ref"])
    return JSONResponse([functions.public(function) for function in found])


async def get(call: Call) -> Response:
    return JSONResponse(functions.public(_function(call)))


async def deploy(call: Call) -> Response:
    ref = call.project["ref"]
    metadata, files = await _upload(call)
    slug = call.request.query_params.get("slug") or metadata.get("name")
    if not slug:
        raise InvalidError("slug: Required")
    function = await functions.deploy(
        call.world,
        ref,
        slug,
        metadata,
        files,
        bundle_only=call.flag("bundleOnly"),
        bundler=call.services.bundler,
    )
    return JSONResponse(functions.public(function), 201)


async def publish(call: Call) -> Response:
    found = functions.publish(call.world, call.project["ref"], await call.json())
    return JSONResponse({"functions": [functions.public(function) for function in found]})


async def change(call: Call) -> Response:
    function = _function(call)
    body = await call.object(name=str, verify_jwt=bool)
    changed = functions.change(call.world, function["ref"], function["slug"], body)
    return JSONResponse(functions.public(changed))


async def delete(call: Call) -> Response:
    function = _function(call)
    functions.delete(call.world, function["ref"], function["slug"])
    await runtime.forget(call.world, function["ref"], function["slug"])
    return JSONResponse({"message": "ok"})


async def body(call: Call) -> Response:
    """The sources, as `Accept: multipart/form-data` asks; the vendor's binary form is absent."""
    function = _function(call)
    bundle = functions.bundle_of(call.world, function)
    boundary = call.world.ids.hex(32)
    metadata = {"deno2_entrypoint_path": f"source/{bundle.entrypoint}"}
    parts = [_part("metadata", None, json.dumps(metadata).encode())]
    for path in sorted(bundle.source.rglob("*")):
        if path.is_file():
            name = f"source/{path.relative_to(bundle.source).as_posix()}"
            parts.append(_part("file", name, path.read_bytes()))
    line = f"--{boundary}\r\n".encode()
    content = b"".join(line + part for part in parts) + f"--{boundary}--\r\n".encode()
    return Response(content, media_type=f"multipart/form-data; boundary={boundary}")


def _function(call: Call) -> functions.Function:
    return functions.find(call.world, call.project["ref"], call.request.path_params["slug"])


def _part(name: str, filename: str | None, content: bytes) -> bytes:
    disposition = f'Content-Disposition: form-data; name="{name}"'
    if filename is not None:
        disposition += f'; filename="{filename}"'
    return disposition.encode() + b"\r\n\r\n" + content + b"\r\n"


async def _upload(call: Call) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return metadata and files; each file's name is its path relative to the project."""
    kind = call.request.headers.get("content-type", "")
    if not kind.startswith("multipart/form-data"):
        raise InvalidError("Content-Type must be multipart/form-data")
    files: dict[str, bytes] = {}
    try:
        form = await call.request.form(max_files=_MOST_FILES, max_part_size=bundles.MOST_BYTES)
    except MultiPartException as error:
        raise InvalidError(error.message) from None
    try:
        for upload in form.getlist("file"):
            if not isinstance(upload, UploadFile):
                raise InvalidError("file: Expected a file with a name")
            files[bundles.relative_path(upload.filename or "")] = await upload.read()
        metadata = form.get("metadata")
        text = await metadata.read() if isinstance(metadata, UploadFile) else metadata
    finally:
        await form.close()
    return _metadata(text), files


def _metadata(text: bytes | str | None) -> dict[str, Any]:
    if text is None:
        raise InvalidError("metadata: Required")
    try:
        metadata = json.loads(text)
    except ValueError:
        raise InvalidError("metadata: not valid JSON") from None
    if not isinstance(metadata, dict):
        raise InvalidError("metadata: Expected object")
    verify_jwt = metadata.get("verify_jwt", True)
    if not isinstance(verify_jwt, bool):
        raise InvalidError("metadata.verify_jwt must be a boolean value")
    return metadata
