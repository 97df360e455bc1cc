"""Addresses of parts of files, and times as they are written in lists."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from striate.data.segment import Segment, address, file_of, parsed, seconds_of

bounds = st.none() | st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1000)
files = st.text(min_size=1).filter(lambda name: "#t=" not in name and "#frames=" not in name)


@given(files, st.builds(Segment, bounds, bounds) | st.builds(Segment, bounds, bounds, st.just("frames")))
def test_an_address_is_read_as_it_was_written(file: str, segment: Segment) -> None:
    whole = segment.begin is None and segment.end is None
    assert parsed(address(file, segment)) == (file, None if whole else segment)
    assert file_of(address(file, segment)) == file


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("a.mp4#t=12,14.5", Segment(12, 14.5)),
        ("a.mp4#t=12", Segment(12, None)),
        ("a.mp4#t=,3", Segment(None, 3)),
        ("a.mp4#t=1:02.5,01:00:00", Segment(62.5, 3600)),
        ("a.mp4#frames=30,60", Segment(30, 60, "frames")),
        ("a#1#t=2,3", Segment(2, 3)),
        ("a.mp4#2", None),
        ("a.mp4#t=", None),
        ("a.mp4#t=1:2:3:4,5", None),
    ],
)
def test_what_is_a_segment(text: str, segment: Segment | None) -> None:
    assert parsed(text) == (text if segment is None else text[: text.rindex("#")], segment)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 12.25 ", 12.25),
        ("2:30", 150),
        ("75:00", 4500),
        ("1:00:00.5", 3600.5),
        ("0:02,5", 2.5),
        ("12,5", 12.5),
    ],
)
def test_times(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "soon", "-1", "nan", "inf", "1:2:3:4", "1::2", "12,500", "1,2,3", "0x1"]
)
def test_no_times(text: str) -> None:
    with pytest.raises(ValueError, match="neither seconds nor hh:mm:ss"):
        seconds_of(text)


@pytest.mark.parametrize("text", ["1:60", "1:75:00", "0:00:60.5"])
def test_too_many_minutes_or_seconds(text: str) -> None:
    with pytest.raises(ValueError, match="60 or more"):
        seconds_of(text)
