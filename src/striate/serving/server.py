"""The routes of a service: one upload, a stream of frames, how it is, what it counts."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from striate.errors import StriateError, one_line
from striate.serving.batching import Batcher
from striate.serving.metrics import CONTENT_TYPE, Metrics
from striate.serving.network import Network, Stream
from striate.serving.uploads import AboveLimitError, FullError, upload_of
from striate.web.answers import json_of
from striate.web.guard import TooLargeError

NAME = 200
"""Characters of the name of an upload."""
ARRIVING = 60.0
"""Seconds that an upload may take to arrive."""
VIDEOS = 2
"""Videos that are looked at at once; others wait for them."""


class Service:
    """A network with its routes, and what is under way."""

    def __init__(self, network: Network) -> None:
        self.network, self.metrics = network, Metrics()
        self.batcher = Batcher(network.predictor.of_pixels, network.at_once)
        self.connections, self.streams, self.stopping = 0, 0, False
        self._videos = asyncio.Semaphore(VIDEOS)

    def application(self) -> Starlette:
        """The routes, without the guard before them."""
        routes = [
            Route("/predict", self._counted("predict", self.predict), methods=["POST"]),
            Route("/health", self._counted("health", self.health)),
            Route("/metrics", self.told_metrics),
            WebSocketRoute("/stream", self.stream),
        ]
        return Starlette(routes=routes)

    async def health(self, request: Request) -> Response:
        """Whether it serves, and what."""
        trained, network = self.network.trained, self.network
        found = {
            "status": "stopping" if self.stopping else "ok",
            "run": str(trained.run),
            "takes": network.takes,
            "classes": list(trained.classes),
            "limits": vars(network.limits),
        }
        return answer(found, 503 if self.stopping else 200)

    async def told_metrics(self, request: Request) -> Response:
        """For Prometheus."""
        batcher = self.batcher
        gauges = {
            "connections": ("gauge", "Requests and streams under way.", self.connections),
            "streams": ("gauge", "Streams that are open.", self.streams),
            "inputs_waiting": ("gauge", "Inputs whose batch has not begun.", batcher.waiting),
            "inputs_total": ("counter", "Images that the network has seen.", batcher.inputs),
            "batches_total": ("counter", "Batches that they were seen in.", batcher.batches),
        }
        return PlainTextResponse(self.metrics.text(gauges), headers={"content-type": CONTENT_TYPE})

    async def predict(self, request: Request) -> Response:
        """What `predict` says of an uploaded file."""
        body = await asyncio.wait_for(request.body(), ARRIVING)
        upload = upload_of(body, request.headers.get("content-type", ""))
        name = one_line(request.query_params.get("name") or upload.name or "upload")[:NAME]
        content = upload.content
        if self.network.takes == "images":
            pixels = await run_in_threadpool(self.network.pixels, content)
            row = await self.batcher.ask(pixels)
            return answer(self.network.of_row(row, name).to_json())
        async with self._videos:
            found = await run_in_threadpool(self.network.video, content, name)
        return answer(found.to_json())

    def _counted(
        self, route: str, handler: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The handler within the limit of connections; what does not fit becomes one sentence."""

        async def counted(request: Request) -> Response:
            began = time.perf_counter()
            response = await self._within(lambda: handler(request), limited=route != "health")
            self.metrics.answered(route, response.status_code, time.perf_counter() - began)
            return response

        return counted

    async def _within(self, handle: Callable[[], Awaitable[Response]], limited: bool) -> Response:
        if limited and self.connections >= self.network.limits.connections:
            return full(f"{self.connections} requests and streams are under way: ask again in a moment")
        self.connections += limited
        try:
            return await handle()
        except FullError as problem:
            return full(str(problem))
        except (AboveLimitError, TooLargeError) as problem:
            return answer({"error": str(problem)}, 413)
        except StriateError as problem:
            return answer({"error": one_line(str(problem))}, 422)
        except TimeoutError:
            return answer({"error": f"the upload did not arrive within {ARRIVING:.0f} s"}, 408)
        except ClientDisconnect:
            return answer({"error": "the client has gone"}, 400)
        finally:
            self.connections -= limited

    async def stream(self, socket: WebSocket) -> None:
        """An image file comes, what the network says after it goes, and then the next one comes."""
        await socket.accept()
        if self.stopping or self.connections >= self.network.limits.connections:
            await socket.send_text(json_of({"error": "as much is under way as may be: come again later"}))
            return await socket.close(1013)
        self.connections, self.streams = self.connections + 1, self.streams + 1
        try:
            with suppress(WebSocketDisconnect):
                await self._frames(socket)
        finally:
            self.connections, self.streams = self.connections - 1, self.streams - 1

    async def _frames(self, socket: WebSocket) -> None:
        limits = self.network.limits
        try:
            stream = await run_in_threadpool(Stream, self.network)
            while True:
                message = await asyncio.wait_for(socket.receive(), limits.seconds)
                if message["type"] == "websocket.disconnect":
                    return
                content = message.get("bytes") or (message.get("text") or "").encode()
                if len(content) > limits.bytes:
                    raise AboveLimitError(f"a frame has at most {limits.megabytes:g} MiB")
                found = await run_in_threadpool(stream.frame, content)
                await socket.send_text(json_of(found))
        except TimeoutError:
            problem = f"nothing came for {limits.seconds:g} s"
        except StriateError as one:
            problem = one_line(str(one))
        await socket.send_text(json_of({"error": problem}))
        await socket.close(1008)


def answer(found: Any, code: int = 200) -> Response:
    """As JSON."""
    return Response(json_of(found), code, media_type="application/json")


def full(why: str) -> Response:
    """503: the client is asked to come again."""
    response = answer({"error": why}, 503)
    response.headers["retry-after"] = "1"
    return response
