"""Pictures of nothing: flat, gradients, stripes, checks, waves, rings, dots and noise.

Photographs rarely show areas without any detail, but pictures have them: black bars beside a video,
a covered lens, a scanned page, the padding of a detector's own input. Lights in the dark and dots
on a wallpaper are as round, small and bright as distant faces.
"""

import math

from keras import ops

PATTERNS = ("flat", "gradient", "stripes", "checks", "waves", "rings", "dots", "blocks")

FACELESS_DRAWS = (
    "fill",
    "fill_red",
    "fill_green",
    "fill_blue",
    "other",
    "other_red",
    "other_green",
    "other_blue",
    "pattern",
    "period",
    "angle",
    "grain",
)
"""Names of the uniform numbers in 0..1 that decide a picture of nothing."""

_MOST_GRAIN = 120.0
"""Width of the strongest noise, in grey levels."""


def plain_colour(kind, red, green, blue):
    """A colour that flat areas have: black (0.4), white (0.1), of skin (0.2) or any (0.3).

    Args:
        kind: number in 0..1 that decides which.
        red, green, blue: numbers in 0..1: the colour itself, or which tone of skin.

    Returns:
        float32 `(3,)` in 0..255.
    """
    numbers = ops.stack([red, green, blue])
    # Skin is red above green above blue, from dark to light.
    tone = ops.stack([0.0 * red + 1.0, 0.6 + 0.25 * green, 0.4 + 0.4 * blue])
    skin = 255.0 * (0.25 + 0.75 * red) * tone
    colour = ops.where(kind < 0.7, skin, 255.0 * numbers)
    colour = ops.where(kind < 0.5, 255.0, colour)
    return ops.where(kind < 0.4, 0.0, colour)


def faceless_image(draw, size: int):
    """A picture without a face.

    Two colours change places in one of `PATTERNS`; half of the pictures have noise on top.

    Args:
        draw: the numbers of `FACELESS_DRAWS` by name, scalars.
        size: side in pixels.

    Returns:
        float32 `(size, size, 3)` in 0..255.
    """
    first, other = (
        plain_colour(
            draw[name], *(draw[f"{name}_{channel}"] for channel in ("red", "green", "blue"))
        )
        for name in ("fill", "other")
    )
    share = _pattern(draw, size)[..., None]
    image = first + (other - first) * share
    places = ops.arange(size, dtype="float32")
    columns, rows, channels = places[None, :, None], places[:, None, None], ops.arange(3.0)
    noise = _noise(columns, rows, draw["angle"] + channels) - 0.5
    return ops.clip(image + _MOST_GRAIN * ops.relu(2.0 * draw["grain"] - 1.0) * noise, 0.0, 255.0)


def _pattern(draw, size: int):
    """How much of the second colour every pixel has: `(size, size)` in 0..1."""
    places = (ops.arange(size, dtype="float32") + 0.5) / size - 0.5
    x, y = places[None, :], places[:, None]
    angle = 2.0 * math.pi * draw["angle"]
    along = x * ops.cos(angle) + y * ops.sin(angle)
    across = y * ops.cos(angle) - x * ops.sin(angle)
    # From half a period a picture to one in four pixels.
    count = 0.5 * ops.power(0.5 * size, draw["period"])
    wave, crossing = (ops.sin(2.0 * math.pi * count * way) for way in (along, across))
    radius = ops.sqrt((x - 0.5 * ops.cos(angle)) ** 2 + (y - 0.5 * ops.sin(angle)) ** 2)
    patterns = {
        "flat": 0.0 * along,
        "gradient": ops.clip(along + 0.5, 0.0, 1.0),
        "stripes": ops.cast(wave > 0.0, "float32"),
        "checks": ops.cast(wave * crossing > 0.0, "float32"),
        "waves": 0.5 + 0.5 * wave,
        "rings": 0.5 + 0.5 * ops.sin(2.0 * math.pi * count * radius),
        # Round, and as soft as lights out of focus.
        "dots": ops.clip(4.0 * wave * crossing - 1.0, 0.0, 1.0),
        "blocks": _noise(ops.floor(count * x), ops.floor(count * y), draw["angle"]),
    }
    kind = ops.cast(ops.floor(draw["pattern"] * len(PATTERNS)), "int32")
    return ops.stack([patterns[name] for name in PATTERNS])[kind]


def _noise(column, row, seed):
    """Numbers in 0..1 that look random: of whole `column` and `row`, and a seed."""
    number = 43758.547 * ops.sin(12.9898 * column + 78.233 * row + 37.719 * seed)
    return number - ops.floor(number)
