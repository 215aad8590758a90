"""Messages to the engine's log. A plugin's own output is hidden by the CLI, so this is the only
way to say something; `clip` keeps a runaway vendor text out of a terminal."""

import grpc
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

LEVELS = {
    "debug": engine_pb2.DEBUG,
    "info": engine_pb2.INFO,
    "warning": engine_pb2.WARNING,
    "error": engine_pb2.ERROR,
}


class GrpcEngine:
    """The engine that started us, at the address it gave as first argument."""

    def __init__(self, stub: "engine_pb2_grpc.EngineStub") -> None:
        self._stub = stub

    @classmethod
    def connect(cls, address: str) -> "GrpcEngine":
        return cls(engine_pb2_grpc.EngineStub(grpc.aio.insecure_channel(address)))

    async def log(
        self, urn: str, text: str, *, level: str = "info", ephemeral: bool = False
    ) -> None:
        request = engine_pb2.LogRequest(
            severity=LEVELS[level], message=text, urn=urn, ephemeral=ephemeral
        )
        await self._stub.Log(request)  # type: ignore[misc]
