"""The command as a whole: help without torch, verbs, exit codes."""

import os
import subprocess
import sys

import pytest
from commands import Command

from striate import __version__
from striate.cli import VERBS, main

WITHOUT_TORCH = """
import sys
from striate.cli import main
codes = [main(words) for words in ([], ["--help"], ["--version"], ["trian"])]
print(codes, sorted({"torch", "numpy", "rich", "tyro"} & set(sys.modules)))
"""


def test_help_version_and_mistyped_verbs_do_not_import_torch() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_TORCH], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[0, 0, 0, 2] []\n")
    assert (
        done.stderr
        == f"striate: unknown verb 'trian': did you mean `striate train`? The verbs are {', '.join(VERBS)}\n"
    )


def test_python_m_striate() -> None:
    done = subprocess.run([sys.executable, "-m", "striate", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"striate {__version__}\n", "")


def test_the_help_names_every_verb(run: Command) -> None:
    done = run("--help")
    assert done == run() == run("-h") == run("help")
    for verb, what in VERBS.items():
        assert f"\n  {verb:<{max(map(len, VERBS))}}  {what}\n" in done.out
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_the_help_of_each_verb_shows_an_example(run: Command, verb: str) -> None:
    done = run(verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: striate {verb} ")
    assert f"\nexamples:\n  striate {verb}" in done.out
    assert max(map(len, done.out.splitlines())) <= 100
    if verb not in ("data", "completion"):
        assert "--json" in done.out


def test_an_unknown_verb(run: Command) -> None:
    done = run("evalute")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "striate: unknown verb 'evalute': did you mean `striate evaluate`? The verbs are "
        f"{', '.join(VERBS)}\n"
    )


def test_ctrl_c_anywhere(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(words: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("striate.cli.predict.main", interrupted)
    assert run("predict", "x") == (130, "", "striate: stopped\n")


def test_a_reader_that_goes_away() -> None:
    """As `head` does: no traceback, no complaint."""
    code = "import sys; from striate.cli import main; sys.exit(main(['--help']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_closed_and_full_output() -> None:
    """No traceback: what is closed is not missed, what is full is said."""
    whole = f"{sys.executable} -m striate --help"
    for command, code, told in (
        (f"{whole} >&-", 0, ""),
        (f"{whole} >&- 2>&-", 0, ""),
        (
            f"{whole} > /dev/full",
            2,
            "striate: standard output: no space left on device: free some room, or write to another disk\n",
        ),
    ):
        done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr) == (code, "", told)


def test_names_that_the_terminal_cannot_show() -> None:
    code = "import sys; from striate.cli import main; sys.exit(main(['\\udcff-ö']))"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    assert done.returncode == 2
    assert done.stderr.startswith(rb"striate: unknown verb '\udcff-\xf6': the verbs are demo, ")


def test_main_takes_the_words_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["striate", "-V"])
    assert main() == 0
    assert capsys.readouterr().out == f"striate {__version__}\n"
