"""Training data in the memory of an accelerator: decoded once, batches are made where they train.

A GPU trains FBI faster than a host can decode and augment JPEGs. Here the whole set, decoded, is
one array in the accelerator's memory; drawing, cutting, colouring and matching a batch is one
compiled function of the step number. JAX backend only. A set too large for the memory trains with
`tfface.data.pipeline` instead.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import jax
import jax.numpy as jnp
import numpy as np

from tfface.data.augmentation import DRAWS, FILL, INTERPOLATIONS, Augmentation
from tfface.data.records import Record, decode_picture
from tfface.data.soft_labels import draw_faces
from tfface.largest import largest_and_regions
from tfface.matching import ABSENT, FACE, IGNORED
from tfface.replicas import WHOLE, Part
from tfface.targets import MakeTargets

SIDE = 1024
"""Pixels of the long side of the pictures that are kept, unless told: WIDER FACE is as wide."""


class ResidentData:
    """Decoded pictures and their faces, as arrays on the accelerator.

    Args:
        records: what to train on.
        side: larger pictures are reduced so that their long side is this, pixels. `reduced` counts
            them; patches are of the same parts of a picture all the same.
        most_faces: faces of a training image that are matched; of more than these the smallest are
            ignored.

    Raises:
        ValueError: no records, or a picture that cannot be decoded (named).
    """

    def __init__(self, records: Iterable[Record], side: int = SIDE, most_faces: int = 128):
        with ThreadPoolExecutor() as pool:
            decoded = list(pool.map(lambda record: _decode(record, side), records))
        if not decoded:
            raise ValueError("Expected at least one training record, got none; check the paths.")
        faces = max(len(record.boxes) for _, record, _ in decoded)
        sizes = np.array([image.shape[:2] for image, _, _ in decoded], np.int32)
        reductions = np.array([factor for _, _, factor in decoded], np.float32)
        canvas = np.zeros((len(decoded), *sizes.max(axis=0), 3), np.uint8)
        boxes = np.zeros((len(decoded), faces, 4), np.float32)
        kinds = np.full((len(decoded), faces), ABSENT, np.int32)
        scores = np.ones((len(decoded), faces), np.float32)
        for index, (image, record, factor) in enumerate(decoded):
            height, width = sizes[index]
            canvas[index, :height, :width] = image
            count = len(record.boxes)
            boxes[index, :count] = record.boxes * factor
            kinds[index, :count] = np.where(record.ignored, IGNORED, FACE)
            if record.scores is not None:
                scores[index, :count] = record.scores
        self.most_faces = most_faces if faces > most_faces else None
        self.reduced = int(np.sum(reductions < 1.0))
        self._arrays = jax.device_put((canvas, sizes, boxes, kinds, scores, reductions))

    def __len__(self) -> int:
        return len(self._arrays[0])

    def batches(
        self,
        make_targets: MakeTargets,
        augmentation: Augmentation,
        batch_size: int,
        seed: int,
        first_step: int = 0,
        part: Part = WHOLE,
    ) -> Iterator[tuple]:
        """Endless batches `(images, targets)`, the same for the same seed and step.

        Of every batch of `batch_size` pictures the process makes its `part`. Every picture comes
        once before any comes again. Images are float32 `(B, size, size, 3)`,
        targets those of `make_targets` (of a detector) for that size, with a batch axis.
        """
        size = augmentation.size
        own = part.size(batch_size)
        targets = make_targets(size, size)

        def one(arrays, index, key):
            canvas, sizes, boxes, kinds, scores, reduction = (array[index] for array in arrays)
            numbers = jax.random.uniform(key, (len(DRAWS) + targets.uniform_count + 1,))
            kinds = draw_faces(kinds, scores, numbers[-1])
            draw = dict(zip(DRAWS, numbers[: len(DRAWS)], strict=True))
            patch = augmentation.patch(draw, sizes[0], sizes[1], boxes, kinds, reduction)
            fill = augmentation.fill(draw)
            image = sample_patch(canvas, sizes, patch, size, draw["interpolation"], fill)
            image = augmentation.recolour(draw, augmentation.flip(draw, image))
            image = jnp.where(augmentation.is_faceless(draw), augmentation.faceless(draw), image)
            boxes, kinds = augmentation.move_boxes(draw, patch, boxes, kinds)
            if self.most_faces is not None:
                boxes, kinds = largest_and_regions(boxes, kinds, self.most_faces)
            return image, targets(boxes, kinds, numbers[len(DRAWS) : -1])

        @jax.jit
        def batch(arrays, step):
            places = step * batch_size + part.index * own + jnp.arange(own)
            indices = _shuffled(places, len(self), seed)
            key = jax.random.key(seed)
            keys = jax.vmap(lambda place: jax.random.fold_in(key, place))(places)
            return jax.vmap(one, in_axes=(None, 0, 0))(arrays, indices, keys)

        step = first_step
        while True:
            yield batch(self._arrays, step)
            step += 1


def _decode(record: Record, side: int):
    """Pixels, the record, and the factor by which the pixels are reduced."""
    image = decode_picture(record)
    factor = side / max(image.shape[:2])
    if factor < 1.0:
        image = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        return image[:side, :side], record, factor
    return image, record, 1.0


def _shuffled(places, count: int, seed: int):
    """Picture of every place in an endless sequence of shuffled epochs."""
    key = jax.random.key(seed + 1)
    first = places[0] // count
    this, following = (
        jax.random.permutation(jax.random.fold_in(key, epoch), count)
        for epoch in (first, first + 1)
    )
    within = places % count
    return jnp.where(places // count == first, this[within], following[within])


def sample_patch(image, shape, patch, size: int, interpolation, fill=FILL):
    """The patch of an image, resized to `size` x `size`, whatever the interpolation.

    It is two products with matrices of weights, one for each axis.

    Args:
        image: `(H, W, 3)`, of which the upper left `shape` is the picture.
        shape: `(2,)` height and width of the picture.
        patch: `(3,)` x, y, side in pixels of the picture.
        size: side of the result.
        interpolation: number in 0..1 that draws one of `INTERPOLATIONS`.
        fill: `(3,)` in 0..255, the colour where the patch leaves the picture.

    Returns:
        float32 `(size, size, 3)` in 0..255.
    """
    kind = jnp.floor(interpolation * len(INTERPOLATIONS)).astype("int32")
    rows = _resampling_matrix(image.shape[0], shape[0], patch[1], patch[2], size, kind)
    columns = _resampling_matrix(image.shape[1], shape[1], patch[0], patch[2], size, kind)
    fill = jnp.asarray(fill)
    return jnp.einsum("ih,hwc,jw->ijc", rows, image - fill, columns) + fill


def _resampling_matrix(length: int, used, start, side, size: int, kind):
    """Weights `(size, length)` of the source pixels of one axis for every pixel of the result."""
    ratio = side / size
    centres = start + (jnp.arange(size) + 0.5) * ratio - 0.5
    antialiased = jnp.asarray([name in ("area", "lanczos3") for name in INTERPOLATIONS])[kind]
    support = jnp.where(antialiased, jnp.maximum(ratio, 1.0), 1.0)
    places = jnp.arange(length)
    distance = (places[None, :] - centres[:, None]) / support
    kernels = jnp.stack([_KERNELS[name](jnp.abs(distance)) for name in INTERPOLATIONS])
    weights = jnp.where(places < used, kernels[kind], 0.0)
    total = jnp.sum(weights, axis=1, keepdims=True)
    inside = (centres >= -0.5) & (centres <= used - 0.5)
    return jnp.where(inside[:, None] & (total > 1e-6), weights / jnp.maximum(total, 1e-6), 0.0)


def _box(distance):
    return jnp.where(distance <= 0.5, 1.0, 0.0)


def _triangle(distance):
    return jnp.maximum(1.0 - distance, 0.0)


def _cubic(distance):
    """Keys' kernel with a = -0.75, as in OpenCV."""
    near = (1.25 * distance - 2.25) * distance**2 + 1.0
    far = ((-0.75 * distance + 3.75) * distance - 6.0) * distance + 3.0
    return jnp.where(distance < 1.0, near, jnp.where(distance < 2.0, far, 0.0))


def _lanczos3(distance):
    return jnp.where(distance < 3.0, jnp.sinc(distance) * jnp.sinc(distance / 3.0), 0.0)


_KERNELS = {
    "nearest": _box,
    "bilinear": _triangle,
    "bicubic": _cubic,
    "area": _box,
    "lanczos3": _lanczos3,
}
