"""train.models: detectors as the flags say, before the first step."""

import numpy as np
import pytest
from keras import ops

from tests.conftest import SMALL
from tfface.detectors.options import recipe_options
from tfface.detectors.registry import DETECTORS, detector_class
from tfface.layers.prediction_head import PRIOR
from train.models import make_detector, make_distiller

REQUIRED = ("--output=run", "--train_records=train.tfrecord")

SAMPLED = [
    name
    for name in sorted(DETECTORS)
    if "sampler" in [option.name for option in recipe_options(detector_class(name))]
]


def flags_of(options: dict) -> list[str]:
    """Options of a detector on a command line."""

    def text(value) -> str:
        return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)

    return [f"--{name}={text(value)}" for name, value in options.items()]


def first_scores(values) -> np.ndarray:
    """Scores of a detector whose kernels see nothing."""
    detector = make_detector(values)
    for weight in detector.weights:
        if "kernel" in weight.name:
            weight.assign(0.0 * weight)
    outputs = detector(np.full((1, 64, 64, 3), 128, np.uint8))
    return ops.convert_to_numpy(ops.sigmoid(outputs["scores"]))


@pytest.mark.parametrize("name", SAMPLED)
def test_with_focal_loss_every_anchor_begins_with_its_prior(make_flags, name: str) -> None:
    chosen = (f"--detector={name}", *flags_of(SMALL[name]))

    scores = first_scores(make_flags(*REQUIRED, *chosen, "--sampler=focal"))

    np.testing.assert_allclose(scores, PRIOR, rtol=1e-4)


def test_given_weights_keep_their_scores(make_flags, tmp_path) -> None:
    path = tmp_path / "given.keras"
    chosen = ("--detector=FaceBoxesImproved", "--width=0.25")
    make_detector(make_flags(*REQUIRED, *chosen)).save(path)

    scores = first_scores(
        make_flags(*REQUIRED, *chosen, "--sampler=focal", f"--initial_weights={path}")
    )

    np.testing.assert_allclose(scores, 0.5, rtol=1e-4)


def test_the_scale_of_the_threshold_may_be_given(make_flags, tmp_path) -> None:
    path = tmp_path / "teacher.keras"
    values = make_flags(*REQUIRED, "--width=0.25", f"--teacher={path}", "--alpha=0.25")
    student = make_detector(values)
    student.save(path)

    assert make_distiller(student, values).threshold["alpha"] == 0.25


@pytest.mark.parametrize(
    ("detector", "losses"),
    [
        # It has the points of its teacher, whose scores and boxes it can learn too.
        ("PlainYuNet", ["features", "scores", "boxes"]),
        ("FaceBoxesImproved", ["features"]),
    ],
)
def test_maps_of_one_teacher_teach_detectors_of_all_kinds(make_flags, detector, losses) -> None:
    chosen = (f"--detector={detector}", *flags_of(SMALL[detector]))
    values = make_flags(
        *REQUIRED, *chosen, "--teacher=yunet-s", "--distillation=maps", "--label_weight=1"
    )

    imitator = make_distiller(make_detector(values), values)

    assert list(imitator.trackers)[3:] == losses
