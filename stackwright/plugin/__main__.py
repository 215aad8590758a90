"""The plugin's process: `python -m stackwright.plugin ENGINE_ADDRESS`.

The first line on stdout must be the port and nothing else. The engine ends us with SIGINT; when
the engine itself is killed nobody does, so we look whether our parent is still there.
"""

import asyncio
import os
import signal
import sys

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from stackwright.plugin.engine import GrpcEngine
from stackwright.plugin.servicer import Servicer

PARENT_CHECK_SECONDS = 1.0
UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


async def serve(engine_address: str) -> None:
    """Serve until SIGINT, SIGTERM or the end of our parent."""
    server = grpc.aio.server(options=UNLIMITED)
    engine = GrpcEngine.connect(engine_address) if engine_address else None
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer(engine), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(port, flush=True)
    await _told_to_end()
    await server.stop(0.2)


async def _told_to_end() -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    orphaned = asyncio.create_task(_until_orphaned(os.getppid(), ended))
    await ended.wait()
    orphaned.cancel()


async def _until_orphaned(parent: int, ended: asyncio.Event) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing signals the end of a parent
        await asyncio.sleep(PARENT_CHECK_SECONDS)
    ended.set()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else ""))
    os._exit(0)  # grpc's own clean-up prints tracebacks that end up in the user's terminal
