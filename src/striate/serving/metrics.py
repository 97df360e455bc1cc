"""What a service counts of itself, as the text that Prometheus reads: exposition format, version 0.0.4."""

from collections import Counter
from collections.abc import Iterator, Mapping

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the buckets of a request's duration."""
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts of a service since it was started."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, int]] = Counter()
        self._buckets = [0] * (len(SECONDS) + 1)
        self._seconds = 0.0

    def answered(self, route: str, code: int, seconds: float) -> None:
        """One more request, its route, how it was answered, and how long that took."""
        self.requests[route, code] += 1
        self._buckets[next((i for i, most in enumerate(SECONDS) if seconds <= most), len(SECONDS))] += 1
        self._seconds += seconds

    def text(self, gauges: Mapping[str, tuple[str, str, float]]) -> str:
        """All of it. gauges: other numbers by their names, each with its kind and what it is."""
        return "".join(f"{line}\n" for line in self._lines(gauges))

    def _lines(self, gauges: Mapping[str, tuple[str, str, float]]) -> Iterator[str]:
        yield "# HELP striate_requests_total Requests answered, by route and status."
        yield "# TYPE striate_requests_total counter"
        for (route, code), number in sorted(self.requests.items()):
            yield f'striate_requests_total{{route="{route}",code="{code}"}} {number}'
        yield "# HELP striate_request_seconds How long answers took."
        yield "# TYPE striate_request_seconds histogram"
        total = 0
        for most, number in zip((*SECONDS, "+Inf"), self._buckets, strict=True):
            total += number
            yield f'striate_request_seconds_bucket{{le="{most}"}} {total}'
        yield f"striate_request_seconds_sum {self._seconds:.6f}"
        yield f"striate_request_seconds_count {total}"
        for name, (kind, what, value) in gauges.items():
            yield f"# HELP striate_{name} {what}"
            yield f"# TYPE striate_{name} {kind}"
            yield f"striate_{name} {value:g}"
