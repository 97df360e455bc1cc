"""The verb `lab`: a page on which every number opens into the numbers behind it."""

import secrets
import socket
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Self

from striate.checked import checked
from striate.errors import ArgumentError
from striate.exploring.opening import Opening
from striate.exploring.saved import SavedPage
from striate.pages import Shown
from striate.pages.languages import speaking
from striate.runs import read_record
from striate.web.guard import LOCAL, Guard
from striate.web.served import Address, Served, address_of, check_port, listen, require_server

PORT = 8642
SAVED = 12.0
"""Megabytes of numbers in a saved page."""
CONNECTIONS, ENDING = 256, 10.0
"""At once; and seconds that the end waits for what is being answered."""


class Lab(Address, Shown):
    """A lab that is open.

    Its page is at `address` until `close()`, or the end of a `with` block.
    """

    def __init__(self, opening: Opening, served: Served, address: str) -> None:
        super().__init__(served, address)
        self.opening = opening

    def start(self) -> Self:
        """Serves, and opens what was asked for."""
        self._served.start()
        self.opening.begin()
        return self

    def wait(self) -> None:
        """Until it is closed, by Ctrl-C as a rule."""
        try:
            while self._served.is_open:
                self._served.wait(0.2)
        except KeyboardInterrupt:
            self.close()

    def close(self) -> None:
        """Ends the server; a training under way ends with the process."""
        self.opening.closed = True
        super().close()

    def to_json(self) -> dict[str, str]:
        """Its address."""
        return {"address": self.address}


@speaking
@checked
def lab(
    network: Any = None,
    inputs: Any | Sequence[str] = (),
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    browser: bool = True,
    language: Literal["en", "vi"] = "en",
    against: Any = None,
    weights: str | Path | None = None,
    classes: str | Path | None = None,
    offline: bool = False,
    live: str | None = None,
    save: str | Path | None = None,
    save_size: float = SAVED,
) -> Lab | SavedPage:
    """Opens a page in the browser on which every number of a network opens into the numbers behind it.

    Args:
        network: the folder of a run, made by `train`, or a network by its name, with published weights as for
            `predict`, or without any; your own, "my.py:make"; in Python also any module. By default a small
            network learns the built-in digits while you watch.
        inputs: what is looked at, as for `explain`. By default the first test image of the run's data.
        host: the address that is listened to. By default only this machine can open the page; for another
            one the page's address holds a secret.
        port: by default 8642, or another free one.
        browser: whether a browser is opened.
        language: English or Vietnamese.
        against: another network, to be compared on the same inputs: a run or a name; in Python
            also a module.
        weights: of a network by its name: as for `predict`, or "untrained" for those that it is built with.
        classes: as for `predict`.
        offline: as for `predict`.
        live: frames that go through the network as they come: a video file, a folder of frames, "camera".
        save: write one page that works without Python into this file, and open none.
        save_size: megabytes of maps and numbers that this page may hold; of a small network all open.

    Returns:
        The open lab: its `address`, `wait()` and `close()`; or what was saved.

    Raises:
        MissingExtraError: without the extra `lab`.
        RunError: a folder that is no run.
        ArgumentError: a port that is taken; a name that nothing has.

    >>> lab("runs/digits-plain", "digits/test/17").wait()  # doctest: +SKIP
    """
    require_server("the lab")
    check_port(port)
    if network is None and (against is not None or _listed(inputs)):
        raise ArgumentError("inputs and --against go with a network: name one before them, or leave them out")
    given = [one for one in (network, against) if one is not None]
    _refuse_unnamed(given, weights=weights, classes=classes)
    networks = [_opened(one, weights=weights, classes=classes, offline=offline) for one in given]
    opening = Opening(networks, _listed(inputs), language, live)
    if save is not None:
        return _saved(opening, Path(save), language, save_size)
    listening = listen(host, port, PORT)
    token = None if host in LOCAL else secrets.token_urlsafe(16)
    address = address_of(listening, host) + ("" if token is None else f"?token={token}")
    opened = Lab(opening, _served(opening, listening, host, token), address).start()
    if browser:
        webbrowser.open(address if live is None or token is not None else f"{address}#/live")
    return opened


def _opened(network: Any, **named: Any) -> Any:
    """A network, refused before anything is served; that of a run is read later, when the page is there."""
    if not isinstance(network, str | Path):
        if not hasattr(network, "named_modules"):
            raise ArgumentError(
                f"network is a run, a network's name, or a module; got {type(network).__name__}"
            )
        return network
    if _is_run(network):
        read_record(Path(network))
        return network
    from striate.exploring.networks import opened_network

    return opened_network(network, **named)


def _is_run(network: str | Path) -> bool:
    """Whether it is told by its place, not by its name."""
    path = Path(network)
    return ":" not in str(network) and (path.exists() or len(path.parts) > 1)


def _refuse_unnamed(networks: Sequence[Any], **named: Any) -> None:
    """Raises ArgumentError for what goes with the name of a network, where none is named."""
    asked = [name for name in named if named[name] is not None]
    if asked and not any(isinstance(one, str | Path) and not _is_run(one) for one in networks):
        raise ArgumentError(
            f"--{asked[0]} goes with the name of a network, as mobilenet_v2: name one, or leave it out"
        )


def _saved(opening: Opening, path: Path, language: str, megabytes: float) -> SavedPage:
    """A page of what is to be opened, without a server."""
    from striate.exploring.saving import save_page

    if not opening.networks:
        raise ArgumentError("save what? name a run, and an input: `striate lab RUN INPUT --save page.html`")
    if not megabytes > 0:
        raise ArgumentError(f"save_size is above 0; got {megabytes:g}")
    opening.make()
    session = opening.session()
    if opening.problem is not None:
        raise ArgumentError(opening.problem)
    return save_page(session, path, language, int(megabytes * 1e6))


def _listed(inputs: Any) -> list[Any]:
    return list(inputs) if isinstance(inputs, list | tuple) else [inputs]


def _served(opening: Opening, listening: socket.socket, host: str, token: str | None) -> Served:
    from striate.exploring.server import application

    return Served(Guard(application(opening), host, token), listening, CONNECTIONS, ENDING)
