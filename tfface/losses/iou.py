"""Losses of whole boxes by their overlap, not of their edges one by one."""

from typing import Literal

from keras import ops

IoULoss = Literal["iou", "giou", "diou", "ciou", "eiou"]

_SMALL = 1e-6


def overlap(boxes, others):
    """Intersection over union of boxes `(..., 4)` with others `(..., 4)`: `(...)` in 0..1.

    0 where both have no area; a negative side counts as 0.
    """
    width, height = _shared(boxes, others)
    intersection = width * height
    union = _area(boxes) + _area(others) - intersection
    return intersection / (union + _SMALL)


def iou_loss(boxes, faces, kind: IoULoss = "eiou"):
    """`1 - IoU`, and what a kind adds to it where the boxes do not agree.

    - `iou`: nothing; without a gradient where the boxes do not touch;
    - `giou`: the part of the enclosing box that is neither of them (arXiv:1902.09630, equation 3);
    - `diou`: the squared distance of the centres over the squared diagonal of the enclosing box
      (arXiv:1911.08287, equation 7);
    - `ciou`: DIoU's, and a term of the aspects (ibid., equations 8 to 11);
    - `eiou`: DIoU's, and the squared differences of width and height over those of the enclosing
      box (arXiv:2101.08158, equation 5). YuNet's EIoU is another, the extended IoU.

    Args:
        boxes: predicted `(..., 4)`, pixels.
        faces: `(..., 4)`.
        kind: one of the above.

    Returns:
        float32 `(...)`, finite with finite gradients for any boxes, also without area.

    Raises:
        ValueError: another kind.
    """
    missing = loss = 1.0 - overlap(boxes, faces)
    if kind == "iou":
        return loss
    wide, high = _enclosing(boxes, faces)
    if kind == "giou":
        enclosing = wide * high + _SMALL
        width, height = _shared(boxes, faces)
        union = _area(boxes) + _area(faces) - width * height
        return loss + (enclosing - union) / enclosing
    centres = 0.5 * (boxes[..., :2] + boxes[..., 2:] - faces[..., :2] - faces[..., 2:])
    diagonal = ops.square(wide) + ops.square(high) + _SMALL
    loss = loss + ops.sum(ops.square(centres), axis=-1) / diagonal
    if kind == "diou":
        return loss
    (width, height), (face_width, face_height) = _sides(boxes), _sides(faces)
    if kind == "eiou":
        loss = loss + ops.square(width - face_width) / (ops.square(wide) + _SMALL)
        return loss + ops.square(height - face_height) / (ops.square(high) + _SMALL)
    if kind == "ciou":
        angles = ops.arctan2(face_width, face_height + _SMALL) - ops.arctan2(width, height + _SMALL)
        aspects = 0.4052847345693511 * ops.square(angles)  # 4 / pi ** 2
        # The weight is a constant to the gradient (ibid., section 3.3).
        weight = ops.stop_gradient(aspects / (missing + aspects + _SMALL))
        return loss + weight * aspects
    raise ValueError(f"expected a loss of iou, giou, diou, ciou or eiou, got {kind!r}")


def _sides(boxes):
    return ops.relu(boxes[..., 2] - boxes[..., 0]), ops.relu(boxes[..., 3] - boxes[..., 1])


def _area(boxes):
    width, height = _sides(boxes)
    return width * height


def _shared(boxes, others):
    """Width and height of the intersection."""
    low = ops.maximum(boxes[..., :2], others[..., :2])
    sides = ops.relu(ops.minimum(boxes[..., 2:], others[..., 2:]) - low)
    return sides[..., 0], sides[..., 1]


def _enclosing(boxes, others):
    """Width and height of the box around both."""
    low = ops.minimum(boxes[..., :2], others[..., :2])
    sides = ops.maximum(boxes[..., 2:], others[..., 2:]) - low
    return sides[..., 0], sides[..., 1]
