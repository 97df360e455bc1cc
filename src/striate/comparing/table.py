"""The table of a comparison in words, for the terminal and for the page."""

from striate.comparing.comparison import Comparison, Row, Spread
from striate.comparing.drawing import name_of

DASH = "–"


def heads_of(comparison: Comparison) -> list[str]:
    """The columns; those about pairs only where the data have some."""
    pairs = ["right pair", "within pairs"] if _has_pairs(comparison) else []
    return [
        "way",
        "accuracy",
        *pairs,
        "parameters",
        "MACs per clip",
        "training memory",
        "training clips/s",
        "epochs",
        "seconds",
        "ms per clip",
        "ms per new frame",
    ]


def cells_of(row: Row, comparison: Comparison) -> list[str]:
    """One row, in the order of `heads_of`."""
    pairs = [spread(row.right_pair), spread(row.in_pairs)] if _has_pairs(comparison) else []
    flow = "" if row.flow_ms is None else f" + {row.flow_ms:.1f} flow"
    return [
        name_of(row, comparison.rows),
        spread(row.top1),
        *pairs,
        f"{row.parameters:,}",
        millions(row.macs),
        DASH if row.step_bytes is None else f"{row.step_bytes / 2**20:,.0f} MiB",
        number(row.clips_per_second),
        f"{row.epochs:.3g}",
        f"{row.seconds:,.0f}",
        number(row.inference_ms) + flow,
        number(row.inference_ms_per_frame) + ("" if row.streams else " (clip)"),
    ]


def remarks_of(comparison: Comparison) -> list[str]:
    """What has to be said below the table."""
    found = [
        f"accuracy: of {comparison.clips:,} {comparison.split} clips; mean ± standard deviation of the seeds"
    ]
    if _has_pairs(comparison):
        found.append(
            "within pairs: of the clips given the right pair of classes, the share given the right one of "
            "the two, which only the order of frames tells; 50 % is chance"
        )
    machine = comparison.machine
    threads = machine.get("threads")
    cores = f"{machine.get('processor')}, {threads} thread{'s' * (threads != 1)}"
    device = machine.get("gpu") or cores
    found.append(f"ms: one clip at a time in fp32, median, all networks in turn, on {device}")
    found.append("training memory: weights with all they carry, and what is kept for the backward pass")
    best = [name_of(row, comparison.rows) for row in comparison.rows if row.on_front]
    found.append(f"best for their MACs: {', '.join(best)}")
    return [*found, *comparison.notes]


def _has_pairs(comparison: Comparison) -> bool:
    return any(row.right_pair is not None for row in comparison.rows)


def spread(value: Spread | None) -> str:
    """`97.31 ± 0.20 %`; without a spread where there was one training."""
    if value is None:
        return DASH
    if len(value.values) == 1:
        return f"{100 * value.mean:.2f} %"
    return f"{100 * value.mean:.2f} ± {100 * value.std:.2f} %"


def millions(count: int) -> str:
    """`44.3 M`, `11.55 G`."""
    if count >= 1e9:
        return f"{count / 1e9:.2f} G"
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count:,}"


def number(value: float) -> str:
    """Three digits.

    >>> number(1234.5), number(12.345), number(0.1234)
    ('1,234', '12.3', '0.123')
    """
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 1 else f"{value:.{2 - (value >= 10)}f}"
