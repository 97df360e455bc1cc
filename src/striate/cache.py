"""Where striate keeps what it can make or fetch again; `XDG_CACHE_HOME` moves it."""

import os
from pathlib import Path


def cache_folder() -> Path:
    """The folder of striate in the user's cache; it need not be there yet."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "striate"
