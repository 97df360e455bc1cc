"""Whether a file was read whole: asked of every container, in one place, before its frames are used.

Opening a set, checking it, packing, training and predicting all come by here (see `timeline_of`), so that
they agree on which files are whole. Four things are asked:

| | |
|---|---|
| the index | does not point past the end of the file, nor tell of more frames than came |
| the head | does not promise more seconds than are there, whether it means a length or an end |
| the last packet | lies in the file whole |
| the end | decodes, where nothing of the container follows the last packet: what cuts a file off cuts there |
"""

import av
import numpy as np

from striate.data.video.packets import NONE, Decoder, Packets
from striate.data.video.video_file import Video, VideoError

_MOST = 0.9  # of the seconds that the head of a file tells of, less one, must be there
_PROMISING = ("mov", "matroska", "avi", "flv", "asf")  # elsewhere FFmpeg measures what is there
_INDEX = 8  # bytes of the smallest index that may follow the pictures


def check_whole(video: Video, packets: Packets) -> None:
    """Raises VideoError, saying how much is there, unless the file is whole."""
    if not len(packets):
        raise VideoError("it holds no frames")
    _check_index(video, packets)
    _check_seconds(video, packets)
    if _may_be_cut(video, packets):
        _check_end(video, packets)


def _check_index(video: Video, packets: Packets) -> None:
    """Of MP4 and QuickTime: indices of others are guessed, or hold key frames only."""
    if "mp4" not in video.format:
        return
    whole = int((~packets.torn).sum())
    there = min(whole, int((packets.places + packets.sizes <= video.container.size).sum()))
    expected = max(len(packets), sum(entry.size > 0 for entry in video.stream.index_entries))
    if there < expected:
        raise VideoError(f"it is cut off: {there} of {expected} frames are there")


def _check_seconds(video: Video, packets: Packets) -> None:
    """The length of the file counts only where there is nothing but the picture: sound may be longer."""
    if not video.format.startswith(_PROMISING):
        return
    stream, container = video.stream, video.container
    promised = video.seconds(stream.duration) if stream.duration else 0.0
    if not promised and container.duration and len(container.streams) == 1:
        promised = container.duration / av.time_base
    times = packets.shown[packets.shown != NONE]
    times = times if len(times) else packets.decoded[packets.decoded != NONE]
    if not len(times):
        return
    step = float(np.ptp(times)) / max(1, len(times) - 1)
    end = video.seconds(float(times.max()) + step)
    there = max(end, end - video.seconds(float(times.min())))  # Matroska and FLV promise an end, not a length
    if there < _MOST * promised - 1:
        raise VideoError(f"it is cut off: {there:.3g} of {promised:.3g} seconds are there")


def _may_be_cut(video: Video, packets: Packets) -> bool:
    """Whether nothing in the file proves that it ends where it should."""
    if "mp4" in video.format:
        return False
    if video.format in ("avi", "matroska,webm"):
        return int((packets.places + packets.sizes).max()) + _INDEX > video.container.size
    return True


def _check_end(video: Video, packets: Packets) -> None:
    keys = np.flatnonzero(packets.keys)
    decoder = Decoder(video, packets)
    frames = [number for number, _ in decoder.frames_from(int(keys[-1]) if len(keys) else 0)]
    if decoder.damaged or not frames:
        raise VideoError("it is cut off, or damaged at its end")
