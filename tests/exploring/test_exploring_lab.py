"""What is refused before anything is served, and an address that is free."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from explaining_networks import numbers
from explored import small_network

from striate.errors import ArgumentError, MissingExtraError, RunError
from striate.exploring.lab import Lab, lab


def test_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RunError):
        lab(tmp_path / "nothing", browser=False)
    with pytest.raises(ArgumentError) as problem:
        lab(3, browser=False)
    assert str(problem.value) == "network is a run, a network's name, or a module; got int"
    with pytest.raises(ArgumentError) as problem:
        lab(port=-1, browser=False)
    assert str(problem.value) == "port is from 0, for a free one, to 65535; got -1"
    with pytest.raises(ArgumentError) as problem:
        lab(save=tmp_path / "page.html")
    said = "save what? name a run, and an input: `striate lab RUN INPUT --save page.html`"
    assert str(problem.value) == said
    no_name = "--{} goes with the name of a network, as mobilenet_v2: name one, or leave it out"
    for given, said in (
        ({"classes": "c.txt"}, no_name.format("classes")),
        ({"network": small_network(), "weights": "imagenet"}, no_name.format("weights")),
        ({"network": tmp_path, "against": tmp_path, "classes": "c.txt"}, no_name.format("classes")),
        (
            {"network": "plain", "classes": "c.txt"},
            "plain is opened untrained, its classes are numbers: leave --classes out",
        ),
        *(
            (one, "inputs and --against go with a network: name one before them, or leave them out")
            for one in ({"inputs": "digits/test/3"}, {"against": "plain"})
        ),
    ):
        with pytest.raises(ArgumentError) as problem:
            lab(**given, browser=False)
        assert str(problem.value) == said
    monkeypatch.setattr("striate.web.served.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError) as problem:
        lab()
    assert str(problem.value) == "the lab needs the extra 'lab': pip install 'striate[lab]'"


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ArgumentError) as problem:
            lab(small_network(), port=port, browser=False)
    said = f"cannot listen on 127.0.0.1, port {port}: address already in use; try --port 0 for a free one"
    assert str(problem.value) == said


def test_a_module_is_opened_and_closed() -> None:
    with lab(small_network(), numbers(1, 1, 8, 8), port=0, browser=False) as opened:
        assert isinstance(opened, Lab)
        assert opened.address.startswith("http://127.0.0.1:")
        assert opened.to_json() == {"address": opened.address}
    assert repr(opened) == f"Lab({opened.address!r})"


def test_another_host_gets_a_token() -> None:
    with lab(small_network(), numbers(1, 1, 8, 8), host="0.0.0.0", port=0, browser=False) as opened:
        assert isinstance(opened, Lab)
        assert "/?token=" in opened.address


def test_the_page_is_there_before_torch() -> None:
    """Loading it takes two seconds, which nobody should look at an empty tab for."""
    code = "import sys, striate.cli.lab, striate.exploring.lab; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
