"""`striate completion`: the scripts, and what the shells make of them."""

import shutil
import subprocess
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from commands import Command

from striate.cli.completion import completion
from striate.cli.verbs import DATA_VERBS, VERBS
from striate.models import WAYS

BASH = """
source "$1"
shift
for words in "$@"; do
    IFS=' ' read -ra COMP_WORDS <<< "${words%|}"
    [[ $words == *' |' ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
    _shtab_striate
    echo "${COMPREPLY[@]}"
done
"""
"""Words; those that end with ` |` go on with a new one."""

CASES = {
    "striate |": " ".join(VERBS),
    "striate tr": "train",
    "striate --v": "--version",
    "striate data |": " ".join(DATA_VERBS),
    "striate data pack --sho": "--short-side",
    "striate train --ep": "--epochs",
    "striate train --optimizer |": "adamw sgd muon",
    "striate train --no-f": "--no-flip",
    "striate train pho": "photos",
    "striate train digits --time |": " ".join(WAYS),
    "striate train digits --time t": "tsm two-stream",
    "striate train --backbone mob": "mobilenet_v2",
    "striate explain runs/a b.png --show ma": "maps",
    "striate completion z": "zsh",
}


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_in_bash(tmp_path: Path, run: Command) -> None:
    (tmp_path / "photos").mkdir()
    script = tmp_path / "script"
    script.write_text(run("completion", "bash").out)
    done = subprocess.run(
        ["bash", "-c", BASH, "bash", str(script), *CASES], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stderr == ""
    assert dict(zip(CASES, done.stdout.splitlines(), strict=True)) == CASES


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_can_read_its_script(tmp_path: Path) -> None:
    script = tmp_path / "_striate"
    script.write_text(completion("zsh"))
    subprocess.run(["zsh", "-n", str(script)], check=True)


@pytest.mark.parametrize("shell", get_args(get_type_hints(completion)["shell"]))
def test_every_shell_has_a_script_that_knows_all_verbs(shell: str, run: Command) -> None:
    done = run("completion", shell)
    assert (done.code, done.err) == (0, "")
    assert [verb for verb in VERBS if verb not in done.out] == []
