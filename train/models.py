"""What is trained, as the flags say: the detector, its teacher, the optimiser."""

from typing import Any

import keras
from absl import flags

from tfface.detectors.base import Detector
from tfface.detectors.building import check_options
from tfface.detectors.loading import load_detector
from tfface.detectors.options import constructor_options, recipe_options
from tfface.detectors.registry import detector_class
from tfface.distiller import Distiller
from tfface.feature_imitator import FeatureImitator
from tfface.imitator import Imitator, have_same_points
from train import flags as run_flags
from train.moving_average import slow_statistics
from train.schedules import make_schedule


def make_detector(values: flags.FlagValues) -> Detector:
    """The detector that the flags name, with its recipe and its first weights."""
    kind = detector_class(values.detector)
    options = run_flags.chosen_options(constructor_options(kind), values)
    check_options(constructor_options(kind), options)
    detector = kind(**options)
    recipe = run_flags.chosen_options(recipe_options(kind), values)
    detector.adopt(kind.recipe_class(**recipe))
    if values.initial_weights:
        given = load_detector(values.initial_weights)
        try:
            detector.begin_with(given)
        except ValueError as error:
            raise ValueError(
                f"--initial_weights={values.initial_weights}: {error}. Change --detector and its "
                "options, or the weights."
            ) from error
        return detector
    detector.begin_anew()
    if values.backbone_weights != "none":
        detector.load_backbone(values.backbone_weights)
    return detector


def make_distiller(student: Detector, values: flags.FlagValues) -> Distiller | FeatureImitator:
    """The student with the teacher that the flags name."""
    teacher = load_detector(values.teacher)
    if values.distillation == "maps":
        kind = Imitator if have_same_points(student, teacher) else FeatureImitator
        return kind(student, teacher, values.label_weight)
    return Distiller(
        student,
        teacher,
        values.distillation_weight,
        values.beta,
        values.gamma,
        values.alpha,
    )


def compile_model(model: keras.Model, values: flags.FlagValues) -> None:
    """Gives the model SGD as in Caffe, or AdamW.

    In Caffe weight decay is a part of the gradient, so momentum multiplies it by
    1 / (1 - momentum).
    """
    settings: dict[str, Any] = {
        "learning_rate": make_schedule(
            values.schedule,
            values.learning_rate,
            values.steps,
            [int(boundary) for boundary in values.boundaries],
            values.warmup_steps,
            values.warmup_rate,
        ),
        "global_clipnorm": values.clip_norm,
        "use_ema": values.ema_momentum > 0,
        # Keras averages at every step, also where the weights wait for the gradients of others.
        "ema_momentum": values.ema_momentum ** (1.0 / values.gradient_accumulation_steps),
        # Keras wants 2 or more, or none.
        "gradient_accumulation_steps": values.gradient_accumulation_steps
        if values.gradient_accumulation_steps > 1
        else None,
    }
    if values.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(weight_decay=values.weight_decay, **settings)
    else:
        optimizer = keras.optimizers.SGD(
            momentum=values.momentum,
            weight_decay=values.weight_decay / (1.0 - values.momentum) or None,
            **settings,
        )
    if optimizer.weight_decay:
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    slow_statistics(model, values.ema_momentum)
    model.compile(optimizer=optimizer, jit_compile=values.jit_compile)
