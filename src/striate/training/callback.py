"""A function of the caller's that is asked after each epoch, and may end the training."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, cast

import numpy as np

from striate.training.progress import Reporter
from striate.training.stopping import StopRequest

OnEpochEnd = Callable[[Mapping[str, Any]], object]
"""Takes an epoch's row of the history."""


def asking(reporter: Reporter, after_epoch: OnEpochEnd, stop: StopRequest) -> Reporter:
    """The reporter, which also calls the function after each epoch; False asks for a stop."""
    return cast(Reporter, _Asking(reporter, after_epoch, stop))


class _Asking:
    def __init__(self, reporter: Reporter, after_epoch: OnEpochEnd, stop: StopRequest) -> None:
        self._reporter, self._after_epoch, self._stop = reporter, after_epoch, stop

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reporter, name)

    def epoch(self, row: dict[str, Any]) -> None:
        """Tells it first: the line stands before what the function prints. None and 0 are no False."""
        self._reporter.epoch(row)
        answer = self._after_epoch(MappingProxyType(row))
        if isinstance(answer, bool | np.bool_) and not answer:
            self._stop.asked = True
