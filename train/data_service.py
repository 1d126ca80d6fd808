"""Processes of a tf.data service, which make the batches of a training elsewhere.

    python -m train.data_service dispatcher --port 5050
    python -m train.data_service worker --dispatcher HOST:5050 --address THIS_HOST:5051
    python -m train.main --data_service=HOST:5050 ...

As many workers as wanted; each has to read the records under the paths that `train.main` is given.
A worker that is lost takes the rest of its epoch with it; another takes its place when it starts.
Nothing is encrypted, and no one is asked who they are: a network of one's own is needed.
"""

import argparse
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from tfface.command_line import CommandParser, run_command
from tfface.command_options import between
from tfface.predict.packages import optional_packages

with optional_packages("train", __name__):
    import tensorflow as tf


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m train.data_service",
        description="A process of a tf.data service, until it is stopped.",
    )
    kinds = parser.add_subparsers(dest="kind", required=True)
    port = between(0, 65535, int)
    dispatcher = kinds.add_parser("dispatcher", help="the one that all others ask")
    dispatcher.add_argument("--port", type=port, default=5050, help="(default: %(default)s)")
    dispatcher.add_argument(
        "--work_dir",
        type=Path,
        metavar="DIR",
        help="where it keeps what it knows, so that it goes on when it is started again",
    )
    worker = kinds.add_parser("worker", help="makes batches")
    worker.add_argument("--dispatcher", required=True, metavar="HOST:PORT")
    worker.add_argument("--port", type=port, default=0, help="(default: any that is free)")
    worker.add_argument(
        "--address",
        metavar="HOST:PORT",
        help="where trainings reach it (default: localhost and its port)",
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    service = tf.data.experimental.service
    if options.kind == "dispatcher":
        folder = str(options.work_dir) if options.work_dir else None
        server = service.DispatchServer(
            service.DispatcherConfig(
                port=options.port, work_dir=folder, fault_tolerant_mode=folder is not None
            )
        )
        print(f"dispatcher at {server.target}", flush=True)
    else:
        server = service.WorkerServer(
            service.WorkerConfig(
                dispatcher_address=options.dispatcher,
                worker_address=options.address,
                port=options.port,
            )
        )
        print(f"worker of {options.dispatcher}", flush=True)
    # `server.join()` is in C++, where neither Ctrl-C nor SIGTERM would end it.
    threading.Event().wait()
    del server


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns its exit status."""
    return run_command(_parser(), _run, arguments)


if __name__ == "__main__":
    sys.exit(main())
