"""The command line: arguments → one verb → its result printed.

Help, version and mistakes are answered without importing torch; each verb is imported only when it is asked
for, and what it needs only when its words have been read.
"""

import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from io import TextIOWrapper
from itertools import pairwise

from striate.checked.habits import VERBS as HABITS
from striate.checked.habits import meant
from striate.cli.running import run
from striate.cli.verbs import VERBS, module_of
from striate.errors import ArgumentError, DataError, StriateError, WeightsError, command_line
from striate.torchrun import alone, leads, main_failed, show_once

USAGE = """\
striate: convolutional networks on images and video that you can see through

usage: striate VERB ...      `striate VERB --help` explains one verb

{verbs}

  striate demo
  striate inspect plain --input 1x28x28
  striate train digits
  striate train photos/ --backbone resnet18 --size 112
  striate train clips/ --backbone resnet18 --time tsm
  striate predict runs/digits-plain image.png

Every verb takes --json, which prints its result and nothing else on standard
output. Exit codes: 0 done, 2 something in the input does not fit (one sentence
says what), 130 stopped by Ctrl-C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name that the terminal cannot show is no reason to fail
            stream.reconfigure(errors="backslashreplace")
    try:
        with command_line():
            code = _answer(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        from striate.checked.checking import refused_by_the_system

        if problem.filename is None:  # our own output
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            problem.filename = "standard output"
        return _fail(DataError(refused_by_the_system(problem)))


def _open_what_is_closed() -> None:
    """A stream that was closed before the start, as by `>&-`, takes what is printed and forgets it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - for as long as the command runs


def _answer(words: list[str]) -> int:
    if words[:1] == ["help"] and len(words) > 1:
        words = [*words[1:], "--help"]
    if not words or words[0] in ("-h", "--help", "help"):
        print(usage())
        return 0
    if words[0] in ("-V", "--version", "version"):
        from striate import __version__

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
    if not alone():  # a lost process is told about in one sentence, not in a traceback of C++ a look
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    try:
        if verb not in VERBS:
            raise ArgumentError(_unknown(verb))
        home = import_module(module_of(verb))
        with _speaking(words):
            return run(home.VERB, verb, words) if hasattr(home, "VERB") else int(home.main(words))
    except WeightsError as problem:
        return _fail(problem, problem.table)
    except StriateError as problem:
        return _fail(problem)
    except KeyboardInterrupt:
        if leads():
            print("striate: stopped", file=sys.stderr)
        return 130
    except Exception:
        if main_failed():
            return 2
        raise


def _speaking(words: Sequence[str]) -> AbstractContextManager[None]:
    """Refusals in Vietnamese where that is asked for, those of the words themselves included."""
    if "--language=vi" not in words and ("--language", "vi") not in pairwise(words):
        return nullcontext()
    from striate.pages.languages import told_in

    return told_in("vi")


def _unknown(verb: str) -> str:
    if verb.startswith("-"):
        near = meant(verb, ("help", "version"))
        hint = f"did you mean `striate --{near}`?" if near else f"for example `striate train digits {verb}`"
        return f"a verb comes first, its options behind it; got {verb!r}: {hint}"
    near = meant(verb, [*VERBS, *HABITS], HABITS)
    known = f"the verbs are {', '.join(VERBS)}"
    if near is None:
        return f"unknown verb {verb!r}: {known}"
    return f"unknown verb {verb!r}: did you mean `striate {near}`? {known[0].upper()}{known[1:]}"


def _fail(problem: Exception, misfits: Sequence[tuple[str, str, str]] = ()) -> int:
    def show() -> None:
        if misfits:
            from striate.cli.tables import print_misfits

            print_misfits(misfits)
        print(f"striate: {problem}", file=sys.stderr)

    show_once(str(problem), show)
    return 2
