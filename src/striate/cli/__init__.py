"""The command line: arguments → one verb → its result printed.

Help and version answer without importing torch; each verb is imported only when it is asked for.
"""

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper

from striate.cli.torchrun_errors import leader_failed, leads, say_once

VERBS = {
    "demo": "train on real handwritten digits, score, and classify an image: two minutes, no questions",
    "inspect": "every layer of a network: shape, parameters worked out, receptive field, cost",
    "train": "train a network on a built-in set or a folder of images",
    "evaluate": "score a trained network on labelled images",
    "predict": "classify image files with a trained network",
    "compare": "train several ways through time on the same clips: one table of cost and accuracy",
    "tune": "the fastest right algorithm of each convolution on this machine, measured",
    "explain": "work out the numbers behind a number of a trained network, and check them",
    "data": "get a public data set, or check a folder of images before training",
}
"""Each verb's file in this room, and what it does."""

USAGE = """\
striate: convolutional networks on images and video that you can see through

usage: striate VERB ...      striate VERB --help explains one verb

{verbs}

  striate demo
  striate inspect plain --input 1x28x28
  striate train digits
  striate train photos/ --backbone resnet18 --size 112
  striate predict runs/digits-plain image.png

Every verb takes --json, which prints its result and nothing else on standard output.
Exit codes: 0 done, 2 something in the input does not fit (one sentence says what), 130 stopped by Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _answer(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _answer(words: list[str]) -> int:
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if words[0] in ("-V", "--version"):
        from striate.version import __version__

        print(f"striate {__version__}")
        return 0
    return _run(words[0], words[1:])


def usage() -> str:
    """The help of the whole command."""
    width = max(map(len, VERBS))
    return USAGE.format(verbs="\n".join(f"  {verb:<{width}}  {what}" for verb, what in VERBS.items()))


def _run(verb: str, words: list[str]) -> int:
    # Threads that wait for others sleep instead of spinning: where the machine has other work, a training is
    # several times as fast. It counts only if it is set before torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from striate.errors import ArgumentError, StriateError, WeightsError, unknown

    try:
        if verb not in VERBS:
            raise ArgumentError(unknown("verb", verb, VERBS))
        code: int = import_module(f"striate.cli.{verb}").main(words)
        return code
    except WeightsError as problem:
        return _fail(problem, problem.table)
    except StriateError as problem:
        return _fail(problem)
    except KeyboardInterrupt:
        if leads():
            print("striate: stopped", file=sys.stderr)
        return 130
    except Exception:
        if leader_failed():
            return 2
        raise


def _fail(problem: Exception, misfits: Sequence[tuple[str, str, str]] = ()) -> int:
    def show() -> None:
        if misfits:
            from striate.cli.tables import print_misfits

            print_misfits(misfits)
        print(f"striate: {problem}", file=sys.stderr)

    say_once(str(problem), show)
    return 2
