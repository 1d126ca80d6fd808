"""Writes SavedModels."""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tensorflow as tf

from convert.graph import DetectionGraph
from tfface.files import output_workspace
from tfface.predict.description import METADATA_NAME


def save_graph(graph: DetectionGraph, description: dict[str, Any], folder: Path) -> None:
    """Writes a SavedModel; whoever loads it needs TensorFlow, not tfface.

    Args:
        graph: for any number of pictures.
        description: goes into `assets.extra/tfface.json`.
        folder: of the SavedModel.
    """
    try:
        with _temporary_files_in(folder.parent):
            tf.saved_model.save(graph, str(folder), signatures=graph.signatures())
    except tf.errors.OpError as error:  # of TensorFlow's own files: no space, no right to write
        # Before it are nodes and temporary files, after it an operation.
        reason = error.message.rpartition(";")[2].partition(" [")[0].strip()
        raise OSError(
            f"expected a place to write a SavedModel to, got for {folder.parent.parent}: {reason}"
        ) from error
    extra = folder / "assets.extra"
    extra.mkdir()
    (extra / f"{METADATA_NAME}.json").write_text(json.dumps(description, indent=2) + "\n")


@contextmanager
def _temporary_files_in(parent: Path) -> Iterator[None]:
    """Within the block temporary files of Python are in a folder in `parent`, and go with it.

    AutoGraph leaves the programs that it writes until the process ends, and for good where that is
    killed; `parent`, a workspace, is swept.
    """
    before = tempfile.tempdir
    with tempfile.TemporaryDirectory(dir=parent) as tempfile.tempdir:
        try:
            yield
        finally:
            tempfile.tempdir = before


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary folder beside `path` that takes its place when the block ends without an error.

    A SavedModel that was at `path` is replaced; of a link, what it leads to. When the block raises,
    the temporary folder is removed and what was at `path` stays as it was.

    Raises:
        FileExistsError: `path` is a file, a folder with something else than a SavedModel in it, or
            the folder that is worked in.
    """
    check_model_folder(Path(path))
    final = Path(os.path.realpath(path))
    with output_workspace(final.parent, final.name) as folder:
        temporary = folder / "new"
        temporary.mkdir()
        yield temporary
        if final.exists():
            os.replace(final, folder / "old")
        os.replace(temporary, final)


def check_model_folder(final: Path) -> None:
    """Raises OSError where `atomic_folder` would, before the work of which it is the output."""
    final = Path(os.path.realpath(final))
    is_model = final.is_dir() and (_is_model(final) or not any(final.iterdir()))
    if (final.exists() and not is_model) or final == Path.cwd():
        raise FileExistsError(
            f"expected a new folder or that of a SavedModel to write to, got {final}, which holds "
            "something else; choose another --output or remove it"
        )
    with output_workspace(final.parent, final.name):
        pass


def _is_model(folder: Path) -> bool:
    return (folder / "saved_model.pb").is_file()
