"""Work that a process of its own does and answers in JSON.

A damaged TFLite file may end the process that loads it, and only a fresh process shows what a
detector costs: `python -m MODULE REQUEST` runs `answer`, and `ask` starts it.
"""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from tfface.predict.runtime import ModelError


def ask(module: str, source: str, request: dict[str, Any]) -> dict[str, Any]:
    """Has `python -m module` do something with a model.

    Args:
        module: calls `answer`.
        source: the name of the model, for messages.
        request: what `answer` hands on; ready for JSON.

    Raises:
        ModelError: what `answer` caught, or the model ended the process.
        RuntimeError: the process failed in another way.
    """
    process = subprocess.run(
        [sys.executable, "-m", module, json.dumps(request)], capture_output=True, text=True
    )
    if process.returncode < 0:
        raise ModelError(
            f"{source}: expected a model that LiteRT can run, got one that ended it by "
            f"{signal.Signals(-process.returncode).name}: it is damaged, or needs more memory than "
            "there is; download or export it again, or choose a smaller --size"
        )
    if process.returncode:
        raise RuntimeError(f"python -m {module} failed on {source}: {process.stderr}")
    reply = json.loads(process.stdout)
    if "error" in reply:
        raise ModelError(reply["error"])
    return reply["answer"]


def answer(work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Prints what `work` returns for the request on the command line, or the error it raises."""
    try:
        reply: dict[str, Any] = {"answer": work(json.loads(sys.argv[1]))}
    except (ValueError, RuntimeError, OSError, ImportError, MemoryError) as error:
        reply = {"error": str(error)}
    print(json.dumps(reply))
