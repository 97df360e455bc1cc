"""The same questions on a cluster of Ray: paths go out, answers come back, and no picture travels."""

import logging
import os
import pickle
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from striate.errors import MissingExtraError
from striate.evaluating.asking import Asking, Seen

AT_ONCE = 32
"""Files that an actor gets at a time: what a lost one had is given to another, and is small beside all."""


def require_ray() -> None:
    """Raises MissingExtraError where Ray is not installed."""
    if find_spec("ray") is None:
        raise MissingExtraError("ray", "predicting on a cluster")


def look_with_ray(asking: Asking, paths: Sequence[Path]) -> Iterator[Seen]:
    """What is found in files, looked at by actors on all processors of the cluster, or its GPUs.

    The cluster is the one that RAY_ADDRESS names or that runs here; without one, this machine alone. An actor
    that is lost is started again, with the files that it had.
    """
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # it tells of each actor on standard error
    import ray
    from ray.data import ActorPoolStrategy, DataContext, from_items

    for name in ("ray", "ray.data"):
        logging.getLogger(name).setLevel(logging.ERROR)
    ours = not ray.is_initialized()
    if ours:
        ray.init(log_to_driver=False, logging_level="error", include_dashboard=False)
    DataContext.get_current().enable_progress_bars = False
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0)) if asking.device != "cpu" else 0
    looked = from_items([{"file": str(path)} for path in paths]).map_batches(
        _Looker,
        fn_constructor_args=(asking,),
        batch_size=AT_ONCE,
        batch_format="numpy",
        compute=ActorPoolStrategy(min_size=1, max_size=max(1, gpus or int(resources.get("CPU", 1)))),
        num_cpus=1,
        num_gpus=1 if gpus else None,
    )
    with redirect_stdout(sys.stderr):  # Ray tells of actors that it lost
        try:
            for row in looked.iter_rows():
                yield pickle.loads(row["seen"])
        finally:
            if ours:
                ray.shutdown()


class _Looker:
    """An actor: opens the network once, and looks at files that it reads itself."""

    def __init__(self, asking: Asking) -> None:
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        self._looking = asking.looking(asking.opened())

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, Any]:
        paths = [Path(str(file)) for file in batch["file"]]
        return {"seen": np.array([pickle.dumps(seen) for seen in self._looking(paths)], dtype=object)}
