"""What the selection of faces costs inside a TFLite file: milliseconds of two files in turn.

    python -m benchmarks.selection --model fbi-1 --size 640x480

One file ends in faces: the best candidates, decoded and suppressed. The other ends in all boxes.
"""

import argparse
from functools import partial

from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter

    from convert.graph import DetectionGraph
    from convert.tflite import to_tflite
    from measure.conditions import processor
    from measure.contestants import picture_with_faces
    from measure.timing import WARM_UP_ROUNDS, take_turns
    from tfface.command_line import width_by_height
    from tfface.detectors.loading import load_detector
    from tfface.image import Image
    from tfface.predict import signature


def prepared(content: bytes, image: Image) -> Interpreter:
    """An interpreter that has `image` as its input; one thread."""
    interpreter = Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], image[None])
    return interpreter


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="fbi-1", help="preset or .keras file")
    parser.add_argument("--size", type=width_by_height, default="640x480", help="WIDTHxHEIGHT")
    parser.add_argument("--rounds", type=int, default=200)
    options = parser.parse_args()
    graph = DetectionGraph(load_detector(options.model), size=options.size, batch=1)
    image = picture_with_faces(options.size)
    names = (signature.NAME, signature.CANDIDATES)
    calls = [partial(prepared(to_tflite(graph, name), image).invoke) for name in names]
    times = take_turns(calls, options.rounds, WARM_UP_ROUNDS)
    faces, candidates = (float(np.median(of_file)) for of_file in times)
    height, width = options.size
    print(
        f"{options.model}, {width}x{height}, one thread, {options.rounds} rounds, {processor()}: "
        f"faces {faces:.2f} ms, all boxes {candidates:.2f} ms, difference {faces - candidates:.2f}"
    )


if __name__ == "__main__":
    main()
