"""train.flags: what the command line of a run may say."""

from pathlib import Path

import pytest
from absl import flags

CONFIGS = Path(__file__).parents[2] / "train" / "configs"
REQUIRED = ("--output=run", "--train_records=train.tfrecord")


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.flags")))
def test_every_config_is_valid(make_flags, name: str) -> None:
    flagfile = f"--flagfile={CONFIGS / name}.flags"
    # The demo gives the length of its run on the command line.
    length = ("--steps=30", "--steps_per_epoch=30") if name == "demo" else ()
    assert make_flags(flagfile, *REQUIRED, *length).output == "run"


def test_the_defaults_are_valid(make_flags) -> None:
    values = make_flags(*REQUIRED)
    assert (values.steps, values.steps_per_epoch, values.boundaries) == (100_000, 500, [])


@pytest.mark.parametrize("missing", REQUIRED)
def test_output_and_records_are_required(make_flags, missing: str) -> None:
    name = missing.split("=")[0]
    with pytest.raises(flags.IllegalFlagValueError, match=f"{name[2:]}.*must have a value"):
        make_flags(*(flag for flag in REQUIRED if flag != missing))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--steps=50"], "Expected --steps to be a multiple of --steps_per_epoch"),
        (["--steps=1000", "--steps_per_epoch=300"], "to be a multiple of --steps_per_epoch"),
        (["--image_size=100"], "image_size=100: Expected a multiple of 32"),
        (["--image_size=0"], "image_size=0: 0 is not integer >= 32"),
        (["--validation_side=650"], "validation_side=650: Expected a multiple of 32"),
        (["--momentum=1"], "momentum=1.0: Expected a number below 1"),
        (["--boundaries=10,half"], "boundaries=.*: Expected whole numbers"),
        (["--jitter_minimum=3"], "--jitter_minimum above 0 and not above --jitter_maximum"),
        (["--crop_probability=1.5"], "crop_probability"),
        (["--detector=YOLO"], "FaceBoxes"),
    ],
)
def test_values_without_sense_are_refused(make_flags, given: list[str], message: str) -> None:
    with pytest.raises(flags.IllegalFlagValueError, match=message):
        make_flags(*REQUIRED, *given)
