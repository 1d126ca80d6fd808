"""Learning rates: Keras' own schedules, with a warm-up where they have none."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfface")
class WarmUp(keras.optimizers.schedules.LearningRateSchedule):
    """Rises in a straight line to what another schedule says, within the first `steps` steps."""

    def __init__(self, schedule, steps: int):
        self.schedule = schedule
        self.steps = steps

    def __call__(self, step):
        progress = (ops.cast(step, "float32") + 1.0) / max(self.steps, 1)
        return ops.minimum(progress, 1.0) * self.schedule(step)

    def get_config(self):
        return {
            "schedule": keras.optimizers.schedules.serialize(self.schedule),
            "steps": self.steps,
        }

    @classmethod
    def from_config(cls, config):
        schedule = keras.optimizers.schedules.deserialize(config["schedule"])
        return cls(schedule, config["steps"])


def make_schedule(
    kind: str, learning_rate: float, steps: int, boundaries: list[int], warmup_steps: int
):
    """The learning rate of a run.

    Args:
        kind: "piecewise" (a tenth at each of `boundaries`) or "cosine" (to 0 at the last step).
        learning_rate: the highest.
        steps: length of the run.
        boundaries: steps, rising; only for "piecewise".
        warmup_steps: 0 for none.

    Raises:
        ValueError: boundaries that do not rise, lie outside the run or do not belong to the kind.
    """
    if boundaries != sorted(set(boundaries)) or any(not 0 < b < steps for b in boundaries):
        raise ValueError(
            f"Expected rising learning rate boundaries between 0 and {steps} steps, got {boundaries}."
        )
    if kind == "cosine":
        if boundaries:
            raise ValueError(f"A cosine schedule has no boundaries, got {boundaries}.")
        schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    else:
        rates = [learning_rate * 0.1**index for index in range(len(boundaries) + 1)]
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay(boundaries, rates)
    return WarmUp(schedule, warmup_steps) if warmup_steps else schedule
