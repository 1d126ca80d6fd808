"""From a picture to its faces: at one size, with a second look, or in several views."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tfface.nms import non_max_suppression
from tfface.predict.close_faces import (
    CONFIDENT,
    SECOND_LONG_SIDE,
    SUSPECT_SCORE,
    join_looks,
    needs_second_look,
)
from tfface.predict.placement import place
from tfface.predict.runtime import Faces, Runtime
from tfface.predict.signature import check_finite
from tfface.predict.suppression import IOU_THRESHOLD
from tfface.predict.view import View
from tfface.rgb import Image
from tfface.voting import vote


def search(runtime: Runtime, image: Image, threshold: float, long_side: int | None) -> Faces:
    """The faces of `image` `(H, W, 3)` at one size, as `tfface.predict.placement.place` takes it.

    Returns:
        Boxes `(n, 4)` in pixels of `image`, cut to it, and scores `(n,)` from the threshold on, in
        any order.

    Raises:
        tfface.predict.runtime.ModelError: the detector fails, or gives no numbers.
    """
    placement = place(image.shape[:2], long_side, runtime.fixed_size)
    boxes, scores = runtime.run(placement.apply(image))
    check_finite("the detector", scores=scores)
    confident = scores >= threshold
    check_finite("the detector", boxes=boxes[confident])
    boxes, scores = placement.to_picture(boxes[confident]), scores[confident]
    # A box in the padding has no area once it is cut.
    visible = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return boxes[visible], scores[visible]


def search_twice(runtime: Runtime, image: Image, threshold: float) -> Faces:
    """As `search` at the default size, with a second look where faces may fill the picture.

    The threshold leaves out faces and changes no other: what is suspect does not depend on it,
    unless the detector itself gives no boxes below a higher score than `SUSPECT_SCORE`.
    """
    placement = place(image.shape[:2], None, runtime.fixed_size)
    # Once for both looks: most of the time of a photograph goes into making it smaller.
    reduced = replace(placement, input=placement.scaled).apply(image)
    longer = max(placement.scaled)
    found = search(runtime, reduced, min(threshold, SUSPECT_SCORE), None)
    if runtime.fixed_size is None and needs_second_look(found, longer):
        second = search(runtime, reduced, min(threshold, CONFIDENT), SECOND_LONG_SIDE)
        found = join_looks(found, second, longer)
    boxes, scores = found
    return placement.to_picture(boxes[scores >= threshold]), scores[scores >= threshold]


def search_views(runtime: Runtime, image: Image, threshold: float, views: Sequence[View]) -> Faces:
    """The faces of all views of a picture; where several see one, their boxes vote on it.

    Only those that see it as the surest one does: a face is rarely found the wrong way up, and its
    box is then off.
    """
    found = []
    for view in views:
        boxes, scores = search(runtime, view.cut(image), threshold, view.long_side)
        boxes = view.to_picture(boxes)
        whole = view.has_whole(boxes, image.shape[:2])
        found.append((boxes[whole], scores[whole], np.full(whole.sum(), view.turns)))
    boxes, scores, turns = (np.concatenate(each) for each in zip(*found, strict=True))
    if len(views) == 1:
        return boxes, scores
    kept = non_max_suppression(boxes, scores, IOU_THRESHOLD)
    joined = boxes[kept]
    for turn in np.unique(turns[kept]):
        (alike,) = np.nonzero(turns == turn)
        here = turns[kept] == turn
        joined[here] = vote(boxes[alike], scores[alike], np.searchsorted(alike, kept[here]))
    return joined, scores[kept]
