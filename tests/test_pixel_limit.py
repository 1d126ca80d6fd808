"""tfface.pixel_limit: one limit of pixels, for everything that reads pictures, and one option."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from absl import flags

import convert.main
import tfface.data.prepare
from convert.pictures import pictures_of
from tfface import evaluate
from tfface.data.readers import READERS
from tfface.image import TooManyPixelsError, read_image
from tfface.pixel_limit import limited_pixels, pixel_limit

TOO_MANY = (
    "expected a picture of at most 599 pixels, got 30 x 20 = 600; reduce it, or raise max_pix"
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a picture of 30 x 20 pixels and lists of its face in two layouts."""
    (tmp_path / "images").mkdir()
    cv2.imwrite(str(tmp_path / "images" / "a.png"), np.zeros((20, 30, 3), np.uint8))
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.2 0.3\n")
    (tmp_path / "faces.csv").write_text("image,x,y,width,height\na.png,1,2,6,6\n")
    return tmp_path


def test_the_limit_is_that_of_the_block(data: Path) -> None:
    picture = data / "images" / "a.png"
    with limited_pixels(599):
        with pytest.raises(TooManyPixelsError, match=f"a.png: {TOO_MANY}"):
            read_image(picture)
        assert read_image(picture, max_pixels=600).shape == (20, 30, 3)
        with pytest.raises(TooManyPixelsError, match=TOO_MANY):
            next(pictures_of(str(data / "images"), 1))
    assert read_image(picture).shape == (20, 30, 3)


@pytest.mark.parametrize(("layout", "source"), [("yolo", "."), ("csv", "faces.csv")])
def test_prepare_leaves_out_what_has_more_and_says_so(
    data: Path, layout: str, source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    values = flags.FlagValues()
    tfface.data.prepare.define_flags(values)
    command = ["prepare", f"--dataset={layout}", f"--list={data / source}", "--shards=1"]
    command += [f"--images={data / 'images'}", f"--output={data / 'out'}", "--workers=1"]
    values(command)
    assert tfface.data.prepare.run(values, [(0, 0, 0, 0)]).pictures == 1

    values(["prepare", "--max_pixels=599"])
    # YOLO's reader needs the size of the picture: it is left out before there are records.
    try:
        said = tfface.data.prepare.run(values, [(0, 0, 0, 0)]).summary()
    except ValueError as error:
        said = str(error)
    assert "picture of more pixels than --max_pixels: 1, a.png" in said
    assert READERS[layout](data / source, data / "images")[0]


def test_evaluate_refuses_what_has_more(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = f"--dataset csv --list {data}/faces.csv --images {data}/images --max_pixels 599"
    assert evaluate.main([*command.split(), "--model", "fbi-half"]) == 2
    assert TOO_MANY in capsys.readouterr().err
    assert pixel_limit() > 599


def test_convert_reads_pictures_within_it(monkeypatch: pytest.MonkeyPatch) -> None:
    values = flags.FlagValues()
    convert.main.define_flags(values)
    values(["convert", "--model=fbi-half", "--output=a.tflite", "--max_pixels=599"])
    limits: list[int] = []
    monkeypatch.setattr(flags, "FLAGS", values)
    monkeypatch.setattr(convert.main, "run", lambda values: limits.append(pixel_limit()))

    assert convert.main.main(["convert"]) == 0
    assert limits == [599]
