"""What a command prints before it leaves, printed once where torchrun runs it in several processes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO

from striate.torchrun import alone, leads, show_once


@contextmanager
def leaving_once() -> Iterator[None]:
    """What is printed before SystemExit, as help and complaints about arguments are, is printed once."""
    if alone():
        yield
        return
    out, err = StringIO(), StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            yield
    except SystemExit as left:

        def show() -> None:
            sys.stdout.write(out.getvalue())
            sys.stderr.write(err.getvalue())
            sys.stdout.flush()

        if left.code:
            show_once(err.getvalue(), show)
        elif leads():
            show()
        raise
