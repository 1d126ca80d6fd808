"""Every benchmark that reads files ends with one line where there are none."""

import importlib
import sys

import pytest

pytest.importorskip("keras")

# Those that begin with a training run are ended by what it says.
COMMANDS = {
    "anchor_distribution": ["--records=missing", "--plot=new.png"],
    "distillation_figures": [
        *("--image=missing", "--teacher=missing"),
        *("--student=missing", "--distilled=missing"),
    ],
    "group_sampling": ["table", "--output=missing"],
    "held_out": ["yunet-n", "--trained=missing", "--held_out=missing"],
    "latency": ["--peers=missing"],
    "mask_cost": ["--data=missing"],
    "mask_figure": ["missing", "--plot=new.png"],
    "operating_point": ["yunet-n", "--data=missing"],
    "pareto": ["--peers=missing"],
    "peers": ["--peers=missing"],
    "pipeline": ["--records=missing"],
    "portraits": ["missing"],
    "refineface": ["measure", "--data=missing"],
    "refineface_by_heart": ["--records=missing", "--output=new.tfrecord"],
    "refineface_figure": ["missing", "--data=missing", "--plot=new.png"],
    "runtimes": ["--environments=file/missing"],
    "search_size": ["missing"],
    "selection": ["--records=missing"],
    "serving": ["--pictures=missing"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_missing_file_is_one_line(name, tmp_path, monkeypatch, capfd) -> None:
    command = importlib.import_module(f"benchmarks.{name}")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    monkeypatch.setattr(sys, "argv", [name, *COMMANDS[name]])

    assert command.main() == 1

    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("error: ") and "missing" in line
