"""On Ray the answers are those of one process, and a lost actor loses none of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from striate import open_data, predict
from striate.errors import MissingExtraError
from striate.evaluating import on_ray
from striate.training.train import Run

ASKED = """
import os, sys
from pathlib import Path
from striate import predict
from striate.evaluating import on_ray

class Deadly(on_ray._Looker):
    '''The first that has looked at something dies with what it found.'''

    def __call__(self, batch):
        seen = super().__call__(batch)
        died = Path("DIED")
        if not died.exists():
            died.touch()
            os.kill(os.getpid(), 9)
        return seen

if __name__ == "__main__":
    on_ray._Looker, on_ray.AT_ONCE = Deadly, 4
    done = predict(sys.argv[1], sys.argv[2], engine="ray", out=sys.argv[3]).part
    print(done.files, done.predicted, done.unreadable)
"""


@pytest.mark.skipif(on_ray.find_spec("ray") is None, reason="Ray is not installed")
def test_a_killed_actor_loses_nothing(digits_run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "digits"
    folder.mkdir()
    for number, pixels in enumerate(open_data("digits").splits["test"].take(range(30)).numpy()[:, 0]):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    (folder / "bad.png").write_bytes(b"bad")
    script = tmp_path / "asked.py"
    script.write_text(ASKED.replace("DIED", str(tmp_path / "died")))
    done = subprocess.run(
        [sys.executable, script, digits_run.path, folder, tmp_path / "out"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path[1:])},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert (done.returncode, done.stdout) == (0, "31 30 1\n"), done.stderr
    assert (tmp_path / "died").exists()
    predict(digits_run.path, folder, part="1/1", out=tmp_path / "alone")
    names = ("part-1-of-1.jsonl", "part-1-of-1.skipped.jsonl")
    for name in names:
        ours, theirs = (sorted((tmp_path / way / name).read_text().splitlines()) for way in ("alone", "out"))
        assert [line.split('"probability"')[0] for line in ours] == [
            line.split('"probability"')[0] for line in theirs
        ]


def test_without_ray(digits_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_ray, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as refused:
        predict(digits_run.path, tmp_path, engine="ray", out=tmp_path / "out")
    assert str(refused.value) == ("predicting on a cluster needs the extra 'ray': pip install 'striate[ray]'")
    assert not (tmp_path / "out").exists()
