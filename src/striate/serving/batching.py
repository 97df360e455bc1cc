"""Inputs of many requests, computed together: what has come while the network was busy is its next batch."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from striate.serving.uploads import FullError

PATIENCE = 0.005
"""Seconds that an input waits for others, where the network is free."""
WAITING = 256
"""Inputs that may wait; more are refused."""


@dataclass
class _Asked:
    """One input, when it came, and where its answer goes."""

    pixels: np.ndarray
    came: float
    answer: "asyncio.Future[np.ndarray]"


class Batcher:
    """Hands inputs to a function in batches, in a thread of its own. For one event loop."""

    def __init__(self, compute: Callable[[np.ndarray], np.ndarray], largest: int) -> None:
        """compute: (N, …) → (N, K). largest: inputs of a batch."""
        self._compute, self._largest = compute, largest
        self._queue: asyncio.Queue[_Asked] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, "network")
        self._work: asyncio.Task[None] | None = None
        self.batches, self.inputs = 0, 0
        """Computed so far."""

    @property
    def waiting(self) -> int:
        """Inputs whose batch has not begun."""
        return self._queue.qsize()

    async def ask(self, pixels: np.ndarray) -> np.ndarray:
        """The row (K,) of one input, of a shape that all have.

        Raises:
            FullError: too many wait already.
        """
        if self.waiting >= WAITING:
            raise FullError(f"{WAITING} inputs wait already: ask again in a moment")
        loop = asyncio.get_running_loop()
        if self._work is None or self._work.done():
            self._work = loop.create_task(self._run())
        asked = _Asked(pixels, loop.time(), loop.create_future())
        self._queue.put_nowait(asked)
        return await asked.answer

    async def _run(self) -> None:
        while True:
            batch = await self._next()
            batch = [one for one in batch if not one.answer.cancelled()]  # whose client has gone
            if batch:
                await self._answer(batch)

    async def _next(self) -> list[_Asked]:
        """Those that wait, and what else comes before the first of them has waited enough."""
        batch = [await self._queue.get()]
        until = batch[0].came + PATIENCE
        while len(batch) < self._largest:
            left = until - asyncio.get_running_loop().time()
            try:
                if left <= 0:
                    batch.append(self._queue.get_nowait())
                else:
                    batch.append(await asyncio.wait_for(self._queue.get(), left))
            except (TimeoutError, asyncio.QueueEmpty):
                break
        return batch

    async def _answer(self, batch: list[_Asked]) -> None:
        loop = asyncio.get_running_loop()
        try:
            rows = await loop.run_in_executor(self._thread, self._rows, [one.pixels for one in batch])
        except Exception as problem:
            for one in batch:
                if not one.answer.done():
                    one.answer.set_exception(problem)
            return
        self.batches, self.inputs = self.batches + 1, self.inputs + len(batch)
        for one, row in zip(batch, rows, strict=True):
            if not one.answer.done():
                one.answer.set_result(row)

    def _rows(self, pixels: list[np.ndarray]) -> np.ndarray:
        return self._compute(np.stack(pixels))
