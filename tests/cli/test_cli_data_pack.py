"""`striate data pack` and `striate data check` on clips."""

from pathlib import Path

import pytest
from commands import Command

from clip_files import write_classes


def test_packs_and_says_what_to_do_next(run: Command, tmp_path: Path) -> None:
    source, out = write_classes(tmp_path / "set", frames=6), tmp_path / "packed"
    (source / "run" / "3.mp4").write_bytes(b"")
    done = run("data", "pack", source, "--out", out, "--short-side", "16", "--workers", "0")
    assert done.code == 0
    assert done.out == (
        f"skipped: {source / 'run' / '3.mp4'}: the file is empty\n"
        "note: 3 channels: every clip is in colour\n"
        f"19 clips of 114 frames are in {out} (0.000122 GiB)\n\n"
        f"next:  striate train {out}\n"
    )


def test_packs_as_json(run: Command, tmp_path: Path) -> None:
    source, out = write_classes(tmp_path / "set", frames=6), tmp_path / "packed"
    done = run("data", "pack", source, "--out", out, "--short-side", "16", "--workers", "0", "--json")
    assert (done.json["clips"], done.json["frames"], done.json["folder"]) == (20, 120, str(out))


def test_packs_into_shards(run: Command, tmp_path: Path) -> None:
    source, out = write_classes(tmp_path / "set", frames=6), tmp_path / "packed"
    words = ("data", "pack", source, "--out", out, "--short-side", "16", "--workers", "0", "--shard-size")
    assert run(*words, "64KiB").code == 0
    assert len(list(out.glob("frames-*.u8"))) == 3  # nine clips of 6,912 bytes each in the first two
    done = run(*words, "1GB")
    assert done.code == 2
    assert done.err == "striate: shard_size must be a size such as 1GiB, 200MiB or 5000000; got '1GB'\n"


def test_check_names_every_broken_video(run: Command, tmp_path: Path) -> None:
    source = write_classes(tmp_path / "set", frames=18)
    (source / "run" / "3.mp4").write_bytes(b"")
    whole = (source / "run" / "4.mp4").read_bytes()
    (source / "run" / "4.mp4").write_bytes(whole[: len(whole) // 2])
    done = run("data", "check", source)
    assert done.code == 2
    lines = done.out.splitlines()
    assert lines[0] == f"broken: {source / 'run' / '3.mp4'}: the file is empty"
    assert lines[1].startswith(f"broken: {source / 'run' / '4.mp4'}: not a video that FFmpeg knows")
    assert lines[2].startswith("problem: 2 of 10 clips of class 'run' cannot be read, more than a tenth")
    assert lines[3] == f"{source}: 18 clips in 2 classes, 2 broken"


@pytest.mark.parametrize("verb", ["pack", "check"])
def test_a_source_that_is_not_there(run: Command, tmp_path: Path, verb: str) -> None:
    words = ("--out", tmp_path / "packed") if verb == "pack" else ()
    done = run("data", verb, tmp_path / "none", *words)
    assert done.code == 2
    assert f"no folder {tmp_path / 'none'}" in done.err
