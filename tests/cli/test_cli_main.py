"""The command as a whole: help without torch, verbs, exit codes."""

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
from commands import Command

from forks import Forks
from striate import __main__ as entry
from striate import __version__
from striate.cli import VERBS, main
from striate.cli.options import needed, options_of
from striate.cli.verbs import DATA_VERBS, module_of

HEAVY = ("torch", "numpy", "rich", "matplotlib", "PIL", "av", "jinja2", "sklearn", "shtab")
LIGHT = """
import sys
from striate.cli import main

told = []
for words in {words}:
    try:
        code = main(words)
    except SystemExit as left:
        code = left.code
    told.append((words, code, sorted({{*{heavy}}} & set(sys.modules))))
print(told)
"""


def words_of_help_and_mistakes() -> list[list[str]]:
    """Of each verb; without any words only where it needs some."""
    words = [[], ["--help"], ["--version"], ["trian"]]
    for verb in (*VERBS, *(f"data {what}" for what in DATA_VERBS)):
        words += [[*verb.split(), *rest] for rest in (["--help"], ["--nonsense"], ["a", "b", "--json=1"])]
        home = import_module(module_of(verb.split()[0]))
        declared = home.VERBS[verb.split()[1]] if " " in verb else getattr(home, "VERB", None)
        if declared is None or declared.needs or any(map(needed, options_of(declared))):
            words.append(verb.split())
    return words


def test_nothing_heavy_is_imported_before_words_are_read() -> None:
    """Not for help and not for mistakes, of any verb."""
    code = LIGHT.format(words=words_of_help_and_mistakes(), heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    told = ast.literal_eval(done.stdout.splitlines()[-1])
    assert len(told) > 4 * len(VERBS)
    helps = ([], ["--help"], ["--version"])
    assert [one for one in told if one[1:] != (0 if one[0] in helps or "--help" in one[0] else 2, [])] == []
    assert "striate: unknown verb 'trian': did you mean `striate train`? The verbs are " in done.stderr
    assert "Traceback" not in done.stderr


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
def test_the_help_of_each_verb_shows_an_example(
    run: Command, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    done = run(verb, "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"usage: striate {verb} ")
    assert f"\nexamples:\n  striate {verb}" in done.out
    assert max(map(len, done.out.splitlines())) <= 80
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
    def interrupted(*words: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("striate.predict", interrupted)
    assert run("predict", "x", "y") == (130, "", "striate: stopped\n")


def test_ctrl_c_while_the_command_is_being_loaded(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as that takes there is nothing yet of the command that could answer."""

    class Interrupted:
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "striate.cli", Interrupted())  # type: ignore[arg-type]
    assert entry.main() == 130
    assert capfd.readouterr() == ("", "striate: stopped\n")


@pytest.mark.parametrize(
    ("words", "function"),
    [
        ("compare motion-digits --seeds 1", "compare"),
        ("data get mnist", "get_data"),
        ("predict runs/a list.txt --part 1/2 --out found", "predict"),
        ("data pack clips --out packed", "pack_data"),
    ],
)
def test_ctrl_c_says_how_to_go_on(
    run: Command, monkeypatch: pytest.MonkeyPatch, words: str, function: str
) -> None:
    """Where the same command goes on with what it has."""

    def interrupted(*words: object, **more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"striate.{function}", interrupted)
    told = f"stopped, everything saved; go on with the same command:  striate {words}\n"
    assert run(*words.split()) == (130, "", told)


@pytest.mark.parametrize("words", [["--help"], ["glossary"], ["glossary", "--json"], ["inspect", "plain"]])
def test_a_reader_that_goes_away(words: list[str], forks: Forks, tmp_path: Path) -> None:
    """As `head` does: no traceback, no complaint, whoever writes."""
    pipe, errors = tmp_path / "pipe", tmp_path / "errors"
    os.mkfifo(pipe)
    process = forks.run("-m", "striate", *words, told=pipe, errors=errors)
    pipe.open().close()  # when both ends are open
    assert process.wait(60) == 0
    assert errors.read_text() == ""


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
