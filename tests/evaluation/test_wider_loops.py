"""`tfface.evaluation.wider` against a second implementation, in the loops of the official tool."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfface.evaluation.wider import SETTINGS, WiderFaces, evaluate_wider


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_agrees_with_the_loops_of_the_official_tool(seed):
    generator = np.random.default_rng(seed)
    predictions, ground_truth = {}, {}
    for index in range(4):
        name = f"{index}.jpg"
        corners = generator.integers(0, 30, (generator.integers(0, 5), 2))
        boxes = np.concatenate([corners, corners + generator.integers(8, 20, corners.shape)], 1)
        counted = {setting: generator.random(len(boxes)) < 0.7 for setting in SETTINGS}
        ground_truth[name] = WiderFaces(boxes.astype(np.float32), counted)
        # Detections near faces, so that some find them, others are duplicates or miss.
        near = np.repeat(boxes, 3, axis=0) + generator.integers(-4, 5, (3 * len(boxes), 4))
        scores = generator.integers(0, 40, (len(near), 1)) / 50
        predictions[name] = np.concatenate([near, scores], axis=1)
    for setting, curve in evaluate_wider(predictions, ground_truth).items():
        expected = naive_average_precision(predictions, ground_truth, setting)
        if np.isnan(expected):
            assert np.isnan(curve.average_precision)
        else:
            assert curve.average_precision == pytest.approx(expected, abs=1e-12)


def naive_average_precision(predictions, ground_truth, setting):
    """Average precision of one setting; nan without faces to find."""
    scores = [row[4] for rows in predictions.values() for row in rows]
    smallest, largest = (min(scores), max(scores)) if scores else (0.0, 1.0)
    proposals_at, found_at = [0] * 1000, [0] * 1000
    faces_to_find = 0
    for name, faces in ground_truth.items():
        counted = faces.counted[setting]
        faces_to_find += sum(counted)
        rows = sorted(predictions.get(name, []), key=lambda row: -row[4])
        if len(rows) == 0 or len(faces.boxes) == 0:
            continue
        state = [0] * len(faces.boxes)
        is_proposal, found_so_far = [], []
        for row in rows:
            overlap = [_overlap(row, box) for box in faces.boxes]
            best = overlap.index(max(overlap))
            proposal = 1
            if overlap[best] >= 0.5:
                if not counted[best]:
                    state[best] = proposal = -1
                elif state[best] == 0:
                    state[best] = 1
            is_proposal.append(proposal)
            found_so_far.append(state.count(1))
        normalised = [
            (row[4] - smallest) / (largest - smallest) if largest > smallest else 1.0
            for row in rows
        ]
        for index in range(1000):
            reached = [i for i, s in enumerate(normalised) if s >= 1 - (index + 1) / 1000]
            if reached:
                proposals_at[index] += is_proposal[: reached[-1] + 1].count(1)
                found_at[index] += found_so_far[reached[-1]]
    if faces_to_find == 0:
        return np.nan
    recall = [0.0, *(found / faces_to_find for found in found_at), 1.0]
    counts = zip(found_at, proposals_at, strict=True)
    precision = [0.0, *(found / all_ if all_ else 0.0 for found, all_ in counts), 0.0]
    for index in reversed(range(len(precision) - 1)):
        precision[index] = max(precision[index], precision[index + 1])
    return sum((recall[i] - recall[i - 1]) * precision[i] for i in range(1, len(recall)))


def _overlap(box, other):
    width = min(box[2], other[2]) - max(box[0], other[0]) + 1
    height = min(box[3], other[3]) - max(box[1], other[1]) + 1
    if width <= 0 or height <= 0:
        return 0.0
    area = (box[2] - box[0] + 1) * (box[3] - box[1] + 1)
    other_area = (other[2] - other[0] + 1) * (other[3] - other[1] + 1)
    return width * height / (area + other_area - width * height)
