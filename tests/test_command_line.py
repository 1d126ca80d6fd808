"""tfface.command_line: what the command lines have in common."""

import os
import signal
import sys
import threading
from pathlib import Path

import pytest

from tfface.command_line import normalised, stream_beside, terminated_like_interrupted


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("--long-side", "--long_side"),
        ("--long_side", "--long_side"),
        ("--long-side=my-value", "--long_side=my-value"),
        ("--three-word-option", "--three_word_option"),
        ("-o", "-o"),
        ("-", "-"),
        ("my-file.jpg", "my-file.jpg"),
        ("2026-01-01--party.jpg", "2026-01-01--party.jpg"),
    ],
)
def test_options_are_written_with_underscores(given: str, expected: str) -> None:
    assert normalised([given]) == [expected]


def test_after_a_lone_dash_dash_nothing_is_an_option(monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ["--long-side", "9", "--", "--my-file.jpg"]
    monkeypatch.setattr(sys, "argv", ["program", *arguments])

    assert normalised() == ["--long_side", "9", "--", "--my-file.jpg"]


def test_people_read_where_the_results_are_not_written() -> None:
    assert stream_beside(Path("-")) is sys.stderr
    assert stream_beside(Path("a.json")) is sys.stdout
    assert stream_beside(None) is sys.stdout


def test_a_termination_is_an_interruption_within_the_block() -> None:
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt), terminated_like_interrupted():
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(10)

    assert signal.getsignal(signal.SIGTERM) == before


def test_other_threads_leave_signals_alone() -> None:
    entered = []

    def enter() -> None:
        with terminated_like_interrupted():
            entered.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()

    assert entered == [signal.getsignal(signal.SIGTERM)]
