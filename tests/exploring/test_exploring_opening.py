"""Imports give way to the page, but not for ever, and leave the interpreter as it was."""

import gc
import importlib
import sys
import time
from contextlib import suppress
from threading import Thread

import torch  # noqa: F401 - which makes imports here those of a process that has it

from striate.exploring.opening import LONGEST, QUIET, SWITCHING, GivingWay


def seconds(name: str) -> float:
    """That an import waits. name: of a module that is not there."""
    began = time.perf_counter()
    with suppress(ModuleNotFoundError):
        importlib.import_module(name)
    return time.perf_counter() - began


def test_an_import_waits_until_the_page_has_come() -> None:
    giving_way = GivingWay()
    with giving_way.importing():
        giving_way.asked()
        assert seconds("nowhere_first") > 0.8 * QUIET


def test_imports_elsewhere_do_not_wait() -> None:
    giving_way = GivingWay()
    with giving_way.importing():
        giving_way._asked = time.monotonic() + 60
        elsewhere = Thread(target=seconds, args=("nowhere_second",))
        elsewhere.start()
        elsewhere.join()
        assert not giving_way._waited


def test_whoever_asks_for_ever_holds_nothing_up() -> None:
    giving_way = GivingWay()
    giving_way._asked, giving_way._waited = time.monotonic() + 60, LONGEST - 2 * QUIET
    with giving_way.importing():
        for number in range(3):
            seconds(f"nowhere_{number}")
    assert LONGEST <= giving_way._waited < LONGEST + QUIET


def test_the_interpreter_is_as_before() -> None:
    usual, finders = sys.getswitchinterval(), list(sys.meta_path)
    frozen = gc.get_freeze_count()
    with GivingWay().importing():
        assert abs(sys.getswitchinterval() - SWITCHING) < 1e-6
        assert not gc.isenabled()
    assert sys.getswitchinterval() == usual
    assert sys.meta_path == finders
    assert gc.isenabled()
    assert gc.get_freeze_count() == frozen  # torch was there before: what is the caller's is still collected
