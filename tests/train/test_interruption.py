"""train.interruption: SIGINT and SIGTERM wait for a place where the run can stop."""

import signal

import pytest

from train.interruption import Interrupted, Interruption


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_waits_until_the_run_asks(number: int, status: int, capfd) -> None:
    with Interruption() as interruption:
        interruption.check()
        before = interruption.requested
        signal.raise_signal(number)
        assert (before, interruption.requested) == (False, True)
        with pytest.raises(Interrupted) as caught:
            interruption.check()
    assert caught.value.exit_status == status  # 128 + 2, 128 + 15
    assert "Stopping after this step." in capfd.readouterr().err


def test_a_second_signal_does_not_wait() -> None:
    with Interruption():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(Interrupted):
            signal.raise_signal(signal.SIGTERM)


def test_afterwards_signals_do_what_they_did() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with pytest.raises(ValueError), Interruption():
        raise ValueError
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_nothing_takes_it_for_an_error() -> None:
    """As Ctrl-C: what catches every exception, such as a callback, lets it pass."""
    assert not issubclass(Interrupted, Exception)
