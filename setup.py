"""What `pyproject.toml` cannot say: the text for a package index, where paths of the README become addresses.

An index shows no file of the repository, so a picture must have an address. It is made of `Source` in
`[project.urls]` and of the version's tag.
"""

import re
import tomllib
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).parent
PROJECT = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PATH = re.compile(r"(?P<picture>!?)\[(?P<text>[^\]]*)\]\((?!https?://|#)(?P<path>[^)\s]+)\)")


def with_addresses(text: str) -> str:
    """Pictures and links to files, in place of paths, at this version's tag."""

    def addressed(found: re.Match[str]) -> str:
        kind = "raw" if found["picture"] else "blob"
        address = f"{PROJECT['urls']['Source']}/{kind}/v{PROJECT['version']}/{found['path']}"
        return f"{found['picture']}[{found['text']}]({address})"

    return PATH.sub(addressed, text)


setup(
    long_description=with_addresses((HERE / "README.md").read_text(encoding="utf-8")),
    long_description_content_type="text/markdown",
)
