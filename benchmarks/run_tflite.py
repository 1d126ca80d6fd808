"""Runs TFLite files in whatever interpreter there is; a process of its own, for it may crash.

    python benchmarks/run_tflite.py MODULE '[["FILE.tflite", "IMAGES.npy", "OUTPUTS.npz"], ...]'

MODULE has the interpreter: `ai_edge_litert.interpreter`, `tflite_runtime.interpreter` or
`tensorflow.lite.python.interpreter`. IMAGES.npy holds what the file takes, OUTPUTS.npz gets what it
returns, by name. A number is printed for each that is done. Needs that module and NumPy alone, of
any version, and nothing of tfface.
"""

import importlib
import json
import sys
from typing import Any

import numpy as np


def run(interpreter: Any, file: str, images: str) -> dict[str, Any]:
    """What the only signature of a file returns."""
    loaded = interpreter(model_path=file)
    (name,) = loaded.get_signature_list()
    return loaded.get_signature_runner(name)(images=np.load(images))


def main() -> None:
    interpreter = importlib.import_module(sys.argv[1]).Interpreter
    for number, (file, images, outputs) in enumerate(json.loads(sys.argv[2])):
        np.savez(outputs, **run(interpreter, file, images))
        print(number, flush=True)


if __name__ == "__main__":
    main()
