"""The data sets that a detector can be evaluated on, by name: the only list of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tfface.evaluation import coco, curves, fddb, fddb_files, voc, voc_files, wider, wider_files
from tfface.evaluation.fddb_ellipses import evaluate_ellipses
from tfface.evaluation.own_data import open_own
from tfface.evaluation.pictures import PictureSet
from tfface.evaluation.report import faces as report_faces
from tfface.evaluation.report.faces import PictureFaces


@dataclass(frozen=True)
class Benchmark:
    """A data set with its protocol, as the command line runs it.

    Attributes:
        folder: name of its folder in `$TFFACE_DATA`; None for people's own data.
        protocol: what was measured, in a line.
        open: finds its pictures and their faces in a folder; of people's own data from their
            annotations and their folder.
        evaluate: the curves, by name, of predictions on the faces that `open` found. Each has a
            method `to_json`.
        format_table: the curves as text.
        plot: draws them into a PNG file under a title.
        write_predictions: writes predictions into a folder as the official tool reads them.
        read_predictions: reads those of the pictures of these names from such a folder.
        describe: the faces of each picture as a report sees them, from the folder and what `open`
            found in it.
    """

    folder: str | None
    protocol: str
    open: Callable[..., PictureSet[Any]]
    evaluate: Callable[[Mapping[str, np.ndarray], Mapping[str, Any]], Mapping[str, Any]]
    format_table: Callable[[Mapping[str, Any]], str]
    plot: Callable[[Mapping[str, Any], Path, str], None]
    write_predictions: Callable[[Mapping[str, np.ndarray], Path], None]
    read_predictions: Callable[[Path, Collection[str]], dict[str, np.ndarray]]
    describe: Callable[[Path, PictureSet[Any]], Mapping[str, PictureFaces]]


_FDDB = Benchmark(
    folder="fddb",
    protocol="FDDB, official scores (boxes on ellipses, discrete: IoU above 0.5), single scale",
    open=fddb_files.open_fddb,
    evaluate=fddb.evaluate_both,
    format_table=fddb.format_table,
    plot=fddb.plot_curves,
    write_predictions=fddb_files.write_predictions,
    read_predictions=fddb_files.read_predictions,
    describe=report_faces.fddb_faces,
)

_WIDER = Benchmark(
    folder="widerface",
    protocol="WIDER FACE validation, official (IoU 0.5, 1000 thresholds), single scale",
    open=wider_files.open_wider,
    evaluate=wider.evaluate_wider,
    format_table=curves.format_table,
    plot=curves.plot_curves,
    write_predictions=wider_files.write_predictions,
    read_predictions=wider_files.read_predictions,
    describe=report_faces.wider_faces,
)

_AFW = Benchmark(
    folder="afw",
    protocol="AFW, AP as of its toolbox (IoU above 0.5, faces from 30 pixels), single scale",
    open=voc_files.open_afw,
    evaluate=voc.evaluate_toolbox,
    format_table=curves.format_table,
    plot=curves.plot_curves,
    write_predictions=voc_files.write_predictions,
    read_predictions=voc_files.read_predictions,
    describe=report_faces.toolbox_faces,
)

BENCHMARKS = {
    "wider": _WIDER,
    "wider-strict": replace(
        _WIDER,
        protocol="WIDER FACE validation, hard, at IoU 0.5 to 0.8 (RefineFace), single scale",
        evaluate=wider.evaluate_by_overlap,
        format_table=curves.format_errors,
    ),
    "fddb": _FDDB,
    "fddb-ellipses": replace(
        _FDDB,
        protocol="FDDB, official scores of ellipses, fitted to boxes in ten parts, single scale",
        evaluate=evaluate_ellipses,
    ),
    "afw": _AFW,
    "pascal-face": replace(
        _AFW,
        folder="pascal-face",
        protocol=_AFW.protocol.replace("AFW", "PASCAL Face"),
        open=voc_files.open_pascal_face,
    ),
    "mafa": replace(
        _AFW,
        folder="mafa",
        protocol="MAFA test, AP of its whole, masked and unignored faces (IoU above 0.5), single "
        "scale",
        open=voc_files.open_mafa,
        evaluate=voc.evaluate_mafa,
        describe=report_faces.mafa_faces,
    ),
    **{
        layout: Benchmark(
            folder=None,
            protocol=f"own data ({layout}), AP as COCO takes it (IoU 0.5 to 0.95), single scale",
            open=partial(open_own, layout),
            evaluate=coco.evaluate_coco,
            format_table=coco.format_table,
            plot=coco.plot_curves,
            write_predictions=wider_files.write_predictions,
            read_predictions=wider_files.read_predictions,
            describe=report_faces.box_faces,
        )
        for layout in ("coco", "voc", "yolo", "csv")
    },
}
"""The data sets by their name on the command line."""
