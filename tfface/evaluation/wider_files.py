"""The files of the WIDER FACE evaluation: official ground truth in, official predictions out."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from tfface.data.inside import resolve_inside
from tfface.data.listing import LARGEST_COORDINATE
from tfface.data.text import read_text
from tfface.evaluation.commands import COMMAND_FILE
from tfface.evaluation.pictures import PictureSet, parse_rows, present_pictures
from tfface.evaluation.wider import SETTINGS, WiderFaces
from tfface.files import atomic_path
from tfface.predict.packages import optional_packages
from tfface.reasons import printable, reason_of

ATTRIBUTES = ("blur", "occlusion", "pose", "illumination")
"""What the readme of wider_face_split numbers: blur and occlusion 0, 1, 2, the others 0 and 1."""


def open_wider(dataset_dir: Path) -> PictureSet[WiderFaces]:
    """Finds the validation pictures of WIDER FACE in `dataset_dir`.

    It holds `WIDER_val/images` and `ground_truth/*.mat`. Pictures that are missing are left out of
    the ground truth, so they cost no recall.

    Raises:
        FileNotFoundError: ground truth files are missing, or every picture is.
        ValueError: they do not belong together, or name something outside `WIDER_val/images`.
    """
    image_root = Path(dataset_dir) / "WIDER_val" / "images"
    listed = read_ground_truth(Path(dataset_dir) / "ground_truth")
    present = present_pictures(
        listed,
        image_root,
        "wider_face_val.mat",
        "the WIDER FACE validation set",
        "unpack WIDER_val.zip there or name another folder",
    )
    return PictureSet(image_root, present, len(listed))


def read_ground_truth(folder: Path) -> dict[str, WiderFaces]:
    """Reads `wider_face_val.mat` and `wider_{easy,medium,hard}_val.mat` of `folder`.

    Returns:
        The faces of every picture of the validation set, by its name relative to the folder of
        pictures ("0--Parade/0_Parade_marchingband_1_20.jpg"), in the order of the files.

    Raises:
        FileNotFoundError: one of the four files is missing.
        ValueError: they do not belong together.
    """
    faces = dict(_read_mat(folder / "wider_face_val.mat", "face_bbx_list"))
    chosen = {
        setting: dict(_read_mat(folder / f"wider_{setting}_val.mat", "gt_list"))
        for setting in SETTINGS
    }
    for setting, indices in chosen.items():
        if indices.keys() != faces.keys():
            raise ValueError(
                f"expected the pictures of wider_face_val.mat in wider_{setting}_val.mat, got "
                f"others; take the four files in {folder} from one release"
            )
    return {
        name: WiderFaces(
            _to_corners(rows, name),
            {setting: _to_mask(chosen[setting][name], len(rows), name) for setting in SETTINGS},
        )
        for name, rows in faces.items()
    }


def read_attributes(folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Reads what `wider_face_val.mat` says of every face beside its box.

    Returns:
        By the name of the picture, and then by `ATTRIBUTES`, int64 `(n,)`: 0 for what is easiest.

    Raises:
        FileNotFoundError: it is missing.
        ValueError: it says nothing of that.
    """
    attributes: dict[str, dict[str, np.ndarray]] = {}
    for attribute in ATTRIBUTES:
        for name, labels in _read_mat(folder / "wider_face_val.mat", f"{attribute}_label_list"):
            attributes.setdefault(name, {})[attribute] = labels.reshape(-1).astype(np.int64)
    return attributes


def write_predictions(predictions: Mapping[str, np.ndarray], folder: Path) -> None:
    """Writes predictions `(n, 5)` as the official tool reads them, `folder/EVENT/PICTURE.txt`.

    A file holds the name of the picture, the number of faces and a line `x y w h score` for each,
    scores falling. Where two pictures would have one file, as `a.jpg` and `a.png` of people's own
    data, the files of all keep the suffix, as `a.jpg.txt`.

    Raises:
        ValueError: the name of a picture leads out of the folder.
    """
    files = _files(predictions)
    for name, rows in predictions.items():
        picture = PurePosixPath(name).with_suffix("")
        rows = rows[np.argsort(-rows[:, 4], kind="stable")]
        lines = [printable(picture.name), str(len(rows))]
        for x_min, y_min, x_max, y_max, score in rows.tolist():
            size = f"{x_max - x_min:.3f} {y_max - y_min:.3f}"
            lines.append(f"{x_min:.3f} {y_min:.3f} {size} {score:.8f}")
        path = resolve_inside(folder, files[name], "predictions")
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(path) as temporary:
            temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_predictions(folder: Path, names: Collection[str]) -> dict[str, np.ndarray]:
    """Reads predictions that `write_predictions`, or another project, has written.

    Args:
        folder: with `EVENT/PICTURE.txt`.
        names: of all pictures.

    Returns:
        Float64 `(n, 5)` by picture: x_min, y_min, x_max, y_max and score.

    Raises:
        FileNotFoundError: there is no file of a picture.
        ValueError: a file is not as the official tool reads it.
    """
    predictions = {}
    for name, file in _files(names).items():
        path = resolve_inside(folder, file, "predictions")
        if not path.is_file():
            raise FileNotFoundError(
                f"expected detections in the layout of WIDER FACE, those of {name} at {path}, got "
                "no such file; write them with --predictions"
            )
        predictions[name] = parse_rows(read_text(path).splitlines()[1:], str(path))
    return predictions


def _files(names: Collection[str]) -> dict[str, str]:
    """The file of each picture in a folder of predictions, no two alike."""
    files = {name: str(PurePosixPath(name).with_suffix(".txt")) for name in names}
    if max(Counter([*files.values(), COMMAND_FILE]).values()) == 1:
        return files
    return {name: f"{name}.txt" for name in names}


def _read_mat(path: Path, variable: str) -> list[tuple[str, np.ndarray]]:
    """The name of each picture and its array in `variable`."""
    with optional_packages("evaluate"):
        from scipy.io import loadmat

    if not path.is_file():
        raise FileNotFoundError(
            f"expected the official ground truth at {path}, got no such file; it comes with "
            "eval_tools.zip of the WIDER FACE page"
        )
    try:
        content = loadmat(path)
        pictures = list(_pictures(content, variable)) if variable in content else []
    except Exception as error:  # SciPy raises whatever a damaged file leads to
        raise ValueError(
            f"{path}: expected the official ground truth, got something else: {reason_of(error)}; "
            "take the files of eval_tools.zip of the WIDER FACE page"
        ) from error
    if variable not in content:
        names = ", ".join(name for name in content if not name.startswith("_"))
        raise ValueError(
            f"{path}: expected {variable}, got {names}; take the files of eval_tools.zip of the "
            "WIDER FACE page"
        )
    return pictures


def _pictures(content: Mapping[str, np.ndarray], variable: str) -> Iterator[tuple[str, np.ndarray]]:
    events = zip(content["event_list"], content["file_list"], content[variable], strict=True)
    for (event,), (pictures,), (arrays,) in events:
        for (picture,), (array,) in zip(pictures, arrays, strict=True):
            yield f"{event[0]}/{picture[0]}.jpg", array


def _to_corners(rows: np.ndarray, name: str) -> np.ndarray:
    """`x, y, width, height` `(n, 4)` as corner boxes, float32 `(n, 4)`."""
    rows = rows.reshape(-1, 4).astype(np.float32)
    if not (np.abs(rows) <= LARGEST_COORDINATE).all():  # NaN is not below anything
        raise ValueError(
            f"expected faces of {name} in pixels, finite and at most {LARGEST_COORDINATE:,.0f}, "
            "got others; take the files of eval_tools.zip of the WIDER FACE page"
        )
    return np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], axis=1)


def _to_mask(indices: np.ndarray, faces: int, name: str) -> np.ndarray:
    """The faces counted from 1 in `indices` as a mask, bool `(faces,)`."""
    positions = indices.reshape(-1).astype(int) - 1
    if len(positions) and not 0 <= positions.min() <= positions.max() < faces:
        raise ValueError(
            f"expected indices 1..{faces} for {name}, got {positions.min() + 1}.."
            f"{positions.max() + 1}; take the ground truth files from one release"
        )
    mask = np.zeros(faces, dtype=bool)
    mask[positions] = True
    return mask
