"""measure.timing: calls that take turns."""

from measure.timing import take_turns


def test_calls_take_turns_and_the_warm_up_does_not_count():
    calls = []

    times = take_turns([lambda: calls.append("a"), lambda: calls.append("b")], rounds=2, warm_up=1)

    assert calls == ["a", "b"] * 3
    assert times.shape == (2, 2)
    assert (times >= 0).all()
