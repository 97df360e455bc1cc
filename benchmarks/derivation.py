"""How fast is CNN training by hand? Ours against torch, and against the loops that courses show.

    OMP_NUM_THREADS=1 python benchmarks/derivation.py

One training step of `plain` on 28×28×1, float32, batch 64: [convolution 3×3 padding 1 → ReLU → max pool 2]
with 32 and 64 filters, flatten, fully connected 128, ReLU, fully connected 10; cross-entropy; Adam.

- torch: the same step with `torch.nn` and `torch.optim.Adam`, as many threads.
- loops: as courses show it, one `correlate2d` or `convolve2d` per pair of channels, one window after another
  in the pools, every layer's input gradient, one image at a time; forward and backward, without an update.
- less looped: the same in the loops' favour. Only the convolutions are loops, the pools are whole-array
  NumPy, and the gradient of the image is left out.

All start from the same numbers, and their gradients are compared before anything is timed. Rounds alternate
between them; the table gives the median round and the range of rounds.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

THREADS = int(os.environ.setdefault("OMP_NUM_THREADS", "1"))  # read by BLAS when NumPy is imported
os.environ["OPENBLAS_NUM_THREADS"] = str(THREADS)

import numpy as np  # noqa: E402
import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from scipy.signal import convolve2d, correlate2d  # noqa: E402

import striate.derivation as hand  # noqa: E402

Gradients = dict[str, np.ndarray]


def plain(random: np.random.Generator) -> hand.Sequential:
    """The network, by hand."""
    same = hand.Convolution(padding=1)
    pooled = (hand.Layer(hand.Relu()), hand.Layer(hand.MaxPool(2)))
    return hand.Sequential(
        (
            hand.convolution_layer((32, 1, 3, 3), random, same),
            *pooled,
            hand.convolution_layer((64, 32, 3, 3), random, same),
            *pooled,
            hand.Layer(hand.Flatten()),
            hand.fully_connected_layer(3136, 128, random),
            hand.Layer(hand.Relu()),
            hand.fully_connected_layer(128, 10, random),
        )
    )


class ByHand:
    """A step is: forward, loss, backward, Adam."""

    def __init__(self, network: hand.Sequential, x: np.ndarray, labels: np.ndarray) -> None:
        self.network, self.x, self.labels = network, x, labels
        self.loss, self.rule, self.states = hand.CrossEntropy(), hand.Adam(1e-3), None

    def gradients(self) -> Gradients:
        scores, saved = self.network.forward(self.x)
        _, saved_loss = self.loss.forward(scores, self.labels)
        return self.network.parameter_gradients(self.loss.backward(saved_loss), saved)

    def step(self) -> None:
        gradients = self.gradients()
        parameters, self.states = hand.update(self.rule, self.network.parameters, gradients, self.states)
        self.network = self.network.with_parameters(parameters)


class ByTorch:
    """The same step with torch."""

    def __init__(self, network: hand.Sequential, x: np.ndarray, labels: np.ndarray) -> None:
        self.network = torch.nn.Sequential(
            torch.nn.Conv2d(1, 32, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Conv2d(32, 64, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.MaxPool2d(2),
            torch.nn.Flatten(),
            torch.nn.Linear(3136, 128),
            torch.nn.ReLU(),
            torch.nn.Linear(128, 10),
        )
        self.network.load_state_dict({k: torch.tensor(v) for k, v in network.parameters.items()})
        self.x, self.labels = torch.tensor(x), torch.tensor(labels)
        self.optimiser = torch.optim.Adam(self.network.parameters(), lr=1e-3)

    def gradients(self) -> Gradients:
        self.optimiser.zero_grad()
        F.cross_entropy(self.network(self.x), self.labels).backward()
        return {name: p.grad.numpy() for name, p in self.network.named_parameters()}

    def step(self) -> None:
        self.gradients()
        self.optimiser.step()


class ByLoops:
    """The same gradients as courses show them: loops over filters and channels, one image at a time."""

    def __init__(
        self, network: hand.Sequential, x: np.ndarray, labels: np.ndarray, pools_too: bool = True
    ) -> None:
        self.parameters, self.x, self.labels = network.parameters, x, labels
        self.pool, self.pool_back = (pool_loop, pool_back_loop) if pools_too else (pool, pool_back)
        self.all_inputs = pools_too

    def convolve(self, x: np.ndarray, layer: int) -> np.ndarray:
        weight, bias = self.parameters[f"{layer}.weight"], self.parameters[f"{layer}.bias"]
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
        y = np.empty((len(weight), *x.shape[1:]), x.dtype)
        for o in range(len(weight)):
            y[o] = bias[o]
            for c in range(len(x)):
                y[o] += correlate2d(padded[c], weight[o, c], mode="valid")
        return y

    def convolve_back(
        self, dy: np.ndarray, x: np.ndarray, layer: int, gradients: Gradients, to_input: bool
    ) -> np.ndarray:
        weight, padded = self.parameters[f"{layer}.weight"], np.pad(x, ((0, 0), (1, 1), (1, 1)))
        dw, dx = np.empty_like(weight), np.zeros_like(padded)
        for o in range(len(weight)):
            for c in range(len(x)):
                dw[o, c] = correlate2d(padded[c], dy[o], mode="valid")
                if to_input:
                    dx[c] += convolve2d(dy[o], weight[o, c], mode="full")
        gradients[f"{layer}.weight"], gradients[f"{layer}.bias"] = dw, dy.sum(axis=(1, 2))
        return dx[:, 1:-1, 1:-1]

    def one_image(self, number: int) -> Gradients:
        p, g = self.parameters, {}
        x = self.x[number]
        a1 = np.maximum(self.convolve(x, 0), 0)
        p1, w1 = self.pool(a1)
        a2 = np.maximum(self.convolve(p1, 3), 0)
        p2, w2 = self.pool(a2)
        flat = p2.ravel()
        a3 = np.maximum(p["7.weight"] @ flat + p["7.bias"], 0)
        z = p["9.weight"] @ a3 + p["9.bias"]
        e = np.exp(z - z.max())
        dz = e / e.sum()
        dz[self.labels[number]] -= 1
        g["9.weight"], g["9.bias"] = np.outer(dz, a3), dz
        d3 = (p["9.weight"].T @ dz) * (a3 > 0)
        g["7.weight"], g["7.bias"] = np.outer(d3, flat), d3
        d2 = self.pool_back((p["7.weight"].T @ d3).reshape(p2.shape), w2) * (a2 > 0)
        d1 = self.pool_back(self.convolve_back(d2, p1, 3, g, to_input=True), w1) * (a1 > 0)
        self.convolve_back(d1, x, 0, g, to_input=self.all_inputs)
        return g

    def gradients(self, images: int) -> Gradients:
        """The mean over the first images."""
        each = [self.one_image(number) for number in range(images)]
        return {name: np.mean([g[name] for g in each], axis=0) for name in each[0]}


def pool_loop(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(C, H, W) → maxima (C, H/2, W/2), and where in its window each stood, one window after another."""
    c, h, w = x.shape
    y, winner = np.empty((c, h // 2, w // 2), x.dtype), np.empty((c, h // 2, w // 2), int)
    for k, i, j in np.ndindex(y.shape):
        window = x[k, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        winner[k, i, j] = window.argmax()
        y[k, i, j] = window.flat[winner[k, i, j]]
    return y, winner


def pool_back_loop(dy: np.ndarray, winner: np.ndarray) -> np.ndarray:
    """`pool_loop` undone."""
    c, h, w = dy.shape
    dx = np.zeros((c, 2 * h, 2 * w), dy.dtype)
    for k, i, j in np.ndindex(dy.shape):
        row, column = divmod(winner[k, i, j], 2)
        dx[k, 2 * i + row, 2 * j + column] = dy[k, i, j]
    return dx


def pool(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(C, H, W) → maxima (C, H/2, W/2), and a one-hot of the first winner over the last axis."""
    c, h, w = x.shape
    windows = x.reshape(c, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 2, 4).reshape(c, h // 2, w // 2, 4)
    return windows.max(axis=-1), np.eye(4, dtype=x.dtype)[windows.argmax(axis=-1)]


def pool_back(dy: np.ndarray, winner: np.ndarray) -> np.ndarray:
    """`pool` undone."""
    c, h, w = dy.shape
    return (dy[..., None] * winner).reshape(c, h, w, 2, 2).transpose(0, 1, 3, 2, 4).reshape(c, 2 * h, 2 * w)


def compare(ours: Gradients, theirs: Gradients, name: str) -> None:
    """Timing is worth nothing if they compute different things."""
    worst = max(np.abs(ours[key] - theirs[key]).max() / np.abs(theirs[key]).max() for key in theirs)
    print(f"largest difference of a gradient from {name}: {worst:.1e} of its layer's largest")
    if worst > 1e-4:
        raise SystemExit(f"the gradients differ from {name}")


def seconds(f: Callable[[], object], times: int) -> float:
    """Per call, over several calls."""
    start = time.perf_counter()
    for _ in range(times):
        f()
    return (time.perf_counter() - start) / times


def main() -> None:
    parser = argparse.ArgumentParser(description="Training by hand against torch and against loops.")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--steps", type=int, default=5, help="steps of ours and of torch in each round")
    parser.add_argument("--batch", type=int, default=64)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    random = np.random.default_rng(0)
    x = random.standard_normal((options.batch, 1, 28, 28), dtype=np.float32)
    labels, network = random.integers(0, 10, options.batch), plain(random)
    ours, theirs, loops = (kind(network, x, labels) for kind in (ByHand, ByTorch, ByLoops))
    less = ByLoops(network, x, labels, pools_too=False)
    compare(ours.gradients(), theirs.gradients(), "torch")
    for peer in (loops, less):
        compare(ByHand(network, x[:2], labels[:2]).gradients(), peer.gradients(2), "the loops")

    for step in (ours.step, theirs.step):
        seconds(step, 3)  # warm up
    rounds: dict[str, list[float]] = {"by hand": [], "torch": [], "loops": [], "less looped": []}
    for number in range(options.rounds):
        rounds["by hand"].append(seconds(ours.step, options.steps) / options.batch)
        rounds["torch"].append(seconds(theirs.step, options.steps) / options.batch)
        for name, peer in (("loops", loops), ("less looped", less)):
            image = number % options.batch
            rounds[name].append(seconds(lambda peer=peer, image=image: peer.one_image(image), 1))
    report(rounds, options.batch)


def report(rounds: dict[str, list[float]], batch: int) -> None:
    """Median and range per image, and how many times ours."""
    print(f"\nthreads {THREADS}, batch {batch}, float32, {len(rounds['torch'])} rounds")
    print(f"{'':12}{'ms per image':>14}{'range':>20}{'ms per batch':>14}{'times ours':>12}")
    ours = statistics.median(rounds["by hand"])
    for name, times in rounds.items():
        middle = statistics.median(times)
        spread = f"{min(times) * 1e3:.3f} – {max(times) * 1e3:.3f}"
        print(f"{name:12}{middle * 1e3:14.3f}{spread:>20}{middle * batch * 1e3:14.1f}{middle / ours:12.2f}")


if __name__ == "__main__":
    main()
