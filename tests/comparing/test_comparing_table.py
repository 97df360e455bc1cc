"""The table of a comparison, whole, at two widths; and what is said below it."""
# ruff: noqa: E501 - as it is printed

import io
from dataclasses import replace
from textwrap import dedent

from rich.console import Console

from striate.comparing import Comparison, Row, Spread
from striate.comparing.table import remarks_of, spread, table_of

BLIND = Row(
    time="2d", backbone="plain", causal=False, frames=8, options={}, runs=("a",), top1=Spread.of([0.5]),
    in_pairs=Spread.of([0.5]), right_pair=Spread.of([1.0]), parameters=544264, macs=44310528,
    macs_per_frame=5538816, step_bytes=12 * 2**20, samples_per_second=1234.0, epochs=12, seconds=95.25,
    inference_ms=2.5, inference_ms_per_frame=0.4321, streams=True, flow_ms=None,
)  # fmt: skip
SEEING = replace(
    BLIND, time="tsm", runs=("b", "c"), top1=Spread.of([0.98, 1.0]), in_pairs=Spread.of([0.98, 1.0]),
    right_pair=Spread.of([1.0, 1.0]), inference_ms=2.75, inference_ms_per_frame=2.75, streams=False, on_front=True,
)  # fmt: skip
FLOW = replace(SEEING, time="two-stream", macs=60696576, on_front=False, flow_ms=12.34, step_bytes=None)


def comparison(*rows: Row) -> Comparison:
    machine = {"processor": "a processor", "threads": 2}
    return Comparison(
        "finished", "motion-digits", "test", 400, False, None, rows, None, (), machine, ("a note",)
    )


def printed(*rows: Row, width: int) -> str:
    file = io.StringIO()
    Console(file=file, width=width, highlight=False).print(table_of(comparison(*rows)))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def test_at_80_columns() -> None:
    assert printed(BLIND, SEEING, FLOW, width=80) == dedent("""\
        Accuracy and cost on motion-digits
                                                       MACs                       ms per
                                                        per  training     ms per     new
        way               accuracy    within pairs     clip      time       clip   frame
        2d                 50.00 %         50.00 %  44.31 M   95.25 s       2.50   0.432
        tsm         99.00 ± 1.00 %  99.00 ± 1.00 %  44.31 M   95.25 s       2.75    2.75
                                                                                  (clip)
        two-stream  99.00 ± 1.00 %  99.00 ± 1.00 %   60.7 M   95.25 s     2.75 +    2.75
                                                                       12.3 flow  (clip)
        left out for want of room: right pair, parameters, training memory, training
        clips/s, epochs; 137 columns show all, as does --json""")


def test_at_140_columns() -> None:
    assert (
        printed(BLIND, SEEING, FLOW, width=140)
        == dedent("""\
        Accuracy and cost on motion-digits
                                                                                    MACs
                                                                                     per  training  training          training     ms per     ms per
        way               accuracy       right pair    within pairs  parameters     clip    memory   clips/s  epochs      time       clip  new frame
        2d                 50.00 %         100.00 %         50.00 %     544,264  44.31 M    12 MiB     1,234      12   95.25 s       2.50      0.432
        tsm         99.00 ± 1.00 %  100.00 ± 0.00 %  99.00 ± 1.00 %     544,264  44.31 M    12 MiB     1,234      12   95.25 s       2.75       2.75
                                                                                                                                              (clip)
        two-stream  99.00 ± 1.00 %  100.00 ± 0.00 %  99.00 ± 1.00 %     544,264   60.7 M         –     1,234      12   95.25 s     2.75 +       2.75
                                                                                                                                12.3 flow     (clip)""")
    )


def test_columns_about_pairs_are_there_where_the_data_have_some() -> None:
    without = replace(BLIND, in_pairs=None, right_pair=None)
    assert set(table_of(comparison(BLIND)).heads) - set(table_of(comparison(without)).heads) == {
        "right pair",
        "within pairs",
    }


def test_what_nobody_beats_stands_out() -> None:
    assert table_of(comparison(BLIND, SEEING, FLOW)).strong == {1}


def test_the_remarks() -> None:
    assert list(remarks_of(comparison(BLIND, SEEING))) == [
        "accuracy: of 400 test clips; mean ± standard deviation of the seeds",
        "within pairs: of the clips given the right pair of classes, the share given the right one of the two, "
        "which only the order of frames tells; 50 % is chance",
        "ms: one clip at a time in fp32, median, all networks in turn, on a processor, 2 threads",
        "training memory: weights with all they carry, and what is kept for the backward pass",
        "best for their MACs, in bold: tsm",
        "a note",
    ]


def test_a_spread() -> None:
    assert [spread(value) for value in (None, Spread.of([0.5]), Spread.of([0.96, 1.0]))] == [
        "–",
        "50.00 %",
        "98.00 ± 2.00 %",
    ]
