"""What is given away: the source distribution, and the page that a package index shows."""

import email
import platform
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = ("*.toml", "*.py", "*.md", "*.in", "*.txt", "*.yml", "LICENSE", "Makefile")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Path → contents of the source distribution, built in a copy."""
    copy = tmp_path_factory.mktemp("distribution")
    for folder in ("src", "docs", "examples", "tests", "benchmarks"):
        shutil.copytree(
            ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
    for pattern in FILES:
        for path in ROOT.glob(pattern):
            shutil.copy(path, copy)
    code = "from setuptools.build_meta import build_sdist; build_sdist('.')"
    subprocess.run([sys.executable, "-c", code], cwd=copy, check=True, capture_output=True)
    with tarfile.open(next(copy.glob("striate-*.tar.gz"))) as archive:
        members = {member.name.split("/", 1)[-1]: member for member in archive if member.isfile()}
        return {name: archive.extractfile(member).read() for name, member in members.items()}  # type: ignore[union-attr]


def test_it_holds_documentation_examples_and_tests(archive):
    for name in (
        "docs/index.md",
        "docs/pictures/opened.png",
        "docs/tools/site.py",
        "examples/training_loop.py",
        "examples/tour.ipynb",
        "tests/docs/test_docs_distribution.py",
        "tests/old_runs/finished/run.json",
        "benchmarks/house.py",
        "src/striate/py.typed",
        "mkdocs.yml",
        "constraints.txt",
    ):
        assert name in archive, name
    assert not [name for name in archive if "__pycache__" in name or name.endswith(".pyc")]


def test_pictures_and_links_of_the_page_on_an_index_have_addresses(archive):
    page = email.message_from_bytes(archive["PKG-INFO"])
    urls = dict(line.split(", ", 1) for line in page.get_all("Project-URL", []))
    text = page.get_payload()
    assert page["Description-Content-Type"] == "text/markdown"
    assert set(urls) == {"Source", "Documentation", "Changelog"}
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert len(pictures) >= 2
    for picture in pictures:
        path = picture.removeprefix(f"{urls['Source']}/raw/v{page['Version']}/")
        assert path in archive, picture
    for target in re.findall(r"(?<!!)\[[^\]]*\]\(([^)]+)\)", text):
        assert target.startswith(("https://", "#")), target


def test_the_classifiers_name_what_the_tests_run_on(archive):
    named = email.message_from_bytes(archive["PKG-INFO"]).get_all("Classifier", [])
    assert f"Programming Language :: Python :: 3.{sys.version_info.minor}" in named
    assert any(line.startswith("Operating System :: ") and platform.system() in line for line in named)
