"""convert.import_faceboxes: the released weights in FB-1 give what the released network gives."""

import os
from pathlib import Path

import numpy as np
import pytest

from convert.import_faceboxes import build, main
from tfface.anchors import grid_anchors

INCEPTION = {
    "branch1x1": (32, 128, 1),
    "branch1x1_2": (32, 128, 1),
    "branch3x3_reduce": (24, 128, 1),
    "branch3x3": (32, 24, 3),
    "branch3x3_reduce_2": (24, 128, 1),
    "branch3x3_2": (32, 24, 3),
    "branch3x3_3": (32, 32, 3),
}
BLOCKS = {
    "conv1": (24, 3, 7),
    "conv2": (64, 48, 5),
    **{
        f"inception{number}.{branch}": shape
        for number in (1, 2, 3)
        for branch, shape in INCEPTION.items()
    },
    "conv3_1": (128, 128, 1),
    "conv3_2": (256, 128, 3),
    "conv4_1": (128, 256, 1),
    "conv4_2": (256, 128, 3),
}
HEADS = {"0": (128, 21), "1": (256, 1), "2": (256, 1)}


def random_weights() -> dict[str, np.ndarray]:
    """Tensors with the names and shapes of the released file."""
    generator = np.random.default_rng(0)

    def normal(*shape, scale=1.0):
        return (scale * generator.normal(size=shape)).astype(np.float32)

    tensors = {}
    for name, (filters, channels, side) in BLOCKS.items():
        spread = (2 / (channels * side * side)) ** 0.5
        tensors[f"{name}.conv.weight"] = normal(filters, channels, side, side, scale=spread)
        tensors[f"{name}.bn.weight"] = 1 + normal(filters, scale=0.1)
        tensors[f"{name}.bn.bias"] = normal(filters, scale=0.1)
        tensors[f"{name}.bn.running_mean"] = normal(filters, scale=0.1)
        tensors[f"{name}.bn.running_var"] = generator.uniform(1e-4, 2, filters).astype(np.float32)
        tensors[f"{name}.bn.num_batches_tracked"] = np.array(1)
    for level, (channels, anchors) in HEADS.items():
        for kind, values in (("loc", 4), ("conf", 2)):
            shape = (anchors * values, channels, 3, 3)
            tensors[f"{kind}.{level}.weight"] = normal(*shape, scale=0.02)
            tensors[f"{kind}.{level}.bias"] = normal(anchors * values)
    return tensors


def padded(maps: np.ndarray, margin: int, value: float = 0.0) -> np.ndarray:
    return np.pad(maps, ((0, 0), (margin, margin), (margin, margin)), constant_values=value)


def windows(maps: np.ndarray, side: int, stride: int) -> np.ndarray:
    """`(C, H, W)` as `(C, rows, columns, side, side)`."""
    view = np.lib.stride_tricks.sliding_window_view(maps, (side, side), axis=(1, 2))
    return view[:, ::stride, ::stride]


def convolve(maps: np.ndarray, kernel: np.ndarray, stride: int = 1) -> np.ndarray:
    """With as many zeros before as behind: (side - 1) / 2."""
    side = kernel.shape[-1]
    return np.einsum(
        "chwij,ocij->ohw", windows(padded(maps, side // 2), side, stride), kernel, optimize=True
    )


class Released:
    """The released network in NumPy, on maps `(C, H, W)`, written from its description alone."""

    def __init__(self, tensors: dict[str, np.ndarray]) -> None:
        self.tensors = {name: values.astype(np.float64) for name, values in tensors.items()}

    def normalised(self, name: str, maps: np.ndarray, stride: int = 1) -> np.ndarray:
        maps = convolve(maps, self.tensors[f"{name}.conv.weight"], stride)
        gamma, beta, mean, variance = (
            self.tensors[f"{name}.bn.{part}"][:, None, None]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return (maps - mean) / np.sqrt(variance + 1e-5) * gamma + beta

    def block(self, name: str, maps: np.ndarray, stride: int = 1) -> np.ndarray:
        return np.maximum(self.normalised(name, maps, stride), 0)

    def crelu(self, name: str, maps: np.ndarray, stride: int) -> np.ndarray:
        maps = self.normalised(name, maps, stride)
        maps = np.maximum(np.concatenate([maps, -maps]), 0)
        return windows(padded(maps, 1, -np.inf), 3, 2).max(axis=(3, 4))

    def inception(self, name: str, maps: np.ndarray) -> np.ndarray:
        pooled = windows(padded(maps, 1), 3, 1).mean(axis=(3, 4))  # zeros count
        three = self.block(f"{name}.branch3x3_reduce", maps)
        five = self.block(f"{name}.branch3x3_reduce_2", maps)
        five = self.block(f"{name}.branch3x3_2", five)
        return np.concatenate(
            [
                self.block(f"{name}.branch1x1", maps),
                self.block(f"{name}.branch1x1_2", pooled),
                self.block(f"{name}.branch3x3", three),
                self.block(f"{name}.branch3x3_3", five),
            ]
        )

    def __call__(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits of background and face `(A, 2)` and offsets `(A, 4)` of RGB `(H, W, 3)`."""
        pixels = image[..., ::-1].astype(np.float64) - [104, 117, 123]
        maps = self.crelu("conv1", pixels.transpose(2, 0, 1), 4)
        maps = self.crelu("conv2", maps, 2)
        for number in (1, 2, 3):
            maps = self.inception(f"inception{number}", maps)
        levels = [maps]
        for number in (3, 4):
            maps = self.block(f"conv{number}_1", maps)
            maps = self.block(f"conv{number}_2", maps, 2)
            levels.append(maps)
        outputs = []
        for kind, values in (("conf", 2), ("loc", 4)):
            predictions = []
            for number, level in enumerate(levels):
                predicted = convolve(level, self.tensors[f"{kind}.{number}.weight"])
                predicted += self.tensors[f"{kind}.{number}.bias"][:, None, None]
                predictions.append(predicted.transpose(1, 2, 0).reshape(-1, values))
            outputs.append(np.concatenate(predictions))
        return outputs[0], outputs[1]


def released_anchors(height: int, width: int) -> np.ndarray:
    """Centre x, y and side of every anchor, as the released code lists them."""
    anchors = []
    for step, sides in ((32, (32, 64, 128)), (64, (256,)), (128, (512,))):
        for row in range(-(-height // step)):
            for column in range(-(-width // step)):
                for side in sides:
                    places = {32: (0, 0.25, 0.5, 0.75), 64: (0, 0.5)}.get(side, (0.5,))
                    anchors += [
                        ((column + x) * step, (row + y) * step, side)
                        for y in places
                        for x in places
                    ]
    return np.array(anchors)


@pytest.mark.parametrize("size", [(128, 160), (96, 64)])
def test_the_outputs_are_those_of_the_released_network(size: tuple[int, int]) -> None:
    tensors = random_weights()
    image = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)

    outputs = build(tensors)(image[None], training=False)

    logits, offsets = Released(tensors)(image)
    scores = logits[:, 1] - logits[:, 0]
    for got, expected in ((outputs["scores"], scores), (outputs["offsets"], offsets)):
        # float32 against float64
        np.testing.assert_allclose(got[0], expected, atol=2e-5 * np.abs(expected).max())


def test_the_anchors_are_those_of_the_released_code() -> None:
    levels = build(random_weights()).anchor_levels

    x, y, side = released_anchors(128, 160).T
    expected = np.stack([x - side / 2, y - side / 2, x + side / 2, y + side / 2], axis=-1)
    np.testing.assert_array_equal(grid_anchors(levels, 128, 160), expected)


def test_weights_of_another_network() -> None:
    tensors = random_weights()
    with pytest.raises(ValueError, match="also spare.weight"):
        build({**tensors, "spare.weight": np.zeros(3)})
    del tensors["inception2.branch3x3.bn.bias"]
    with pytest.raises(ValueError, match="got none called 'inception2.branch3x3.bn.bias'"):
        build(tensors)


def test_a_file_of_something_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.pth").write_bytes(b"no pickle")

    assert main([str(tmp_path / "other.pth"), f"--output={tmp_path / 'x.keras'}"]) == 1

    assert "expected weights as PyTorch saves them" in capsys.readouterr().err
    assert not (tmp_path / "x.keras").exists()


def test_the_released_file_is_the_preset(tmp_path: Path) -> None:
    if "TFFACE_PEERS" not in os.environ:
        pytest.skip("TFFACE_PEERS names no folder with the weights of FaceBoxes")
    from tfface.detectors.loading import load_detector

    released = Path(os.environ["TFFACE_PEERS"]) / "FaceBoxesProd.pth"
    assert main([str(released), f"--output={tmp_path / 'fb-1.keras'}"]) == 0

    ours, shipped = (load_detector(path) for path in (tmp_path / "fb-1.keras", "fb-1"))
    for mine, theirs in zip(ours.get_weights(), shipped.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
