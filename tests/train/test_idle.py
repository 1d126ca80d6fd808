"""train.idle: a flag that means nothing is refused, and none that is shipped is such a one."""

from pathlib import Path

import pytest
from absl import flags

import benchmarks.distillation
import benchmarks.feature_masking
import benchmarks.group_sampling
import benchmarks.heads
import benchmarks.refineface
from train.flags import define_flags
from train.idle import RULES, idle_flags
from train.settings import changed_settings

REQUIRED = ("--output=run", "--train_records=train.tfrecord")
TEACHER = "--teacher=fbi-1"
TWO_PASS = ("--detector=GroupedFPN",)  # whose matching it is
MINING = "--mining_steps=50"

IDLE: dict[str, list[tuple[str, ...]]] = {
    # The flag that is refused is the first.
    "a --teacher": [
        ("--distillation=maps",),
        ("--label_weight=1",),
        ("--distillation_weight=30",),
        ("--beta=0",),
        ("--gamma=2",),
        ("--alpha=0.1",),
    ],
    "beside --distillation=maps": [("--label_weight=1", TEACHER)],
    "beside --distillation=threshold": [
        (flag, TEACHER, "--distillation=maps")
        for flag in ("--distillation_weight=30", "--beta=0", "--gamma=2", "--alpha=0.1")
    ],
    "--gamma or --alpha, not both": [("--gamma=2", "--alpha=0.1", TEACHER)],
    "beside --matching=compensated": [
        ("--compensation_count=1", *TWO_PASS),
        ("--compensation_threshold=0.2", *TWO_PASS),
        ("--compensation_count=1", "--matching=two_pass"),
    ],
    "--mask_levels beside it": [
        ("--mask_threshold=0.1",),
        ("--mask_threshold=0.1", "--detector=UFSSD", "--mask_levels="),
    ],
    "--warmup_steps beside it": [("--warmup_rate=0.0001",)],
    "beside --optimizer=sgd": [("--momentum=0.8", "--optimizer=adamw")],
    "beside --sampler=group or --sampler=random": [
        ("--group_samples=64",),
        ("--group_samples=64", "--sampler=ohem"),
        ("--group_samples=64", "--sampler=ohem", "--detector=GroupedFastRCNN"),
        ("--positive_fraction=0.5", "--sampler=focal"),
    ],
    "beside --sampler=ohem": [("--ohem_samples=32",), ("--ohem_samples=32", "--sampler=group")],
    "beside --sampler=hard_negatives": [
        (flag, "--sampler=focal")
        for flag in (
            *("--negative_ratio=7", "--minimum_negatives=4", MINING),
            "--initial_negative_ratio=90",
        )
    ],
    "--mining_steps beside it": [("--initial_negative_ratio=90",)],
    "--validation_records beside it": [
        ("--validate_every=2",),
        ("--validation_side=320",),
        ("--validation_pictures=9",),
    ],
    "--workers beside it": [("--worker=1",), ("--worker=1", "--strategy=multi_worker")],
}

CASES = [(given, message) for message, cases in IDLE.items() for given in cases]


@pytest.mark.parametrize(("given", "message"), CASES)
def test_a_flag_without_a_meaning_is_refused(make_flags, given, message: str) -> None:
    name = given[0][2:].partition("=")[0]
    with pytest.raises(flags.IllegalFlagValueError, match=f"{name}=.*{message}"):
        make_flags(*REQUIRED, *given)


def test_every_rule_is_tried() -> None:
    tried = {given[0][2:].split("=")[0] for given, _ in CASES}
    assert tried == {name for rule in RULES for name in rule.names}


def test_it_is_refused_in_a_file_of_flags_too(make_flags, tmp_path: Path) -> None:
    (tmp_path / "mine.flags").write_text("--optimizer=adamw\n--momentum=0.8\n")

    with pytest.raises(flags.IllegalFlagValueError, match="beside --optimizer=sgd"):
        make_flags(f"--flagfile={tmp_path / 'mine.flags'}", *REQUIRED)


@pytest.mark.parametrize(
    "given",
    [
        ("--alpha=0.1", "--beta=0", TEACHER),
        ("--label_weight=1", "--distillation=maps", TEACHER),
        ("--compensation_count=1",),
        ("--compensation_count=1", "--matching=compensated", *TWO_PASS),
        ("--warmup_rate=0.0001", "--warmup_steps=5"),
        ("--group_samples=64", "--positive_fraction=0.5", "--sampler=random"),
        ("--positive_fraction=0.5", "--sampler=ohem", "--detector=GroupedFastRCNN"),
        ("--ohem_samples=32", "--sampler=ohem"),
        ("--negative_ratio=7", "--initial_negative_ratio=90", MINING),
        ("--negative_ratio=7", "--sampler=focal", "--detector=UFSSD"),
        ("--validate_every=2", "--validation_records=held-out.tfrecord"),
        ("--worker=1", "--workers=a:1,b:1", "--strategy=multi_worker"),
    ],
)
def test_where_it_means_something_it_is_taken(make_flags, given) -> None:
    assert not idle_flags(make_flags(*REQUIRED, *given))


def test_what_the_detector_says_anyway_is_taken(make_flags) -> None:
    """As a command line does that sets back what a configuration has."""
    make_flags(*REQUIRED, "--sampler=group", "--mining_steps=0", "--negative_ratio=3")


def test_a_configuration_may_have_what_the_command_line_does_without(make_flags, tmp_path) -> None:
    path = tmp_path / "mine.flags"
    path.write_text("--negative_ratio=7\n--mining_steps=50\n--validate_every=2\n")

    assert make_flags(f"--flagfile={path}", *REQUIRED, "--sampler=focal").negative_ratio == 7
    with pytest.raises(flags.IllegalFlagValueError, match="beside --sampler=hard_negatives"):
        make_flags(f"--flagfile={path}", *REQUIRED, "--sampler=focal", "--negative_ratio", "8")


def test_what_a_run_writes_of_its_flags_is_taken_again(make_flags, tmp_path: Path) -> None:
    path = tmp_path / "flags.txt"
    values = make_flags(*REQUIRED, "--optimizer=adamw", "--alpha=0.1", TEACHER)
    path.write_text(values.flags_into_string())

    assert make_flags(f"--flagfile={path}").alpha == 0.1


def test_a_run_that_was_begun_with_one_goes_on_without(make_flags, tmp_path: Path) -> None:
    arguments = ["train.main", *REQUIRED, "--gamma=2", "--optimizer=adamw", "--momentum=0.8"]
    before = flags.FlagValues()
    define_flags(before, arguments, idle_allowed=True)
    before(arguments)
    (tmp_path / "flags.txt").write_text(before.flags_into_string())

    assert changed_settings(make_flags(*REQUIRED, "--optimizer=adamw"), tmp_path) == []
    changed = changed_settings(make_flags(*REQUIRED), tmp_path)
    assert changed == ["--optimizer=adamw, now sgd"]


STUDIES = {
    **{
        f"distillation {one.name}": one.arguments(steps=1000)
        for one in benchmarks.distillation.SETTINGS
    },
    **{f"heads {one.name}": one.arguments(steps=1000) for one in benchmarks.heads.SETTINGS},
    **{
        f"masking {one.name}": (f"--flagfile=train/configs/{one.config}.flags", *one.flags)
        for one in benchmarks.feature_masking.SETTINGS
    },
    **{
        f"sampling {one.name}": benchmarks.group_sampling.flags_of(one)
        for one in (*benchmarks.group_sampling.SETTINGS, *benchmarks.group_sampling.OF_FBI)
    },
    **{
        f"refineface {one.name}": (
            f"--flagfile={benchmarks.refineface.CONFIG}",
            *one.arguments(),
        )
        for one in benchmarks.refineface.SETTINGS
    },
}


@pytest.mark.parametrize("run", STUDIES)
def test_no_run_of_a_study_has_one(make_flags, run: str, monkeypatch) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    make_flags(*STUDIES[run], *REQUIRED)
