"""Train on your photos: a folder with one folder per class, then score and use the network.

    python examples/train_on_your_photos.py photos/ holiday.jpg [more.jpg …]

The run stays in runs/photos: `striate evaluate`, `explain` and `inspect` take it too.
"""

import argparse

import striate


def main() -> None:
    parser = argparse.ArgumentParser(description="Trains on a folder of pictures and classifies others.")
    parser.add_argument("photos", help="a folder with one folder of pictures per class")
    parser.add_argument("pictures", nargs="+", help="what to classify afterwards")
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--size", type=int, default=64, help="pixels a side, of what the network sees")
    parser.add_argument("--out", default="runs/photos", help="the run's folder")
    options = parser.parse_args()

    run = striate.train(
        options.photos,
        out=options.out,
        size=options.size,
        epochs=options.epochs,
        batch_size=32,
    )
    print(f"{run.test.top1:.1%} of {run.test.images} pictures that it had never seen")

    scores = striate.evaluate(run.path).scores
    for one in scores.classes:
        print(f"{one.name:20} {one.images:4} pictures, {one.recall or 0:.0%} of them found")

    for picture in striate.predict(run.path, options.pictures).images:
        print(f"{picture.file}: {picture.best}")


if __name__ == "__main__":
    main()
