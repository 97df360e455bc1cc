"""A convolutional network trained by hand: NumPy only, every gradient from `striate.derivation`.

    python examples/by_hand.py                    real 8×8 digits (1 797 of them, inside scikit-learn)
    python examples/by_hand.py --mnist FOLDER     MNIST from its four IDX files, two epochs

The network is the smallest that has every step of the textbook chain:

    image → [convolution 3×3 → ReLU → max pool 2] twice → flatten → fully connected → ReLU → fully connected

The test images only ever give the figure that is printed; nothing is chosen by them. `--seed` decides the
split of the digits, the weights and the order: with 360 test images one more error is 0.28 points.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import striate.derivation as hand

Samples = tuple[np.ndarray, np.ndarray]  # images (N, 1, H, W) in [0, 1], labels (N,)


def digits(seed: int) -> tuple[Samples, Samples]:
    """Training and test digits: a fixed shuffle, every fifth image to the test."""
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    images = (pixels / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    order = np.random.default_rng(seed).permutation(len(images))
    test, train = order[::5], np.delete(order, np.s_[::5])
    return (images[train], labels[train]), (images[test], labels[test])


def idx(folder: Path, part: str) -> Samples:
    """MNIST's files: a header (16 bytes for images, 8 for labels), then one byte per number."""
    images = np.frombuffer((folder / f"{part}-images-idx3-ubyte").read_bytes(), np.uint8, offset=16)
    labels = np.frombuffer((folder / f"{part}-labels-idx1-ubyte").read_bytes(), np.uint8, offset=8)
    return images.reshape(-1, 1, 28, 28).astype(np.float32) / 255, labels.astype(np.int64)


def network_for(size: int, random: np.random.Generator) -> hand.Sequential:
    """Two convolutions of 32 and 64 filters, for images of `size`×`size`."""
    same = hand.Convolution(padding=1)
    layers = (
        hand.convolution_layer((32, 1, 3, 3), random, same),  # (N, 32, size, size)
        hand.Layer(hand.Relu()),
        hand.Layer(hand.MaxPool(2)),  # (N, 32, size/2, size/2)
        hand.convolution_layer((64, 32, 3, 3), random, same),
        hand.Layer(hand.Relu()),
        hand.Layer(hand.MaxPool(2)),  # (N, 64, size/4, size/4)
        hand.Layer(hand.Flatten()),  # (N, 64·size/4·size/4)
        hand.fully_connected_layer(64 * (size // 4) ** 2, 128, random),
        hand.Layer(hand.Relu()),
        hand.fully_connected_layer(128, 10, random),  # (N, 10): a score for each digit
    )
    return hand.Sequential(layers)


def batches(samples: Samples, size: int, random: np.random.Generator) -> Iterator[Samples]:
    """All samples once, shuffled."""
    order = random.permutation(len(samples[0]))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        yield samples[0][chosen], samples[1][chosen]


def accuracy(network: hand.Sequential, samples: Samples) -> float:
    """The share of samples whose largest score is the right one's."""
    images, labels = samples
    scores = [network.forward(images[i : i + 500])[0] for i in range(0, len(images), 500)]
    return float((np.concatenate(scores).argmax(axis=1) == labels).mean())


def train(samples: Samples, test: Samples, epochs: int, batch: int, seed: int) -> hand.Sequential:
    """Forward, loss, backward, update, over and over; one line per epoch."""
    random = np.random.default_rng(seed)
    network, loss = network_for(samples[0].shape[-1], random), hand.CrossEntropy()
    rule, states = hand.Adam(1e-3), None
    done, steps = 0, epochs * -(-len(samples[0]) // batch)
    for epoch in range(1, epochs + 1):
        start, losses = time.perf_counter(), []
        for images, labels in batches(samples, batch, random):
            scores, saved = network.forward(images)
            value, saved_loss = loss.forward(scores, labels)
            gradients = network.parameter_gradients(loss.backward(saved_loss), saved)
            falling = replace(rule, rate=rule.rate * (1 - done / steps))  # to zero, in a straight line
            parameters, states = hand.update(falling, network.parameters, gradients, states)
            network = network.with_parameters(parameters)
            losses.append(float(value))
            done += 1
        seconds = time.perf_counter() - start
        right = f"{accuracy(network, test):.2%} of {len(test[0])} test images"
        print(f"epoch {epoch}: loss {np.mean(losses):.4f}, {right}, {seconds:.1f} s", flush=True)
    return network


def main() -> None:
    parser = argparse.ArgumentParser(description="A convolutional network trained by hand, NumPy only.")
    parser.add_argument("--mnist", type=Path, metavar="FOLDER", help="the folder of MNIST's four IDX files")
    parser.add_argument("--epochs", type=int, help="times through the training set: 20, or 2 for MNIST")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.mnist:
        samples, test = idx(options.mnist, "train"), idx(options.mnist, "t10k")
        train(samples, test, options.epochs or 2, 64, options.seed)
    else:
        train(*digits(options.seed), options.epochs or 20, 32, options.seed)


if __name__ == "__main__":
    main()
