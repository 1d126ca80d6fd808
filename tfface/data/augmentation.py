"""Augmentation of one picture: the random decisions, what they do to the boxes, and the colours.

All randomness of a picture is one vector of uniform numbers. So the same functions run inside
tf.data and inside a compiled step on an accelerator, and a run that starts at step N sees what an
uninterrupted one sees.
"""

from dataclasses import dataclass

from keras import ops

from tfface.boxes import area, clip
from tfface.data.faceless import FACELESS_DRAWS, faceless_image, plain_colour
from tfface.matching import ABSENT, FACE, IGNORED

DRAWS = (
    "mode",
    "scale",
    "face",
    "x",
    "y",
    "flip",
    "interpolation",
    "distort",
    "brightness",
    "contrast",
    "saturation",
    "hue",
    "grey",
    "closeup",
    "fills",
    "faceless",
    *FACELESS_DRAWS,
    "canvas",
)
"""Names of the uniform numbers in 0..1 that decide the augmentation of one picture."""

FILL = (123.0, 117.0, 104.0)
"""Colour outside the picture, unless another is drawn: the mean that the detector subtracts."""

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "area", "lanczos3")


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a training picture.

    A square patch of the picture becomes the training image. One of three kinds is drawn:

    - crop: a square of `crop_minimum`..1 of the short side, or exactly 1 (FaceBoxes,
      arXiv:1708.05234, section 3.4: one of five); of a canvas that is up to `crop_canvas_maximum`
      times as large as the picture in it (RefineFace, section 3.6: 2, and one of two);
    - jitter: the picture is scaled by a factor between `jitter_minimum` and `jitter_maximum`,
      evenly in octaves; or by one of the multiples of `jitter_step` from the one to the other, all
      alike probable (group sampling, section 5: 0.25 n, n from 1 to 8);
    - expansion: the picture lies in a canvas up to `expansion_maximum` times its long side (SSD,
      arXiv:1512.02325).

    Instead of these a close-up may be drawn: a part of a face, `closeup_minimum`..
    `closeup_maximum` of its longer side, as a detector sees the middle of a portrait of many
    pixels. And instead of the picture one of nothing (`tfface.data.faceless`).

    Attributes:
        size: side of the training image, pixels.
        crop_probability, expansion_probability: the rest is jitter.
        whole_crop_probability: of a crop, that it is exactly of the short side.
        flip_probability, distortion_probability, grey_probability: of each.
        closeup_probability, faceless_probability: of each.
        fill_probability: that outside the picture there is a plain colour, mostly black, and not
            the mean: bars beside a video, the padding of a detector's input.
        minimum_face: faces whose longer side has become smaller, in pixels of the training image,
            are ignored.
        minimum_visible: faces of whose area less is in the training image are ignored; those with
            less than half of that, which are larger than the image, are background.
    """

    size: int = 512
    crop_probability: float = 0.5
    crop_minimum: float = 0.3
    whole_crop_probability: float = 0.2
    crop_canvas_maximum: float = 1.0
    expansion_probability: float = 0.1
    expansion_maximum: float = 2.0
    jitter_minimum: float = 0.4
    jitter_maximum: float = 2.0
    jitter_step: float = 0.0
    flip_probability: float = 0.5
    distortion_probability: float = 0.5
    grey_probability: float = 0.05
    closeup_probability: float = 0.0
    closeup_minimum: float = 0.15
    closeup_maximum: float = 0.7
    fill_probability: float = 0.0
    faceless_probability: float = 0.0
    minimum_face: float = 5.0
    minimum_visible: float = 0.5

    def patch(self, draw, height, width, boxes, kinds, reduction=1.0):
        """The square to cut out of the picture.

        A face is drawn too, and the patch placed so that it has that face; inside the picture where
        it fits. Without a face it may be anywhere there.

        Args:
            draw: the uniform numbers by name, scalars.
            height, width: of the picture, pixels.
            boxes: `(n, 4)`; kinds: `(n,)`.
            reduction: the factor by which the picture has been reduced, at most 1: jitter is of
                what it was.

        Returns:
            float32 `(3,)`, whole numbers: x and y of the upper left corner and the side, in pixels
            of the picture. The patch may reach beyond the picture.
        """
        height, width = ops.cast(height, "float32"), ops.cast(width, "float32")
        x_min, y_min, x_max, y_max = self._drawn_face(draw["face"], height, width, boxes, kinds)
        part = self.closeup_minimum * ops.power(
            self.closeup_maximum / self.closeup_minimum, draw["scale"]
        )
        side = ops.where(
            draw["closeup"] < self.closeup_probability,
            part * ops.maximum(x_max - x_min, y_max - y_min),
            self._patch_side(draw, height, width, reduction),
        )
        side = ops.maximum(ops.round(side), 4.0)
        any_face = ops.any(kinds == FACE)
        x = self._place(draw["x"], side, width, x_min, x_max, any_face)
        y = self._place(draw["y"], side, height, y_min, y_max, any_face)
        return ops.stack([ops.floor(x), ops.floor(y), side])

    def _patch_side(self, draw, height, width, reduction):
        scale = draw["scale"]
        short, long = ops.minimum(height, width), ops.maximum(height, width)
        mode = draw["mode"]
        fraction = self.crop_minimum + (1.0 - self.crop_minimum) * scale
        whole = mode < self.whole_crop_probability * self.crop_probability
        canvas = 1.0 + (self.crop_canvas_maximum - 1.0) * draw["canvas"]
        crop = short * canvas * ops.where(whole, 1.0, fraction)
        expansion = long * (1.0 + (self.expansion_maximum - 1.0) * scale)
        jitter = reduction * self.size / self._jitter_factor(scale)
        chosen = ops.where(
            mode < self.crop_probability + self.expansion_probability, expansion, jitter
        )
        return ops.where(mode < self.crop_probability, crop, chosen)

    def _jitter_factor(self, scale):
        if self.jitter_step:
            first, last = (
                round(bound / self.jitter_step)
                for bound in (self.jitter_minimum, self.jitter_maximum)
            )
            drawn = ops.floor(scale * (last - first + 1))
            return self.jitter_step * (first + ops.minimum(drawn, last - first))
        octaves = self.jitter_maximum / self.jitter_minimum
        return self.jitter_minimum * ops.power(octaves, scale)

    @staticmethod
    def _drawn_face(draw, height, width, boxes, kinds):
        """One of the faces, all alike probable; the whole picture when there is none."""
        whole = ops.stack([0.0 * width, 0.0 * height, width, height])[None]
        is_face = ops.cast(kinds == FACE, "int32")
        count = ops.sum(is_face)
        wanted = ops.cast(ops.floor(draw * ops.cast(count, "float32")), "int32")
        chosen = ops.logical_and(is_face == 1, ops.cumsum(is_face) - 1 == wanted)
        chosen = ops.concatenate([ops.reshape(count == 0, (1,)), chosen])
        candidates = ops.concatenate([whole, boxes])
        face = ops.sum(ops.where(chosen[:, None], candidates, 0.0), axis=0)
        return face[0], face[1], face[2], face[3]

    @staticmethod
    def _place(draw, side, length, minimum, maximum, any_face):
        """Where the patch begins on one axis: it covers the face if it can, else its centre."""
        centre = 0.5 * (minimum + maximum)
        fits = maximum - minimum <= side
        inside = length - side
        low = ops.where(any_face, ops.where(fits, maximum, centre) - side, -side)
        high = ops.where(any_face, ops.where(fits, minimum, centre), length)
        low = ops.maximum(low, ops.minimum(inside, 0.0))
        high = ops.maximum(ops.minimum(high, ops.maximum(inside, 0.0)), low)
        return low + draw * (high - low)

    def move_boxes(self, draw, patch, boxes, kinds):
        """Boxes and kinds in the training image, after cutting and flipping.

        A face whose centre leaves the patch is gone (ABSENT), and so are all in a picture of
        nothing. What `minimum_face` and `minimum_visible` leave out is IGNORED. What was IGNORED
        before stays so while any of it is seen: a crowd may be larger than the image. Boxes are
        cut to the image.
        """
        corner = ops.stack([patch[0], patch[1], patch[0], patch[1]])
        boxes = (boxes - corner) * (self.size / patch[2])
        mirrored = ops.stack(
            [self.size - boxes[:, 2], boxes[:, 1], self.size - boxes[:, 0], boxes[:, 3]], axis=-1
        )
        boxes = ops.where(draw["flip"] < self.flip_probability, mirrored, boxes)
        centres = 0.5 * (boxes[:, :2] + boxes[:, 2:])
        inside = ops.all(ops.logical_and(centres >= 0.0, centres < self.size), axis=-1)
        longer = ops.max(boxes[:, 2:] - boxes[:, :2], axis=-1)
        cut = clip(boxes, self.size, self.size)
        visible = area(cut) / ops.maximum(area(boxes), 1e-6)
        dubious = ops.logical_or(longer < self.minimum_face, visible < self.minimum_visible)
        kinds = ops.cast(kinds, "int32")
        inside = ops.logical_and(inside, visible >= 0.5 * self.minimum_visible)
        present = ops.where(kinds == IGNORED, area(cut) > 0.0, inside)
        present = ops.logical_and(present, ops.logical_not(self.is_faceless(draw)))
        kinds = ops.where(ops.logical_and(kinds == FACE, dubious), IGNORED, kinds)
        return cut, ops.where(present, kinds, ABSENT)

    def is_faceless(self, draw):
        """Whether a picture of nothing takes the place of this one: bool scalar."""
        return draw["faceless"] < self.faceless_probability

    def faceless(self, draw):
        """That picture: float32 `(size, size, 3)` in 0..255."""
        return faceless_image(draw, self.size)

    def fill(self, draw):
        """Colour outside the picture: float32 `(3,)` in 0..255."""
        colour = plain_colour(draw["fill"], draw["fill_red"], draw["fill_green"], draw["fill_blue"])
        return ops.where(draw["fills"] < self.fill_probability, colour, ops.array(FILL))

    def flip(self, draw, image):
        """The training image `(size, size, 3)`, mirrored when the draw says so."""
        flips = draw["flip"] < self.flip_probability
        return ops.cond(flips, lambda: ops.flip(image, axis=1), lambda: image)

    def distorts(self, draw):
        """Whether `recolour` changes the colours: bool scalar."""
        return ops.logical_or(
            draw["distort"] < self.distortion_probability, draw["grey"] < self.grey_probability
        )

    def recolour(self, draw, image):
        """Distorts the colours of `(..., 3)` float32 in 0..255.

        Brightness by up to 32, contrast, saturation by 0.5..1.5, hue by up to 18 degrees, as in
        SSD's code, here as one linear map of RGB: saturation and hue turn and stretch the
        chrominance plane of YIQ.
        """
        distort = draw["distort"] < self.distortion_probability

        def between(name, low, high, neutral):
            return ops.where(distort, low + (high - low) * draw[name], neutral)

        brightness = between("brightness", -32.0, 32.0, 0.0)
        contrast = between("contrast", 0.5, 1.5, 1.0)
        saturation = between("saturation", 0.5, 1.5, 1.0)
        hue = between("hue", -0.1 * 3.14159265, 0.1 * 3.14159265, 0.0)
        saturation = ops.where(draw["grey"] < self.grey_probability, 0.0, saturation)
        matrix = contrast * _chrominance_matrix(saturation, hue)
        return ops.clip(ops.matmul(image, ops.transpose(matrix)) + brightness, 0.0, 255.0)


_TO_YIQ = ((0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312))
_FROM_YIQ = ((1.0, 0.956, 0.621), (1.0, -0.272, -0.647), (1.0, -1.106, 1.703))


def _chrominance_matrix(saturation, hue):
    """RGB -> RGB `(3, 3)`: chrominance times `saturation`, turned by `hue` radians."""
    cosine, sine = saturation * ops.cos(hue), saturation * ops.sin(hue)
    zero, one = 0.0 * saturation, 0.0 * saturation + 1.0
    turn = ops.stack(
        [
            ops.stack([one, zero, zero]),
            ops.stack([zero, cosine, -sine]),
            ops.stack([zero, sine, cosine]),
        ]
    )
    return ops.matmul(ops.matmul(ops.array(_FROM_YIQ), turn), ops.array(_TO_YIQ))
