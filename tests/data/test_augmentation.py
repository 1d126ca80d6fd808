"""Augmentation of one picture: patches, boxes, colours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keras import ops

from tfface.data.augmentation import DRAWS, FILL, Augmentation
from tfface.matching import ABSENT, FACE, IGNORED

CROP, JITTER, EXPANSION = 0.3, 0.9, 0.55
"""Draws of `mode` that give each kind with the probabilities 0.5, 0.4 and 0.1 of the defaults."""

KEEP = {"flip": 1.0, "distort": 1.0, "grey": 1.0}
"""Draws above every probability: nothing of it happens."""


def draw(**numbers: float) -> dict:
    """All draws at a half, those of `KEEP`, and the given ones."""
    values = {**dict.fromkeys(DRAWS, 0.5), **KEEP, **numbers}
    return {name: ops.array(value, "float32") for name, value in values.items()}


def patch(
    augmentation: Augmentation, numbers: dict, height: int, width: int, boxes, kinds=None
) -> tuple[float, float, float]:
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    kinds = np.full(len(boxes), FACE, np.int32) if kinds is None else np.array(kinds, np.int32)
    x, y, side = np.asarray(augmentation.patch(numbers, height, width, boxes, kinds)).tolist()
    return x, y, side


def move(augmentation: Augmentation, numbers: dict, where, boxes, kinds=None):
    boxes = np.array(boxes, np.float32).reshape(-1, 4)
    kinds = np.full(len(boxes), FACE, np.int32) if kinds is None else np.array(kinds, np.int32)
    moved = augmentation.move_boxes(numbers, np.array(where, np.float32), boxes, kinds)
    return tuple(np.asarray(array).tolist() for array in moved)


@pytest.mark.parametrize(
    ("probabilities", "hundredths"),
    [
        # Crops of the whole short side (one in five), smaller ones, expansions, jitter.
        ({}, (10, 40, 10, 40)),  # 0.5, of which a fifth; 0.1; the rest
        ({"crop_probability": 1.0, "expansion_probability": 0.0}, (20, 80, 0, 0)),
        ({"crop_probability": 1.0, "whole_crop_probability": 0.5}, (50, 50, 0, 0)),
        ({"crop_probability": 0.25, "expansion_probability": 0.75}, (5, 20, 75, 0)),
        ({"crop_probability": 0.0, "expansion_probability": 0.0}, (0, 0, 0, 100)),
    ],
)
def test_shares_of_the_kinds_of_patches(probabilities: dict, hundredths: tuple) -> None:
    # With the smallest scale every kind has a side of its own.
    kinds = {100: "whole", 30: "crop", 150: "expansion", 1280: "jitter"}
    augmentation = Augmentation(**probabilities)

    sides = [
        patch(augmentation, draw(mode=(i + 0.5) / 100, scale=0.0), 100, 150, [])[2]
        for i in range(100)
    ]

    assert tuple(sides.count(side) for side in kinds) == hundredths


@pytest.mark.parametrize(
    ("mode", "scale", "side"),
    [
        (CROP, 0.0, 30),  # 0.3 of the short side of 100
        (CROP, 1.0, 100),
        (EXPANSION, 0.0, 150),  # the long side
        (EXPANSION, 1.0, 300),  # twice the long side
        (JITTER, 0.0, 1280),  # 512 / 0.4
        (JITTER, 1.0, 256),  # 512 / 2
    ],
)
def test_sides_of_patches(mode: float, scale: float, side: float) -> None:
    assert patch(Augmentation(), draw(mode=mode, scale=scale), 100, 150, [])[2] == side


@pytest.mark.parametrize("mode", [CROP, JITTER, EXPANSION])
def test_of_a_reduced_picture_the_same_part_is_cut(mode: float) -> None:
    numbers, face = draw(mode=mode, scale=0.4, x=0.3, y=0.7), np.array([[20, 40, 60, 80]])
    kinds = np.array([FACE])

    whole = Augmentation().patch(numbers, 200, 300, face.astype(np.float32), kinds)
    half = Augmentation().patch(numbers, 100, 150, face.astype(np.float32) / 2, kinds, 0.5)

    # To a whole pixel of the reduced one.
    np.testing.assert_allclose(np.asarray(whole) / 2, half, atol=1)


@pytest.mark.parametrize(("canvas", "side"), [(0.0, 100), (0.5, 150), (1.0, 200)])
def test_crops_of_a_canvas_around_the_picture(canvas: float, side: float) -> None:
    augmentation = Augmentation(
        crop_probability=1.0, whole_crop_probability=1.0, crop_canvas_maximum=2.0
    )

    found = patch(augmentation, draw(canvas=canvas), 100, 150, [])

    # The whole short side of a canvas of 1 to 2 times as large a picture, all of which is inside.
    assert found[2] == side
    assert found[1] <= 0 and found[1] + side >= 100


@given(
    st.fixed_dictionaries({name: st.floats(0, 1, exclude_max=True, width=32) for name in DRAWS}),
    st.tuples(st.integers(0, 79), st.integers(0, 59), st.integers(1, 60), st.integers(1, 60)),
)
def test_a_patch_has_the_face_and_stays_inside_where_it_fits(numbers, place) -> None:
    height, width = 90, 120
    left, top, box_width, box_height = place
    right, bottom = min(left + box_width, width), min(top + box_height, height)

    x, y, side = patch(Augmentation(), draw(**numbers), height, width, [[left, top, right, bottom]])

    assert (x, y, side) == (int(x), int(y), int(side))
    for start, low, high, length in ((x, left, right, width), (y, top, bottom, height)):
        if side <= length:
            assert 0 <= start <= length - side
        else:
            assert length - side <= start + 1 and start <= 0
        # The corner is rounded down to a whole pixel.
        if high - low <= side:
            assert start <= low and high <= start + side + 1
        else:
            assert start <= (low + high) / 2 <= start + side + 1


@pytest.mark.parametrize("boxes", [[], [[40, 40, 60, 60]]], ids=["empty", "ignored"])
@pytest.mark.parametrize(
    ("numbers", "side", "ends"),
    [
        ({"mode": CROP, "scale": 0.0}, 30, ((0, 70), (0, 120))),
        ({"mode": CROP, "scale": 1.0}, 100, ((0, 0), (0, 50))),
        # A canvas of twice the long side: the picture lies anywhere in it.
        ({"mode": EXPANSION, "scale": 1.0}, 300, ((-200, 0), (-150, 0))),
    ],
)
def test_without_a_face_the_patch_is_anywhere(numbers: dict, side: int, ends, boxes) -> None:
    (top, bottom), (left, right) = ends
    kinds = [IGNORED] * len(boxes)

    first = patch(Augmentation(), draw(**numbers, x=0.0, y=0.0), 100, 150, boxes, kinds)
    last = patch(Augmentation(), draw(**numbers, x=1.0, y=1.0), 100, 150, boxes, kinds)

    assert (first, last) == ((left, top, side), (right, bottom, side))


def test_only_faces_are_drawn() -> None:
    # The face at the right is the one of three boxes that may be drawn.
    boxes = [[0, 0, 10, 10], [190, 0, 200, 10], [0, 0, 10, 10]]
    numbers = draw(mode=CROP, scale=0.0, face=0.99)

    x, _, side = patch(Augmentation(), numbers, 100, 200, boxes, [IGNORED, FACE, ABSENT])

    assert x <= 190 and x + side >= 200


def test_all_faces_are_drawn_with_the_same_probability() -> None:
    boxes = [[20 * i, 0, 20 * i + 10, 10] for i in range(4)]
    augmentation = Augmentation(crop_minimum=0.1)
    # Patches of 10 pixels, as large as the faces: each is one face.
    drawn = [
        patch(augmentation, draw(mode=CROP, scale=0.0, face=(i + 0.5) / 8), 100, 200, boxes)[0]
        for i in range(8)
    ]

    assert drawn == [0, 0, 20, 20, 40, 40, 60, 60]


def test_boxes_move_with_the_patch_and_its_scale() -> None:
    # The patch at (10, 20) is doubled: (30, 24) is 20 and 4 pixels in it, now 40 and 8.
    boxes, kinds = move(Augmentation(size=128), draw(), (10, 20, 64), [[30, 24, 40, 44]])

    assert (boxes, kinds) == ([[40, 8, 60, 48]], [FACE])


def test_a_flip_mirrors_boxes() -> None:
    boxes, _ = move(Augmentation(size=128), draw(flip=0.0), (0, 0, 128), [[30, 24, 40, 44]])

    assert boxes == [[88, 24, 98, 44]]


def test_a_face_stays_while_its_centre_does_and_is_cut() -> None:
    # Centres at 1, -1 and exactly 0.
    faces = [[-10, 50, 12, 70], [-12, 50, 10, 70], [-10, 50, 10, 70]]

    boxes, kinds = move(Augmentation(size=128), draw(), (0, 0, 128), faces)

    assert kinds == [FACE, ABSENT, FACE]
    assert boxes[0] == [0, 50, 12, 70]


def test_a_face_that_became_too_small_is_ignored() -> None:
    # Halved, longer sides of 8, 10 and 12 become 4, 5 and 6; below 5 is too small.
    faces = [[20, 20, 28, 24], [20, 20, 30, 24], [20, 20, 24, 32]]

    _, kinds = move(Augmentation(size=64, minimum_face=5.0), draw(), (0, 0, 128), faces)

    assert kinds == [IGNORED, FACE, FACE]


def test_what_is_no_face_never_becomes_one() -> None:
    boxes = [[20, 20, 60, 60], [20, 20, 60, 60], [500, 500, 510, 510]]

    _, kinds = move(Augmentation(), draw(), (0, 0, 512), boxes, [IGNORED, ABSENT, IGNORED])

    assert kinds == [IGNORED, ABSENT, IGNORED]


@pytest.mark.parametrize(
    ("box", "cut"),
    [
        ([-700, -500, 1300, 1000], [0, 0, 512, 512]),  # a crowd, all around the image
        ([-300, 100, 20, 200], [0, 100, 20, 200]),  # its centre is beside the image
        ([500, 500, 900, 900], [500, 500, 512, 512]),
    ],
)
def test_what_is_ignored_stays_so_while_any_of_it_is_seen(box: list, cut: list) -> None:
    boxes, kinds = move(Augmentation(size=512), draw(), (0, 0, 512), [box], [IGNORED])

    assert (boxes, kinds) == ([cut], [IGNORED])
    assert move(Augmentation(), draw(), (0, 0, 512), [box], [FACE])[1] == [ABSENT]
    nothing = draw(faceless=0.0), (0, 0, 512), [box], [IGNORED]
    assert move(Augmentation(faceless_probability=0.5), *nothing)[1] == [ABSENT]


def test_what_is_ignored_and_beside_the_image_is_gone() -> None:
    beside = [[-100, 0, 0, 50], [512, 0, 600, 50], [0, -90, 50, -10], [0, 0, 0, 0]]

    _, kinds = move(Augmentation(), draw(), (0, 0, 512), beside, [IGNORED] * 4)

    assert kinds == [ABSENT] * 4


@pytest.fixture
def colours() -> np.ndarray:
    """Colours in the middle of the range, so that nothing is cut off."""
    generator = np.random.default_rng(0)
    return generator.uniform(90, 150, (4, 6, 3)).astype(np.float32)


def test_flips_mirror_columns(colours: np.ndarray) -> None:
    augmentation = Augmentation()

    np.testing.assert_array_equal(augmentation.flip(draw(flip=0.0), colours), colours[:, ::-1])
    np.testing.assert_array_equal(augmentation.flip(draw(flip=0.9), colours), colours)


def test_colours_stay_when_nothing_is_drawn(colours: np.ndarray) -> None:
    numbers = draw(brightness=0.9, hue=0.1)

    assert not Augmentation().distorts(numbers)
    # The matrices of YIQ are rounded to three digits.
    np.testing.assert_allclose(Augmentation().recolour(numbers, colours), colours, atol=0.5)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"brightness": 1.0}, lambda x: x + 32),
        ({"brightness": 0.0}, lambda x: x - 32),
        ({"contrast": 1.0}, lambda x: 1.5 * x),
        ({"contrast": 0.0}, lambda x: 0.5 * x),
    ],
)
def test_brightness_and_contrast(colours: np.ndarray, changes: dict, expected) -> None:
    # At a half every distortion is neutral.
    numbers = draw(distort=0.0, **changes)

    assert Augmentation().distorts(numbers)
    got = Augmentation().recolour(numbers, colours)
    np.testing.assert_allclose(got, np.clip(expected(colours), 0, 255), atol=0.75)


@pytest.mark.parametrize("changes", [{"saturation": 1.0}, {"saturation": 0.0}, {"hue": 1.0}])
def test_saturation_and_hue_keep_the_luminance(colours: np.ndarray, changes: dict) -> None:
    weights = np.array([0.299, 0.587, 0.114])

    got = np.asarray(Augmentation().recolour(draw(distort=0.0, **changes), colours))

    np.testing.assert_allclose(got @ weights, colours @ weights, atol=0.5)
    assert np.max(np.abs(got - colours)) > 3


def test_grey_pictures_have_one_channel_in_three(colours: np.ndarray) -> None:
    got = np.asarray(Augmentation().recolour(draw(grey=0.0), colours))

    assert Augmentation().distorts(draw(grey=0.0))
    assert np.max(np.ptp(got, axis=-1)) < 0.5


@given(st.fixed_dictionaries({name: st.floats(0, 1, exclude_max=True, width=32) for name in DRAWS}))
def test_colours_stay_in_range(numbers) -> None:
    corners = np.array([[[r, g, b] for r in (0, 255) for g in (0, 255)] for b in (0, 255)])

    got = np.asarray(Augmentation().recolour(draw(**numbers), corners.astype(np.float32)))

    assert got.min() >= 0 and got.max() <= 255


@pytest.mark.parametrize(("scale", "side"), [(0.0, 12), (1.0, 56), (0.5, 26)])
def test_a_closeup_is_a_part_of_a_face(scale: float, side: float) -> None:
    # 0.15 and 0.7 of the longer side of 80; between them evenly in octaves: 80 x sqrt(0.105).
    numbers = draw(closeup=0.19, scale=scale, x=0.5, y=0.5)

    x, y, got = patch(
        Augmentation(closeup_probability=0.2), numbers, 300, 400, [[90, 60, 150, 140]]
    )

    assert got == side
    assert (x, y) == (120 - side / 2, 100 - side / 2)


def test_above_its_probability_there_is_no_closeup() -> None:
    boxes = [[90, 60, 150, 140]]
    numbers = draw(closeup=0.2, mode=CROP, scale=1.0)

    assert patch(Augmentation(closeup_probability=0.2), numbers, 300, 400, boxes)[2] == 300


def test_a_face_of_which_little_is_seen_is_ignored_and_less_is_background() -> None:
    # An image of 64 pixels in the middle of faces of 80, 100, 120 and 140: it shows 64%, 41%, 28%
    # and 21% of them. Below 50% it is ignored, below 25% gone.
    faces = [[32 - side / 2] * 2 + [32 + side / 2] * 2 for side in (80, 100, 120, 140)]

    boxes, kinds = move(Augmentation(size=64, minimum_visible=0.5), draw(), (0, 0, 64), faces)

    assert kinds == [FACE, IGNORED, IGNORED, ABSENT]
    assert boxes == [[0, 0, 64, 64]] * 4


def test_a_picture_of_nothing_has_no_faces() -> None:
    augmentation = Augmentation(faceless_probability=0.3)
    faces = [[20, 20, 60, 60], [80, 80, 120, 120]]

    assert move(augmentation, draw(faceless=0.29), (0, 0, 512), faces)[1] == [ABSENT, ABSENT]
    assert move(augmentation, draw(faceless=0.3), (0, 0, 512), faces)[1] == [FACE, FACE]


def test_beside_the_picture_is_the_mean_or_what_is_drawn() -> None:
    augmentation = Augmentation(fill_probability=0.4)
    green = {"fill": 0.9, "fill_red": 0.0, "fill_green": 1.0, "fill_blue": 0.2}

    np.testing.assert_array_equal(augmentation.fill(draw(fills=0.4, **green)), FILL)
    np.testing.assert_allclose(augmentation.fill(draw(fills=0.39, **green)), [0, 255, 51])
    np.testing.assert_array_equal(augmentation.fill(draw(fills=0.39, fill=0.1)), [0, 0, 0])


def test_by_default_there_are_pictures_only() -> None:
    smallest = draw(closeup=0.0, fills=0.0, faceless=0.0)

    assert not Augmentation().is_faceless(smallest)
    np.testing.assert_array_equal(Augmentation().fill(smallest), FILL)


@pytest.mark.parametrize(("draw", "factor"), [(0.0, 0.25), (0.13, 0.5), (0.5, 1.25), (1.0, 2.0)])
def test_jitter_by_steps_has_few_factors(draw: float, factor: float) -> None:
    # 0.25 n with n from 1 to 8: an eighth of the draws each. The patch is 64 pixels by the factor.
    augmentation = Augmentation(
        64,
        crop_probability=0.0,
        expansion_probability=0.0,
        jitter_minimum=0.25,
        jitter_maximum=2.0,
        jitter_step=0.25,
    )
    draws = {name: np.float32(0.5) for name in DRAWS} | {"scale": np.float32(draw)}

    patch = augmentation.patch(draws, 100, 100, np.zeros((0, 4), np.float32), np.zeros(0, np.int32))

    assert float(patch[2]) == round(64 / factor)
