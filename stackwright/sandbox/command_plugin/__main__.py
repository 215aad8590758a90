"""The stand-in's process: `python -m stackwright.sandbox.command_plugin ENGINE_ADDRESS`."""

import asyncio
import os
import signal
import sys

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from stackwright.plugin.engine import GrpcEngine
from stackwright.sandbox.command_plugin.servicer import Servicer

_PARENT_CHECK_SECONDS = 1.0
_UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


async def serve(engine_address: str) -> None:
    """Serves until it is told to end or its parent is gone. Prints the port, as Pulumi wants."""
    server = grpc.aio.server(options=_UNLIMITED)
    servicer = Servicer(GrpcEngine.connect(engine_address) if engine_address else None)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    watch = asyncio.create_task(_end_with_parent(os.getppid(), ended))
    await ended.wait()
    watch.cancel()
    await servicer.Cancel(None, None)
    await server.stop(0.2)


async def _end_with_parent(parent: int, ended: asyncio.Event) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells us
        await asyncio.sleep(_PARENT_CHECK_SECONDS)
    ended.set()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else ""))
    os._exit(0)  # grpc's own clean-up prints tracebacks that end up in the user's terminal
