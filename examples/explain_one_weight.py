"""Explain one weight: its gradient as the sum of its terms, and what the optimiser makes of it.

    python examples/explain_one_weight.py [RUN] [--out weight.html]

Without a run, one is trained on the built-in digits first, which takes seconds.
"""

import argparse
from pathlib import Path

import striate


def main() -> None:
    parser = argparse.ArgumentParser(description="Takes the gradient of one weight apart.")
    parser.add_argument("run", nargs="?", help="a run on digits; without one it is trained here")
    parser.add_argument("--out", type=Path, default=Path("weight.html"))
    options = parser.parse_args()
    run = options.run or striate.train("digits", epochs=1).path

    # filter 5 of conv2, its kernel for channel 3, the weight in the middle; the image knows its label
    found = striate.explain(run, "digits/test/17", layer="conv2", weight=(5, 3, 1, 1))
    gradient = found.to_json()["gradient"]
    print(f"the image is a {found.label}")
    print(f"the gradient of conv2.weight[5, 3, 1, 1] is {gradient['total']:.6g}")
    update = gradient["update"]
    print(f"the next step moves it from {update['old']:.6g} to {update['new']:.6g}")
    options.out.write_text(found.to_html(), encoding="utf-8")
    print(f"all of its terms: {options.out}")


if __name__ == "__main__":
    main()
