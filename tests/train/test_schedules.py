"""train.schedules: learning rates by step."""

import keras
import pytest

from train.schedules import WarmUp, make_schedule


def rate(schedule, step: int) -> float:
    return float(schedule(step))


def test_a_piecewise_rate_falls_to_a_tenth_after_each_boundary() -> None:
    schedule = make_schedule("piecewise", 0.5, 100, [40, 80], 0)
    assert rate(schedule, 0) == pytest.approx(0.5)
    assert rate(schedule, 40) == pytest.approx(0.5)
    assert rate(schedule, 41) == pytest.approx(0.05)
    assert rate(schedule, 80) == pytest.approx(0.05)
    assert rate(schedule, 81) == pytest.approx(0.005)


def test_a_piecewise_rate_without_boundaries_stays() -> None:
    schedule = make_schedule("piecewise", 0.5, 100, [], 0)
    assert [rate(schedule, step) for step in (0, 50, 100)] == pytest.approx([0.5, 0.5, 0.5])


def test_a_cosine_rate_falls_to_nothing_at_the_end() -> None:
    # 0.4 * (1 + cos(pi * step / 60)) / 2, with cos(pi / 3) = 1/2 and cos(pi / 2) = 0.
    schedule = make_schedule("cosine", 0.4, 60, [], 0)
    assert rate(schedule, 0) == pytest.approx(0.4)
    assert rate(schedule, 20) == pytest.approx(0.3)
    assert rate(schedule, 30) == pytest.approx(0.2)
    assert rate(schedule, 40) == pytest.approx(0.1)
    assert rate(schedule, 60) == pytest.approx(0.0, abs=1e-8)


def test_a_warm_up_rises_in_a_straight_line() -> None:
    # Step n has (n + 1) / 4 of the rate, so that the first step trains too.
    schedule = make_schedule("piecewise", 0.8, 100, [], 4)
    assert [rate(schedule, step) for step in range(6)] == pytest.approx(
        [0.2, 0.4, 0.6, 0.8, 0.8, 0.8]
    )


def test_a_warm_up_may_rise_from_a_rate_of_its_own() -> None:
    # From 0.1 to 0.9 in four steps of 0.2; the first one is done at step 0.
    schedule = make_schedule("piecewise", 0.9, 100, [], 4, 0.1)
    assert [rate(schedule, step) for step in range(5)] == pytest.approx([0.3, 0.5, 0.7, 0.9, 0.9])
    again = WarmUp.from_config(schedule.get_config())
    assert rate(again, 0) == pytest.approx(0.3)


def test_a_warm_up_multiplies_the_schedule_below_it() -> None:
    # Half of the warm-up is done, and the rate is that of the boundary before it: 0.01 * 4 / 8.
    schedule = make_schedule("piecewise", 0.1, 100, [2], 8)
    assert rate(schedule, 3) == pytest.approx(0.005)


def test_without_warm_up_the_first_step_has_the_full_rate() -> None:
    assert not isinstance(make_schedule("cosine", 0.1, 10, [], 0), WarmUp)


@pytest.mark.parametrize("boundaries", [[0], [100], [50, 20], [20, 20], [-5]])
def test_boundaries_rise_within_the_run(boundaries: list[int]) -> None:
    with pytest.raises(ValueError, match="rising learning rate boundaries between 0 and 100 steps"):
        make_schedule("piecewise", 0.1, 100, boundaries, 0)


def test_a_cosine_takes_no_boundaries() -> None:
    with pytest.raises(ValueError, match=r"no boundaries for a cosine schedule, got \[50\]"):
        make_schedule("cosine", 0.1, 100, [50], 0)


def test_schedules_are_saved_with_a_model() -> None:
    schedule = make_schedule("cosine", 0.4, 60, [], 10)
    config = keras.optimizers.schedules.serialize(schedule)
    restored = keras.optimizers.schedules.deserialize(config)
    for step in (0, 5, 30, 59):
        assert rate(restored, step) == pytest.approx(rate(schedule, step))
