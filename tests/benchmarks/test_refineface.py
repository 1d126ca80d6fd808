"""The study of RefineFace: its runs, and what is counted of them."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.refineface import SETTINGS, balance, judge, parse, runs
from benchmarks.refineface_figure import by_scale, mixed_share
from tfface.data.records import Record, serialize, write_shard
from tfface.detectors.loading import save_detector
from tfface.detectors.options import constructor_options
from tfface.detectors.refineface import RefineFace
from tfface.evaluation.wider import WiderFaces
from train.flags import chosen_options, define_options


def test_all_settings_have_run_once_before_any_runs_again() -> None:
    names = [(setting.name, seed) for setting, seed, _ in runs(parse(["train", "--records=x"]))]

    first = [(setting.name, 0) for setting in SETTINGS]
    assert names == [*first, ("baseline", 1), ("all", 1)]


def test_some_of_the_settings() -> None:
    options = parse(["measure", "--data=d", "--output=o", "--settings=+STR,+SML of faces"])

    assert [folder for *_, folder in runs(options)] == [Path("o/STR-0"), Path("o/SML-of-faces-0")]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_a_setting_has_its_modules(setting) -> None:
    from absl import flags

    values = flags.FlagValues()
    define_options(RefineFace, values)
    values(["train.main", *setting.arguments()])

    network = chosen_options(constructor_options(RefineFace), values)

    # What it does not leave out is as the detector says.
    assert len(network) == 5 - len(setting.modules)


def test_numbers_of_a_run() -> None:
    everywhere = {name: np.array([True]) for name in ("easy", "medium", "hard")}
    faces = {"a": WiderFaces(np.array([[0, 0, 99, 99]], np.float32), everywhere)}
    # 65 of the 100 columns, with the pixel that the protocol adds.
    predictions = {"a": np.array([[0, 0, 64, 99, 0.9]])}

    found = judge(predictions, faces)

    assert found["easy"] == 100
    assert [found[f"hard at {overlap}"] for overlap in (0.5, 0.6, 0.7, 0.8)] == [100, 100, 0, 0]
    assert [found[f"false at {recall} %"] for recall in (10, 30, 50, 80)] == [0] * 4


def test_scores_by_scale() -> None:
    faces = {"a": WiderFaces(np.array([[0, 0, 9, 9]], np.float32), {"hard": np.array([True])})}
    predictions = {"a": np.array([[0, 0, 9, 9, 0.5], [50, 50, 59, 90, 0.9]])}

    scales, logits, positive = by_scale(predictions, faces)

    np.testing.assert_allclose(scales, [np.sqrt(9 * 40), 9])
    np.testing.assert_allclose(logits, [np.log(9), 0], atol=1e-6)
    assert positive.tolist() == [False, True]


def test_what_the_best_threshold_has_wrong() -> None:
    scales = np.array([8.0] * 4 + [40.0] * 2)
    logits = np.array([4.0, 3.0, 2.0, 1.0, 5.0, 1.0])
    positive = np.array([True, False, True, False, True, False])

    # Of the four small ones one is wrong with any threshold; the larger two part.
    assert mixed_share(scales, logits, positive) == [0.25, 0.0, 0.0, 0.0]


def test_what_the_first_step_leaves_is_counted_in_all_files_of_a_glob(tmp_path: Path) -> None:
    _, content = cv2.imencode(".png", np.full((64, 64, 3), 90, np.uint8))
    face = np.array([[8, 8, 40, 48]], np.float32)
    record = Record("a.png", content.tobytes(), 64, 64, face, np.zeros(1, bool))
    for number in range(2):
        write_shard(tmp_path / f"train-{number}.tfrecord", [serialize(record)])
    run = tmp_path / "study" / "STC-0"
    run.mkdir(parents=True)
    detector = RefineFace(
        width=0.0625,
        filters=8,
        two_step_regression=(),
        receptive_field_enhancement=False,
        feature_supervision=False,
        margin=0,
    )
    detector.class_head.kernel.assign(0 * detector.class_head.kernel)
    detector.class_head.bias.assign(0 * detector.class_head.bias)  # unsure of every anchor
    save_detector(detector, run / "final.keras")
    arguments = ["balance", f"--output={run.parent}", f"--records={tmp_path}/train-*.tfrecord"]

    balance(parse([*arguments, "--settings=+STC", "--image_size=64", "--batches=1"]))

    found = json.loads((run / "balance.json").read_text())
    assert found["before"] == found["after"] > 0
    assert found["lost"] == 0
