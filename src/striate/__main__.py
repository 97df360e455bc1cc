"""`striate`, `python -m striate`, and `torchrun -m striate`."""

import sys


def main() -> int:
    """Runs the command; Ctrl-C while it is still being loaded ends it like any other."""
    try:
        from striate.cli import main as run

        return run()
    except KeyboardInterrupt:
        print("striate: stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
