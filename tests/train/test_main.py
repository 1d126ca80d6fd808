"""train.main: a run of a tiny detector from its flags to its files."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from absl import app, flags
from keras import ops

import train.main
from tfface.detectors.anchor_detector import AnchorDetector
from tfface.detectors.faceboxes import FaceBoxes
from tfface.detectors.loading import load_detector
from tfface.locking import folder_for_one
from train.batches import make_batches, matching_files
from train.checkpoints import Checkpoints
from train.models import compile_model, make_detector


@pytest.fixture
def give_flags(run_arguments, make_flags, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`give_flags("--steps=4", ...)` changes flags of the tiny run and returns its new folder."""

    def give(*arguments: str) -> Path:
        values: flags.FlagValues = make_flags(
            f"--output={tmp_path / 'run'}", *run_arguments, *arguments
        )
        monkeypatch.setattr(train.main, "FLAGS", values)
        return tmp_path / "run"

    return give


def test_the_trained_detector_can_be_loaded(finished_run: Path, TinyDetector) -> None:
    detector = keras.models.load_model(finished_run / "final.keras", compile=False)
    assert type(detector) is TinyDetector
    assert detector.width == 0.5
    boxes, scores = detector.predict_boxes(np.zeros((40, 50, 3), np.uint8))
    assert boxes.shape == (len(scores), 4)


def test_training_lowers_the_loss(finished_run: Path, read_curves) -> None:
    loss = read_curves(finished_run)["train/loss"]
    assert list(loss) == list(range(2, 25, 2))
    means = list(loss.values())
    # Of two steps each: one with a picture of nothing, which no positive divides, stands out.
    assert np.median(means[-3:]) < 0.9 * np.median(means[:3])


def test_every_loss_has_a_curve(finished_run: Path, read_curves) -> None:
    curves = read_curves(finished_run)
    assert {tag for tag in curves if tag.startswith("train/")} == {
        "train/loss",
        "train/classification",
        "train/regression",
        "train/learning_rate",
    }
    for step, loss in curves["train/loss"].items():
        parts = curves["train/classification"][step] + curves["train/regression"][step]
        assert loss == pytest.approx(parts, rel=1e-4)


def test_validation_comes_every_fifth_epoch_and_after_the_last(
    finished_run: Path, read_curves
) -> None:
    assert list(read_curves(finished_run)["validation/hard"]) == [10, 20, 24]
    assert (finished_run / "best.keras").exists()


def test_a_finished_run_has_its_flags_and_newest_states(finished_run: Path) -> None:
    assert Checkpoints(finished_run / "checkpoints").steps() == [22, 24]
    assert "--seed=3\n" in (finished_run / "flags.txt").read_text()


def test_a_finished_run_can_be_started_again(finished_run: Path, give_flags) -> None:
    output = give_flags()
    shutil.copytree(finished_run / "checkpoints", output / "checkpoints")
    train.main.main(["train.main"])
    weights, again = (
        keras.models.load_model(run / "final.keras", compile=False).get_weights()
        for run in (finished_run, output)
    )
    for weight, same in zip(weights, again, strict=True):
        np.testing.assert_array_equal(same, weight)


def test_a_run_that_went_on_without_a_validation_stands_for_its_last_weights(
    finished_run: Path, run_arguments, make_flags, monkeypatch, tmp_path: Path
) -> None:
    output = tmp_path / "run"
    shutil.copytree(finished_run, output)
    assert_same_weights(load_detector(output), load_detector(output / "best.keras"))
    others = [flag for flag in run_arguments if not flag.startswith("--valid")]
    longer = make_flags(f"--output={output}", *others, "--steps=26")
    monkeypatch.setattr(train.main, "FLAGS", longer)

    train.main.main(["train.main"])

    assert_same_weights(load_detector(output), load_detector(output / "final.keras"))


def assert_same_weights(detector: keras.Model, expected: keras.Model) -> None:
    for weight, other in zip(detector.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, other)


def test_a_run_with_a_teacher_goes_on(finished_run: Path, give_flags, tmp_path: Path) -> None:
    """From its first state, as a kill would leave it; what it leaves is a detector like any."""
    teacher = f"--teacher={finished_run / 'final.keras'}"
    whole = give_flags(teacher, "--steps=4", "--validate_every=9", "--ema_momentum=0")
    train.main.main(["train.main"])
    final = keras.models.load_model(whole / "final.keras", compile=False)
    state = whole / "checkpoints" / "step-00000002.weights.h5"

    output = tmp_path / "again"
    (output / "checkpoints").mkdir(parents=True)
    shutil.copy(state, output / "checkpoints")
    give_flags(teacher, "--steps=4", "--validate_every=9", "--ema_momentum=0", f"--output={output}")
    train.main.main(["train.main"])

    again = keras.models.load_model(output / "final.keras", compile=False)
    for weight, expected in zip(again.get_weights(), final.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=1e-3, atol=1e-4)
    # The state is that of a distiller; the detector in it can be converted.
    converted = load_detector(str(whole / "checkpoints" / "step-00000004.weights.h5"))
    for weight, expected in zip(converted.get_weights(), final.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_a_shorter_run_than_before_is_refused(finished_run: Path, give_flags) -> None:
    output = give_flags("--steps=8")
    shutil.copytree(finished_run / "checkpoints", output / "checkpoints")
    with pytest.raises(SystemExit, match="is at step 24 already, beyond --steps=8"):
        train.main.main(["train.main"])


def test_ctrl_c_before_the_first_step(give_flags, monkeypatch, capsys) -> None:
    """While data is read, for example: there is nothing to save, and no traceback to read."""

    def interrupt(*arguments) -> None:
        raise KeyboardInterrupt

    give_flags()
    monkeypatch.setattr(train.main, "make_batches", interrupt)
    monkeypatch.setattr("sys.argv", ["main.py", "--output=my run"])
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    with pytest.raises(SystemExit) as caught:
        train.main.main(["train.main"])
    assert caught.value.code == 130
    message = capsys.readouterr().err
    assert "Stopped before a step was done." in message
    assert "    python -m train.main '--output=my run'\n" in message


def test_how_to_go_on_under_another_backend(monkeypatch) -> None:
    monkeypatch.setattr("sys.argv", ["main.py", "--seed=1"])
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    message = train.main.how_to_go_on(Path("run/checkpoints/step-00000007.weights.h5"))
    assert "The newest state is run/checkpoints/step-00000007.weights.h5." in message
    assert "    KERAS_BACKEND=jax python -m train.main --seed=1\n" in message


def test_another_network_than_before_is_refused(finished_run: Path, give_flags) -> None:
    output = give_flags("--width=1")
    shutil.copytree(finished_run / "checkpoints", output / "checkpoints")
    with pytest.raises(SystemExit, match="step-00000024.weights.h5 does not fit this run"):
        train.main.main(["train.main"])
    assert not (output / "flags.txt").exists()


def test_initial_weights_are_those_of_the_file(finished_run: Path, give_flags) -> None:
    give_flags(f"--initial_weights={finished_run / 'final.keras'}")
    given = keras.models.load_model(finished_run / "final.keras", compile=False)
    detector = make_detector(train.main.FLAGS)
    for weight, expected in zip(detector.get_weights(), given.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, expected)


def test_initial_weights_of_another_width_are_refused(finished_run: Path, give_flags) -> None:
    give_flags("--width=1", f"--initial_weights={finished_run / 'final.keras'}")
    with pytest.raises(ValueError, match=r"Tiny.*width=1.0\), got .*Tiny.*width=0.5\)"):
        make_detector(train.main.FLAGS)


def test_initial_weights_of_another_detector_are_refused(tmp_path: Path, give_flags) -> None:
    FaceBoxes(width=0.5).save(tmp_path / "other.keras")
    give_flags(f"--initial_weights={tmp_path / 'other.keras'}")
    with pytest.raises(ValueError, match=r"TinyDetector.*, got .*FaceBoxes\(.*width=0.5\)"):
        make_detector(train.main.FLAGS)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            ["--initial_weights=unknown"],
            "expected a preset .*, a .keras file, .* got 'unknown'",
        ),
        (
            ["--teacher=unknown"],
            "expected a preset .*, a .keras file, .* got 'unknown'",
        ),
        (["--train_records=missing-*"], r"No file matches 'missing-\*'"),
        (["--validation_records=missing-*"], r"No file matches 'missing-\*'"),
        (["--detector=FaceBoxes", "--width=0.3"], "width multiplier 0.3"),
        (["--schedule=piecewise", "--boundaries=3,1"], "rising learning rate boundaries"),
        (["--boundaries=1"], "no boundaries for a cosine"),
    ],
)
def test_wrong_flags_end_the_run_before_it_writes(
    give_flags, given: list[str], message: str
) -> None:
    output = give_flags(*given)
    with pytest.raises(SystemExit, match=message):
        train.main.main(["train.main"])
    assert not output.exists()


def test_only_flags_are_taken() -> None:
    with pytest.raises(app.UsageError, match="Expected only flags, got .'fbi-1'."):
        train.main.main(["train.main", "fbi-1"])


def test_only_kernels_decay(give_flags) -> None:
    # Caffe's decay is part of the gradient: 0.0005 / (1 - 0.9) = 0.005 of Keras' decoupled one.
    give_flags("--weight_decay=0.0005", "--momentum=0.9")
    detector = make_detector(train.main.FLAGS)
    compile_model(detector, train.main.FLAGS)
    optimizer = detector.optimizer
    assert optimizer.weight_decay == pytest.approx(0.005)
    for variable in detector.trainable_variables:
        decays = optimizer._use_weight_decay(variable)
        assert decays == (variable.path.rsplit("/")[-1] == "kernel"), variable.path


def test_a_loss_that_is_not_finite_ends_the_run_with_its_batch(give_flags, monkeypatch) -> None:
    compute_losses = AnchorDetector.compute_losses

    def spoilt(self, images, targets, outputs, step):
        losses = compute_losses(self, images, targets, outputs, step)
        bad = ops.where(step == 3, np.nan, 0.0)
        return losses | {"regression": losses["regression"] + bad}

    monkeypatch.setattr(AnchorDetector, "compute_losses", spoilt)
    output = give_flags("--steps=8")
    with pytest.raises(SystemExit, match="The loss of step 3, or its gradient, .* Its batch is in"):
        train.main.main(["train.main"])

    saved = np.load(output / "not-finite-step-3.npz")
    values = train.main.FLAGS
    files = matching_files(values.train_records)
    detector = make_detector(values)
    batches = iter(make_batches(detector, files, values)(0))
    for _ in range(3):
        next(batches)
    images, targets = next(batches)
    np.testing.assert_array_equal(saved["images"], np.asarray(images))
    np.testing.assert_array_equal(saved["labels"], np.asarray(targets["labels"]))
    np.testing.assert_array_equal(saved["offsets"], np.asarray(targets["offsets"]))
    # The newest state is from before that step, and the run has no final weights.
    assert Checkpoints(output / "checkpoints").steps() == [2]
    assert not (output / "final.keras").exists()


@pytest.fixture
def begun(finished_run: Path, tmp_path: Path) -> Path:
    """A run that is at its end, where the flags of `give_flags` write to."""
    shutil.copytree(finished_run, tmp_path / "run")
    return tmp_path / "run"


def test_other_settings_than_it_was_begun_with_are_named_and_refused(begun, give_flags) -> None:
    give_flags("--seed=9", "--batch_size=3", "--steps=26")
    with pytest.raises(
        SystemExit, match="begun with --batch_size=2, now 3; --seed=3, now 9. .*--allow_changes"
    ):
        train.main.main(["train.main"])


def test_other_settings_may_be_allowed(begun, give_flags) -> None:
    give_flags("--seed=9", "--allow_changes")
    train.main.main(["train.main"])
    assert "--seed=9" in (begun / "flags.txt").read_text()


def test_a_run_folder_is_for_one_run(begun, give_flags) -> None:
    give_flags()
    with (
        folder_for_one(begun, "training"),
        pytest.raises(SystemExit, match="another training is at work; wait for it, or choose"),
    ):
        train.main.main(["train.main"])


def test_a_damaged_shard_is_named(records: Path, give_flags, tmp_path: Path) -> None:
    content = bytearray(records.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "damaged.tfrecord").write_bytes(content)
    give_flags(f"--train_records={tmp_path}/damaged.tfrecord", "--steps=4")
    with pytest.raises(SystemExit, match=r"damaged\.tfrecord: damaged record at byte \d+"):
        train.main.main(["train.main"])


def test_a_file_as_output_folder_is_one_line(give_flags, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    give_flags(f"--output={tmp_path / 'file'}")
    with pytest.raises(SystemExit, match=r"^\nerror: .*file: File exists$"):
        train.main.main(["train.main"])
