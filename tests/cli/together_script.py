"""The command line, run by torchrun or twice by itself. Exit codes go to files; one may meet an error."""

import os
import sys
from pathlib import Path

import striate.cli
from striate.cli import main
from striate.errors import DataError
from striate.training.process_group import process_group

OTHER = 0
if "RANK" not in os.environ:  # nobody has started two of these
    OTHER = os.fork()
    os.environ["RANK"] = os.environ["LOCAL_RANK"] = str(int(OTHER == 0))
RANK = os.environ["RANK"]


def met_by(who: str) -> None:
    """Lets that process alone fail while the others wait for it."""
    import torch

    def fail_or_wait(*words: object) -> int:
        with process_group(torch.device("cpu")) as member:
            if who == RANK:
                raise DataError(f"only process {who} knows this")
            member.highest(0)
        return 0

    striate.cli.run = fail_or_wait


if __name__ == "__main__":
    folder, who, words = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    if who != "all":
        met_by(who)
    code = 1
    try:
        code = main(words)
    except SystemExit as left:
        code = left.code
        raise
    finally:
        (folder / RANK).write_text(str(code))
        if OTHER:
            os.waitpid(OTHER, 0)
    sys.exit(code)
