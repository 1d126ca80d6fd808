"""The contract of every detector: what it takes and gives, trained, run and converted."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from tfface.anchors import AnchorLevel, anchors_at
from tfface.boxes import VARIANCES, decode
from tfface.detectors.building import build_within_limits, check_options
from tfface.detectors.inference_graphs import InferenceGraphs
from tfface.detectors.options import constructor_options
from tfface.detectors.train_step import TrainStep
from tfface.predict import suppression
from tfface.predict.selection import Selection
from tfface.predict.signature import check_finite
from tfface.targets import Targets


class Detector(TrainStep):
    """A picture in; for every anchor out the logit of a face, and what its box is decoded from.

    Call arguments:
        images: `(B, H, W, 3)` RGB in 0..255, uint8 or float; H and W multiples of
            `stride_multiple`.

    Returns:
        With A anchors, in the order of `tfface.anchors.grid_anchors`: `scores` `(B, A)`, logits,
        and every one of `box_outputs` `(B, A, 4)`, float32. In training also what the losses need.

    A detector is a subclass that is registered with Keras and listed in
    `tfface.detectors.registry`. It sets `anchor_levels` before it calls this constructor, builds
    its layers, ends its constructor with `self.build_symbolically()`, and writes `inference_maps`,
    `make_targets` and `compute_losses`. The annotated keywords of its constructor are its options:
    each is an attribute of the same name, a part of its configuration, and a flag of `train.main`.

    Attributes:
        anchor_levels: where its anchors sit.
        stride_multiple: sides of its input are multiples of it.
        pixel_mean: RGB, subtracted from the picture.
        box_variances: scales of the box offsets, see `tfface.boxes.encode`.
        box_outputs: names of the outputs that `decode` needs.
        loss_names: what `compute_losses` returns; a detector whose losses depend on its options
            sets it before it calls this constructor.
        rescores_candidates: whether `candidates` judges boxes once more, by scores of its own;
            those of a call are then proposals.
        learns_from_maps: whether its losses need no more than `feature_maps(pixels, training)`, one
            map a level, of which `outputs_of(maps, targets)` makes what `training_outputs` returns.
        selection: which of its boxes are faces, where nothing else is asked for.
        recipe: how it is trained, a frozen dataclass of type `recipe_class`, whose fields are flags
            of `train.main` too.
    """

    stride_multiple: ClassVar[int] = 32
    pixel_mean: ClassVar[tuple[float, ...]] = (123.0, 117.0, 104.0)
    box_variances: ClassVar[tuple[float, ...]] = VARIANCES
    box_outputs: ClassVar[tuple[str, ...]] = ("offsets",)
    loss_names: tuple[str, ...] = ()
    rescores_candidates: ClassVar[bool] = False
    learns_from_maps: ClassVar[bool] = False
    selection: ClassVar[Selection] = Selection()
    recipe_class: ClassVar[Any]

    def __init__(self, anchor_levels: Sequence[AnchorLevel], **kwargs):
        super().__init__(self.loss_names, **kwargs)
        self.anchor_levels = tuple(anchor_levels)
        self.recipe = self.recipe_class()

    def adopt(self, recipe: Any) -> None:
        """Trains by `recipe`, a `recipe_class`, from now on."""
        self.recipe = recipe

    def build_symbolically(self) -> None:
        """Creates all weights: a detector can be saved and loaded before it saw a picture.

        Raises:
            ValueError: they are more than `tfface.detectors.building.MAX_PARAMETERS`.
        """
        build_within_limits(self, keras.Input((128, 128, 3)))

    @classmethod
    def from_config(cls, config, custom_objects=None):
        check_options(constructor_options(cls), config)
        return super().from_config(config, custom_objects)

    def get_config(self):
        options = {option.name: getattr(self, option.name) for option in constructor_options(self)}
        return {"name": self.name, **options}

    def normalize(self, images):
        """Pictures as the network takes them: of its float type, without the mean."""
        images = ops.cast(images, self.compute_dtype)
        return images - ops.array(self.pixel_mean, self.compute_dtype)

    def inference_maps(self, pixels) -> dict:
        """The network alone, in inference mode, traced once for pictures of every size.

        Args:
            pixels: `(B, H, W, 3)` of `normalize`.

        Returns:
            One map a level: `scores`, or what `join` makes them of, `(B, rows, columns, n)`, and
            every one of `box_outputs` `(B, rows, columns, 4 n)`, for n anchors a cell. Made
            inside `keras.name_scope` of `SCORES_SCOPE` and `OFFSETS_SCOPE`.
        """
        raise NotImplementedError(f"{type(self).__name__} must return maps of scores and offsets.")

    def call(self, images, training=None):
        return self.join(self.inference_maps(self.normalize(images)))

    def join(self, maps: dict) -> dict:
        """The outputs of a call, of the maps of `inference_maps`."""
        return join_levels(maps, self.anchor_levels)

    def decode(self, outputs, anchors):
        """Boxes `(..., 4)` in pixels of `outputs`, each `(..., 4)`, at their anchors `(..., 4)`."""
        return decode(outputs["offsets"], anchors, self.box_variances)

    def candidates(self, outputs, height, width, limit: int) -> tuple:
        """The surest boxes of every picture, before suppression.

        Args:
            outputs: `scores` and `box_outputs`, as `call` returns them.
            height, width: of the pictures in pixels.
            limit: the most boxes of a picture.

        Returns:
            Logits `(B, K)`, falling, and boxes `(B, K, 4)` in pixels, not cut to the picture.
        """
        limit = at_most(limit, ops.shape(outputs["scores"])[1])
        scores, indices = ops.top_k(outputs["scores"], limit)
        return scores, self.boxes_at(indices, outputs, height, width)

    def boxes_at(self, indices, outputs, height, width):
        """Boxes `(B, K, 4)` in pixels of the anchors with the numbers `indices`, int32 `(B, K)`."""
        chosen = {name: take_rows(outputs[name], indices) for name in self.box_outputs}
        return self.decode(chosen, anchors_at(indices, self.anchor_levels, height, width))

    def make_targets(self, height: int, width: int) -> Targets:
        """What the detector learns from pictures of that size, made in the data stage.

        Returns:
            A function `(boxes, kinds, uniform) -> targets` of one picture: see `tfface.targets`.
        """
        raise NotImplementedError(f"{type(self).__name__} must say what it learns from.")

    def rescale_scores(self, scale: float, shift: float) -> None:
        """Makes `scale * (logit - shift)` of every face logit, for good: in the heads' weights."""
        raise NotImplementedError(f"{type(self).__name__} must rescale its heads.")

    def begin_with(self, given: "Detector") -> None:
        """Takes the weights of a trained detector.

        Raises:
            ValueError: it has another architecture.
        """
        if given.architecture() != self.architecture():
            raise ValueError(
                f"expected weights of {self.architecture()}, got those of {given.architecture()}"
            )
        pairs = zip(self.inference_weights(), given.inference_weights(), strict=True)
        for variable, value in pairs:
            variable.assign(value)

    def architecture(self) -> str:
        """All that decides the shapes of the weights, as `FaceBoxesImproved(width=1.0)`."""
        config = {name: value for name, value in self.inference_config().items() if name != "name"}
        settings = ", ".join(f"{name}={value}" for name, value in sorted(config.items()))
        return f"{type(self).__name__}({settings})"

    def begin_anew(self) -> None:
        """Changes first weights, none of which are given, as the adopted recipe needs them."""

    def load_backbone(self, source: str) -> None:
        """Gives the backbone weights of another task: see `tfface.backbones.pretrained`."""
        raise ValueError(
            f"expected a detector on a ResNet, such as RefineFace, for weights of {source}, got "
            f"{type(self).__name__}"
        )

    def inference_config(self) -> dict:
        """The configuration of the same detector without what only training uses."""
        return self.get_config()

    def inference_weights(self) -> list:
        """The variables that inference needs: those of a detector of `inference_config`."""
        return self.weights

    def pad(self, image: np.ndarray) -> np.ndarray:
        """A picture `(H, W, 3)`, float32, black below and right up to `stride_multiple`."""
        height, width = image.shape[:2]
        multiple = self.stride_multiple
        padding = ((0, -height % multiple), (0, -width % multiple), (0, 0))
        return np.pad(np.asarray(image, "float32"), padding)

    def predict_boxes(
        self,
        image: np.ndarray,
        score_threshold: float = 0.05,
        iou_threshold: float | None = None,
        candidates: int | None = None,
        max_detections: int | None = None,
    ):
        """Faces of one picture.

        Args:
            image: `(H, W, 3)` RGB in 0..255, of any size.
            score_threshold: candidates below it are dropped.
            iou_threshold: overlap above which the lower of two candidates is dropped.
            candidates: the most candidates that enter non-maximum suppression.
            max_detections: the most faces. None means, of all three, as `selection` says.

        Returns:
            boxes float32 `(n, 4)` in pixels of the picture and scores float32 `(n,)` in falling
            order.
        """
        padded = self.pad(image)
        height, width = padded.shape[:2]
        outputs = self.graphs.outputs(padded[None])
        limits = iou_threshold, candidates, max_detections
        return self.faces_of(outputs, height, width, score_threshold, *limits)

    def faces_of(
        self,
        outputs,
        height: int,
        width: int,
        score_threshold: float,
        iou_threshold: float | None = None,
        candidates: int | None = None,
        max_detections: int | None = None,
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `predict_boxes`, of what `graphs.outputs` gave for a padded picture of that size.

        Raises:
            tfface.predict.runtime.ModelError: scores that are no numbers.
        """
        limit = candidates or self.selection.candidates
        logits, boxes = self.graphs.candidates(outputs, height, width, limit)
        check_finite(type(self).__name__, scores=ops.convert_to_numpy(logits))
        (faces,) = self._kept(logits, boxes, score_threshold, iou_threshold, max_detections)
        return faces

    @cached_property
    def graphs(self) -> InferenceGraphs:
        """The network and its candidates, as `predict_boxes` runs them."""
        return InferenceGraphs(self)

    def select(
        self, outputs, height: int, width: int, score_threshold: float
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Boxes and scores of every picture, as `predict_boxes` returns them, from `outputs`."""
        limit = self.selection.candidates
        logits, boxes = self.candidates(outputs, height, width, limit)
        return self._kept(logits, boxes, score_threshold)

    def _kept(
        self,
        logits,
        boxes,
        score_threshold: float,
        iou_threshold: float | None = None,
        max_detections: int | None = None,
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """What suppression leaves of the candidates of every picture."""
        overlap = self.selection.iou_threshold if iou_threshold is None else iou_threshold
        limit = max_detections or self.selection.max_detections
        return [
            suppression.suppress(*of_one, score_threshold, overlap, limit)
            for of_one in zip(
                ops.convert_to_numpy(boxes), ops.convert_to_numpy(logits), strict=True
            )
        ]


def join_levels(maps: dict, levels: Sequence[AnchorLevel]) -> dict:
    """The maps of all levels as one output: `(B, A)` of one channel an anchor, else `(B, A, k)`."""

    def joined(of_levels):
        values = of_levels[0].shape[-1] // levels[0].anchors_per_cell
        return concatenate([flat(level, values) for level in of_levels])

    return {name: joined(of_levels) for name, of_levels in maps.items()}


def flat(level, values: int = 1):
    """A map `(B, rows, columns, n * values)` as `(B, rows * columns * n, values)`; `(B, ...)` of
    one value."""
    shape = () if values == 1 else (values,)
    return ops.reshape(level, (ops.shape(level)[0], -1, *shape))


def concatenate(levels: Sequence):
    """Levels `(B, n, ...)` one after the other, four at a time: XNNPACK takes no more than five."""
    while len(levels) > 1:
        levels = [
            ops.concatenate(levels[first : first + 4], axis=1) for first in range(0, len(levels), 4)
        ]
    return levels[0]


def at_most(limit: int, count):
    """The smaller of `limit` and a count that may be known only when the graph runs."""
    return min(limit, count) if isinstance(count, int) else ops.minimum(limit, count)


def take_rows(values, indices):
    """`values` `(B, A, n)` at `indices` `(B, K)`: `(B, K, n)`."""
    if values.shape[0] == 1:  # a plain gather, which runs everywhere
        return ops.take(ops.squeeze(values, 0), ops.squeeze(indices, 0), axis=0)[None]
    return ops.take_along_axis(values, indices[..., None], axis=1)
