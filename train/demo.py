"""The whole way in one command: detect, compose a set, fine-tune, convert, detect again.

`make demo` runs it. It uses only public-domain pictures that scikit-image and Matplotlib ship: an
astronaut, Grace Hopper, and pictures without a face as backgrounds.
"""

import shlex
import signal
import subprocess
import sys
from pathlib import Path

from tfface.command_line import CommandParser
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import cv2
    import matplotlib.cbook
    import numpy as np
    import skimage.data

    import tfface

PRESET = "fbi-1"
BACKGROUNDS = ("chelsea", "coffee", "rocket", "brick", "grass", "gravel")
COMPOSED_PICTURES = 48
STEPS = 30


def main() -> None:
    parser = CommandParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("demo"), help="folder for everything")
    output = parser.parse_args().output

    pictures = save_pictures(output / "pictures")
    run("tfface.detect", *pictures, "--output", output / "shipped", "--model", PRESET)

    listing = compose(pictures, output / "composed")
    run(
        "tfface.data.prepare",
        f"--list={listing}",
        f"--images={listing.parent}",
        f"--output={output / 'records'}",
        "--shards=1",
    )
    run(
        "train.main",
        f"--flagfile={Path(__file__).parent / 'configs' / 'demo.flags'}",
        f"--train_records={output / 'records' / 'train-*.tfrecord'}",
        f"--initial_weights={PRESET}",
        f"--steps={STEPS}",
        f"--steps_per_epoch={STEPS}",
        f"--output={output / 'run'}",
    )
    tuned = output / "tuned.tflite"
    run("convert.main", f"--model={output / 'run' / 'final.keras'}", f"--output={tuned}")
    run("tfface.detect", *pictures, "--output", output / "tuned", "--model", tuned)
    print(f"Look at {output / 'shipped'} and {output / 'tuned'}.")


def run(module: str, *arguments: object) -> None:
    """Runs a command of tfface as a user would, and shows it; ends the demo if it fails."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    print(f"\n$ {shlex.join(['python', *command[1:]])}", flush=True)
    with subprocess.Popen(command) as process:
        try:
            failed = process.wait() != 0
        except KeyboardInterrupt:  # the command got it too, and has something to say
            process.wait()
            sys.exit(128 + signal.SIGINT)
    if failed:
        sys.exit(f"The demo stops: `python -m {module}` failed; its message is above.")


def save_pictures(folder: Path) -> list[Path]:
    """Writes the two public-domain portraits as PNG files."""
    hopper = tfface.read_image(
        matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, image in (("astronaut", skimage.data.astronaut()), ("grace_hopper", hopper)):
        paths.append(folder / f"{name}.png")
        cv2.imwrite(str(paths[-1]), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return paths


def compose(pictures: list[Path], folder: Path) -> Path:
    """Pastes the faces that the detector finds on backgrounds; returns their list, as WIDER's."""
    detector = tfface.FaceDetector.from_preset(PRESET)
    faces = []
    for picture in pictures:
        image = tfface.read_image(picture)
        detections = detector.detect(image)
        if not len(detections):
            sys.exit(f"The demo stops: expected a face in {picture}, {PRESET} found none.")
        x_min, y_min, x_max, y_max = detections.boxes[0].astype(int)
        faces.append(image[y_min:y_max, x_min:x_max])
    generator = np.random.default_rng(0)
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for index in range(COMPOSED_PICTURES):
        background = getattr(skimage.data, BACKGROUNDS[index % len(BACKGROUNDS)])()
        if background.ndim == 2:
            background = cv2.cvtColor(background, cv2.COLOR_GRAY2RGB)
        image = cv2.resize(background, (384, 384), interpolation=cv2.INTER_AREA)
        boxes = []
        for column in range(2):
            face = faces[int(generator.integers(len(faces)))]
            height = int(generator.integers(24, 150))
            width = max(round(height * face.shape[1] / face.shape[0]), 8)
            x = 192 * column + int(generator.integers(0, 192 - width))
            y = int(generator.integers(0, 384 - height))
            image[y : y + height, x : x + width] = cv2.resize(
                face, (width, height), interpolation=cv2.INTER_AREA
            )
            boxes.append(f"{x} {y} {width} {height} 0 0 0 0 0 0")
        name = f"{index:03d}.png"
        cv2.imwrite(str(folder / name), cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        lines += [name, str(len(boxes)), *boxes]
    listing = folder / "faces.txt"
    listing.write_text("\n".join(lines) + "\n")
    return listing


if __name__ == "__main__":
    main()
