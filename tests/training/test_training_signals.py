"""Ctrl-C: the first asks, the second stops at once; afterwards everything is as it was."""

import signal
import threading

import pytest

from striate.training.signals import StopRequest, stop_on_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_and_the_second_stops(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stop_on_signal() as request:
        assert not request.asked
        signal.raise_signal(number)
        assert request.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(number)
    assert signal.getsignal(number) is before


def test_handlers_come_back_after_an_error() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), stop_on_signal():
        1 / 0  # noqa: B018
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_nothing_is_caught() -> None:
    before, found = signal.getsignal(signal.SIGINT), []

    def work() -> None:
        with stop_on_signal() as request:
            found.append((request, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    ((request, handler),) = found
    assert isinstance(request, StopRequest)
    assert handler is before
