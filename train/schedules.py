"""Learning rates: Keras' own schedules, with a warm-up where they have none."""

from typing import Any, Self

import keras
from keras import ops
from keras.optimizers.schedules import LearningRateSchedule


@keras.saving.register_keras_serializable(package="tfface")
class WarmUp(LearningRateSchedule):
    """Rises in a straight line to what another schedule says, within the first `steps` steps.

    Args:
        schedule: what it rises to.
        steps: 1 or more; step `steps - 1` is the first with the full rate.
        first: the rate that it rises from.
    """

    def __init__(self, schedule: LearningRateSchedule, steps: int, first: float = 0.0):
        self.schedule = schedule
        self.steps = steps
        self.first = first

    def __call__(self, step: Any) -> Any:
        progress = ops.minimum((ops.cast(step, "float32") + 1.0) / self.steps, 1.0)
        return (1.0 - progress) * self.first + progress * self.schedule(step)

    def get_config(self) -> dict[str, Any]:
        return {
            "schedule": keras.optimizers.schedules.serialize(self.schedule),
            "steps": self.steps,
            "first": self.first,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        schedule = keras.optimizers.schedules.deserialize(config["schedule"])
        return cls(schedule, config["steps"], config["first"])


def make_schedule(
    kind: str,
    learning_rate: float,
    steps: int,
    boundaries: list[int],
    warmup_steps: int,
    warmup_rate: float = 0.0,
) -> LearningRateSchedule:
    """The learning rate of a run.

    Args:
        kind: "piecewise" (a tenth after each of `boundaries`) or "cosine" (to 0 at the last step).
        learning_rate: the highest.
        steps: length of the run.
        boundaries: steps, rising; only for "piecewise".
        warmup_steps: 0 for none.
        warmup_rate: that of the first step, nearly.

    Raises:
        ValueError: boundaries that do not rise, lie outside the run or do not belong to the kind.
    """
    if boundaries != sorted(set(boundaries)) or any(not 0 < b < steps for b in boundaries):
        raise ValueError(
            f"Expected rising learning rate boundaries between 0 and {steps} steps, "
            f"got {boundaries}."
        )
    if kind == "cosine":
        if boundaries:
            raise ValueError(
                f"Expected no boundaries for a cosine schedule, got {boundaries}; "
                "take the piecewise schedule or leave them out."
            )
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    else:
        # Keras wants one boundary at least; the end of the run is one without effect.
        rates = [learning_rate * 0.1**index for index in range(len(boundaries) + 2)]
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([*boundaries, steps], rates)
    return WarmUp(schedule, warmup_steps, warmup_rate) if warmup_steps else schedule
