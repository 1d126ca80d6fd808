"""train.flags: what the command line of a run may say."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from absl import flags

import train.main
from tfface.detectors.options import constructor_options, recipe_options
from tfface.detectors.registry import detector_class
from train.flags import chosen_options, chosen_precision

CONFIGS = Path(__file__).parents[2] / "train" / "configs"
REQUIRED = ("--output=run", "--train_records=train.tfrecord")


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.flags")))
def test_every_config_is_valid(make_flags, name: str, monkeypatch) -> None:
    monkeypatch.chdir(CONFIGS.parents[1])
    flagfile = f"--flagfile={CONFIGS / name}.flags"
    assert make_flags(flagfile, *REQUIRED, *GIVEN_BESIDE.get(name, ())).output == "run"


GIVEN_BESIDE = {
    "demo": ("--steps=30", "--steps_per_epoch=30"),
    "point-faceboxes": ("--teacher=yunet-n", "--initial_weights=fbi-1"),
    "plain": ("--teacher=yunet-n.keras",),
    "plain-yunet": ("--teacher=yunet-n.keras", "--initial_weights=yunet-n.keras"),
    "yunet-n": ("--teacher=yunet-n", "--initial_weights=yunet-n"),
}
"""What some leave to the command line, as they say at their top."""


COLUMNS = {
    "-baseline": "",
    "-str": "STR",
    "-stc": "STC",
    "-rfe": "RFE",
    "-sml": "SML",
    "-fsm": "FSM",
    "-str-stc": "STR STC",
    "-str-stc-rfe": "STR STC RFE",
    "-str-stc-rfe-sml": "STR STC RFE SML",
    "": "STR STC RFE SML FSM",
    "-resnet18": "STR STC RFE SML FSM",
    "-resnet101": "STR STC RFE SML FSM",
    "-resnet152": "STR STC RFE SML FSM",
}
"""Modules of the columns of Table 1 of RefineFace, then of the other backbones of Table 9."""


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_has_its_modules(make_flags, column: str, monkeypatch) -> None:
    monkeypatch.chdir(CONFIGS.parents[1])  # they name the one that they stand on from there
    values = make_flags(f"--flagfile=train/configs/refineface-paper{column}.flags", *REQUIRED)

    network, _ = options_of(values)

    modules = {
        "STR": network["two_step_regression"] == (5, 6, 7),
        "STC": network["two_step_classification"] == (2, 3, 4),
        "RFE": network["receptive_field_enhancement"],
        "SML": network["margin"] == 15,
        "FSM": network["feature_supervision"],
    }
    assert [name for name, is_there in modules.items() if is_there] == COLUMNS[column].split()
    is_backbone = column.startswith("-resnet")
    assert network["backbone"] == (column[1:] if is_backbone else "resnet50")
    assert (values.batch_size, values.steps, values.image_size) == (32, 52390, 1024)


def test_weights_of_a_detector_and_of_its_backbone_exclude_each_other(make_flags) -> None:
    with pytest.raises(flags.IllegalFlagValueError, match="or --backbone_weights, not both"):
        make_flags(*REQUIRED, "--initial_weights=fbi-1", "--backbone_weights=imagenet")


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
        (["--image_size=0"], r"image_size=0: 0 is not an? integer in the range \[32, 4096\]"),
        (["--image_size=1000000000"], "image_size=1000000000"),
        (["--batch_size=1000000000000"], "batch_size=1000000000000"),
        (["--learning_rate=nan"], "learning_rate=nan: Expected a finite number"),
        (["--weight_decay=inf"], "weight_decay"),
        (["--width=nan"], "width=nan: Expected a finite number"),
        (["--validation_side=650"], "validation_side=650: Expected a multiple of 32"),
        (["--momentum=1"], "momentum=1.0: Expected a number below 1"),
        (["--boundaries=10,half"], "boundaries=.*: Expected whole numbers"),
        (["--jitter_minimum=3"], "--jitter_minimum above 0 and not above --jitter_maximum"),
        (["--crop_probability=1.5"], "crop_probability"),
        (["--sampler=soft"], "sampler.*hard_negatives.*all"),
        (["--width=wide"], "width"),
    ],
)
def test_values_without_sense_are_refused(make_flags, given: list[str], message: str) -> None:
    with pytest.raises(flags.IllegalFlagValueError, match=message):
        make_flags(*REQUIRED, *given)


def options_of(values: flags.FlagValues) -> tuple[dict, dict]:
    """What the command line sets of the network and of its recipe."""
    kind = detector_class(values.detector)
    options = constructor_options(kind), recipe_options(kind)
    return chosen_options(options[0], values), chosen_options(options[1], values)


def test_options_of_the_detector_are_flags(make_flags) -> None:
    arguments = ("--width=0.5", "--negative_ratio=7", "--minimum_negatives=4")

    network, recipe = options_of(make_flags(*REQUIRED, *arguments))

    assert network == {"width": 0.5}
    assert recipe == {"negative_ratio": 7.0, "minimum_negatives": 4}


@pytest.mark.parametrize("detector", ["FaceBoxes", "RefineFace", "UFSSD"])
def test_every_detector_with_anchors_has_samplers_and_losses_of_boxes(make_flags, detector) -> None:
    sampler = ("--sampler=group", "--group_samples=64", "--positive_fraction=0.5")
    given = (*sampler, "--regression_loss=least_square_iou")

    _, recipe = options_of(make_flags(*REQUIRED, f"--detector={detector}", *given))

    assert recipe == {
        "sampler": "group",
        "group_samples": 64,
        "positive_fraction": 0.5,
        "regression_loss": "least_square_iou",
    }


def test_the_sampler_has_its_former_name_too(make_flags) -> None:
    assert options_of(make_flags(*REQUIRED, "--sampling=all"))[1] == {"sampler": "all"}


def test_what_is_not_set_is_as_the_detector_says(make_flags) -> None:
    assert options_of(make_flags(*REQUIRED)) == ({}, {})


def test_a_list_is_a_tuple_of_its_type(make_flags) -> None:
    given = ("--detector=ResNetFPN", "--levels=3,4,5", "--scales=1,2.5", "--depth=50")

    network, _ = options_of(make_flags(*REQUIRED, *given))

    assert network == {"levels": (3, 4, 5), "scales": (1.0, 2.5), "depth": 50}


@pytest.mark.parametrize(("given", "levels"), [("0", (0,)), ("0,3", (0, 3)), ("", ())])
def test_masks_are_asked_for_by_level(make_flags, given: str, levels: tuple) -> None:
    masked = ("--detector=UFSSD", f"--mask_levels={given}", "--feature_enhancement")

    network, _ = options_of(make_flags(*REQUIRED, *masked, "--mask_dropout=0.1"))

    assert network == {"mask_levels": levels, "feature_enhancement": True, "mask_dropout": 0.1}


def test_a_threshold_of_masks_that_are_there_by_default(make_flags) -> None:
    network, _ = options_of(make_flags(*REQUIRED, "--detector=UFSSD", "--mask_threshold=0.1"))

    assert network == {"mask_threshold": 0.1}


def test_an_element_of_another_type_is_refused(make_flags) -> None:
    values = make_flags(*REQUIRED, "--detector=ResNetFPN", "--levels=3,fine")

    with pytest.raises(
        ValueError, match=r"--levels as ints with commas .* as 3,4,5,6,7, got 3,fine"
    ):
        options_of(values)


def test_the_help_is_the_description_and_the_default(make_flags) -> None:
    values = make_flags(*REQUIRED, "--detector=ResNetFPN")

    assert values["aspect"].help == "height of the anchors over their width. (default: 1.25)"


def test_a_file_of_flags_may_name_the_detector(make_flags, tmp_path: Path) -> None:
    (tmp_path / "mine.flags").write_text("--detector=ResNetFPN\n--depth=34\n")

    values = make_flags(f"--flagfile={tmp_path / 'mine.flags'}", *REQUIRED)

    assert options_of(values) == ({"depth": 34}, {})


@pytest.fixture
def toy_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """`toy_with(OPTION)`: `flags_toy:Toy`, a class with the options of a detector, and one more."""

    def write(option: str = "neck: str = 'none'") -> str:
        (tmp_path / "flags_toy.py").write_text(
            "from dataclasses import dataclass\n"
            "from typing import Literal\n"
            "@dataclass(frozen=True)\n"
            "class Recipe:\n"
            "    focal: bool = False\n"
            "class Toy:\n"
            "    recipe_class = Recipe\n"
            f"    def __init__(self, {option}, **kwargs):\n"
            "        pass\n"
        )
        return "--detector=flags_toy:Toy"

    monkeypatch.syspath_prepend(tmp_path)
    yield write
    sys.modules.pop("flags_toy", None)


def test_a_detector_from_outside_brings_its_own(make_flags, toy_with) -> None:
    values = make_flags(*REQUIRED, toy_with(), "--neck=long", "--focal")

    assert options_of(values) == ({"neck": "long"}, {"focal": True})
    assert "width" not in values


def parse(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> flags.FlagValues:
    values = flags.FlagValues()
    monkeypatch.setattr(train.main, "FLAGS", values)
    train.main.parse_flags(["train.main", *REQUIRED, *arguments])
    return values


def test_the_command_line_of_a_run(monkeypatch) -> None:
    values = parse(monkeypatch, "--detector=FaceBoxes", "--width=0.5")

    assert (values.output, values.detector, values.width) == ("run", "FaceBoxes", 0.5)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--detector=YOLO"], r"expected a detector \(FaceBoxes, .*or my.module:Name.*got 'YOLO'"),
        (["--detector=nowhere.toys:Toy"], r"which Python finds, got 'nowhere\.toys:Toy'"),
        (["--image_size=100"], "image_size=100: Expected a multiple of 32"),
        # FBI has no depth; what it has is listed.
        (
            ["--depth=50"],
            "'depth'.* FaceBoxesImproved has the options width, mask.*, .*_count",
        ),
        (["--detector=ResNetFPN", "--dept=50"], "'dept'.*depth.* ResNetFPN has the options depth,"),
    ],
)
def test_what_is_wrong_ends_the_program_with_what_there_is(monkeypatch, given, message) -> None:
    with pytest.raises(SystemExit, match=f"^error: .*{message}"):
        parse(monkeypatch, *given)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("sizes: dict[str, int] = {}", r"of float, int, str for 'sizes', .*got dict\[str, int\]"),
        ("width: float | None = None", r"'width', an option of Toy, which becomes a flag, got"),
        ("levels: tuple[bool, ...] = ()", r"tuple of .* for 'levels', .*got tuple\[bool"),
        ("levels: tuple = ()", "'levels'"),
        ("depth: Literal[1, 2] = 1", "a Literal of words .*'depth'"),
        ("momentum: float = 0.9", "another name for 'momentum', .*Toy: --momentum is a flag of"),
        ("focal: bool = True", "another name for 'focal', .* or of two options of the detector"),
        ("neck='none'", "an annotation and a default for 'neck'"),
    ],
)
def test_options_that_no_flag_can_be_end_the_program(
    monkeypatch, toy_with, option: str, message: str
) -> None:
    with pytest.raises(SystemExit, match=f"^error: expected .*{message}"):
        parse(monkeypatch, toy_with(option))


@pytest.mark.parametrize("other", ["fractions:Fraction", "os:getcwd", "keras:Model"])
def test_what_is_no_detector_ends_the_program(monkeypatch, other: str) -> None:
    with pytest.raises(SystemExit, match="^error: expected a"):
        parse(monkeypatch, f"--detector={other}")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--workers=a:1,b:1",), "Expected --strategy=multi_worker"),
        (("--strategy=multi_worker", "--workers=a:1,b:1", "--worker=2"), "a --worker of --workers"),
        (("--mixed_bfloat16", "--precision=mixed_float16"), "not both"),
    ],
)
def test_machines_that_make_no_sense_are_refused(make_flags, arguments, message: str) -> None:
    with pytest.raises(flags.IllegalFlagValueError, match=message):
        make_flags(*REQUIRED, *arguments)


def test_the_old_flag_of_bfloat16_is_a_precision(make_flags) -> None:
    assert chosen_precision(make_flags(*REQUIRED, "--mixed_bfloat16")) == "mixed_bfloat16"
    assert chosen_precision(make_flags(*REQUIRED)) == "float32"
