"""tfface.detectors.plain_yunet: YuNet behind another beginning."""

import keras
import numpy as np
import pytest

from tfface.detectors.plain_yunet import PlainYuNet
from tfface.detectors.yunet import YuNet

CHANNELS = (8, 16, 8, 8, 8)


def test_from_a_yunet_it_takes_all_from_the_stage_of_stride_8_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keras.utils.set_random_seed(0)
    student, teacher = PlainYuNet(CHANNELS), YuNet(CHANNELS)
    student.begin_with(teacher)
    begun = teacher.entry(np.ones((1, 64, 96, 3), np.float32))
    for detector in (student, teacher):
        monkeypatch.setattr(detector, "entry", lambda pixels, training=None: begun)

    own, theirs = (d.predict_points(d.feature_maps(None)) for d in (student, teacher))

    # Its score is the class score of YuNet at first, without the objectness.
    for name, of_yunet in (("scores", "classes"), ("offsets", "offsets")):
        for got, expected in zip(own[name], theirs[of_yunet], strict=True):
            np.testing.assert_array_equal(got, expected)


def test_its_stage_of_stride_8_begins_with_the_channels_of_the_yunet() -> None:
    maps = PlainYuNet(CHANNELS, depths=(1, 2)).entry(np.ones((1, 64, 96, 3), np.float32))

    assert maps.shape == (1, 8, 12, 16)


def test_from_one_of_its_kind_it_takes_everything() -> None:
    student, given = PlainYuNet(CHANNELS), PlainYuNet(CHANNELS)
    student.begin_with(given)

    picture = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3)).astype(np.float32)
    np.testing.assert_array_equal(student(picture)["scores"], given(picture)["scores"])


def test_from_one_of_other_depths_it_takes_the_convolutions_that_both_have() -> None:
    student, given = PlainYuNet(CHANNELS, depths=(0, 2)), PlainYuNet(CHANNELS, depths=(1, 1))
    student.begin_with(given)

    # Of strides 2, 4, 4, 8, 8 in the given one; the student has 2, 4, 8, 8, 8.
    for own, theirs in ((0, 0), (1, 1), (2, 3), (3, 4)):
        kernels = (
            d.convolutions[i].convolution.kernel for d, i in ((student, own), (given, theirs))
        )
        np.testing.assert_array_equal(*kernels)
    for own, theirs in zip(student.layers_behind_entry(), given.layers_behind_entry(), strict=True):
        for got, expected in zip(own.get_weights(), theirs.get_weights(), strict=True):
            np.testing.assert_array_equal(got, expected)


def test_without_a_map_of_stride_2_it_takes_what_follows_stride_4() -> None:
    student, given = PlainYuNet(CHANNELS, first_channels=0), PlainYuNet(CHANNELS)
    student.begin_with(given)

    # Of strides 4, 8, 8; the given one has 2, 4, 8, 8.
    for own, theirs in ((1, 2), (2, 3)):
        kernels = (
            d.convolutions[i].convolution.kernel for d, i in ((student, own), (given, theirs))
        )
        np.testing.assert_array_equal(*kernels)
    assert student.entry(np.ones((1, 64, 96, 3), np.float32)).shape == (1, 8, 12, 16)


def test_a_yunet_of_other_channels_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        PlainYuNet(CHANNELS).begin_with(YuNet((8, 8, 16, 16, 16)))


@pytest.mark.parametrize("other", [{"channels": (8, 8, 8, 8, 8)}, {"head_units": 2}])
def test_one_of_its_kind_that_differs_behind_its_entry_is_refused(other) -> None:
    student = PlainYuNet(CHANNELS, depths=(0, 0))
    weights = student.get_weights()

    with pytest.raises(ValueError, match=r"expected weights of PlainYuNet\(.*, got those of"):
        student.begin_with(PlainYuNet(**{"channels": CHANNELS, **other}))

    for got, expected in zip(student.get_weights(), weights, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_depths_of_two_strides() -> None:
    with pytest.raises(ValueError, match="depths of strides 4 and 8"):
        PlainYuNet(CHANNELS, depths=(1,))
