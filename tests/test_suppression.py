"""tfface.suppression: greedy suppression of fixed shapes, inside a compiled step."""

import numpy as np
import pytest

from tfface.nms import non_max_suppression
from tfface.suppression import TILE, first_kept


def random_boxes(count: int, span: float) -> np.ndarray:
    generator = np.random.default_rng(0)
    corners = generator.uniform(0, span, (3, count, 2))
    sides = generator.uniform(5, 25, (3, count, 2))
    return np.concatenate([corners, corners + sides], -1).astype(np.float32)


@pytest.mark.parametrize("iou_threshold", [0.3, 0.7])
@pytest.mark.parametrize("boxes", [60, TILE, 3 * TILE + 10], ids="{} boxes".format)
@pytest.mark.parametrize("wanted", [1, 20, 400])
def test_the_first_of_what_the_greedy_suppression_keeps(
    iou_threshold: float, boxes: int, wanted: int
) -> None:
    pictures = random_boxes(boxes, span=120)

    kept, there = (np.asarray(array) for array in first_kept(pictures, wanted, iou_threshold))

    assert kept.shape == there.shape == (3, wanted)
    scores = np.linspace(1, 0, boxes)
    for of_picture, indices, mask in zip(pictures, kept, there, strict=True):
        expected = non_max_suppression(of_picture, scores, iou_threshold)[:wanted]
        assert indices[mask].tolist() == expected.tolist()
        assert mask.tolist() == [place < len(expected) for place in range(wanted)]
        assert not indices[~mask].any()


def test_a_chain_is_settled_link_by_link() -> None:
    # Each box overlaps its neighbours alone: the first drops the second, so the third stays.
    chain = np.array([[[x, 0, x + 10, 10] for x in range(0, 45, 5)]], np.float32)

    kept, there = first_kept(chain, 6, 0.3)

    assert np.asarray(kept)[0].tolist() == [0, 2, 4, 6, 8, 0]
    assert np.asarray(there)[0].tolist() == [True] * 5 + [False]


def test_a_chain_goes_on_from_tile_to_tile() -> None:
    count = 2 * TILE + 1
    chain = np.array([[[x, 0, x + 10, 10] for x in range(0, 5 * count, 5)]], np.float32)

    kept, there = first_kept(chain, count, 0.3)

    assert np.asarray(kept)[0][np.asarray(there)[0]].tolist() == list(range(0, count, 2))
