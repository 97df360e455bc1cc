"""Ways through time on your clips: does the order of frames matter, and what does knowing it cost?

    python examples/ways_on_your_clips.py clips/ --time 2d tsm 3d

Each way is trained by one recipe on the same clips. What was trained stays in runs/ways, and the same
command again goes on from there. The page holds the table and the plot.
"""

import argparse
from pathlib import Path

import striate


def main() -> None:
    parser = argparse.ArgumentParser(description="Compares ways through time on a folder of clips.")
    parser.add_argument("clips", help="a folder with one folder of videos per class, or motion-digits")
    parser.add_argument("--time", nargs="+", default=["2d", "tsm"], metavar="WAY")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each way")
    parser.add_argument("--out", type=Path, default=Path("runs/ways"))
    options = parser.parse_args()

    compared = striate.compare(
        options.clips,
        options.time,
        seeds=options.seeds,
        out=options.out,
        epochs=options.epochs,
        batch_size=16,
    )
    for row in compared.to_json()["rows"]:
        print(row["label"], f"{row['top1']['mean']:.1%}")
    page = options.out / "ways.html"
    page.write_text(compared.to_html(), encoding="utf-8")
    print(f"more in {page}")


if __name__ == "__main__":
    main()
