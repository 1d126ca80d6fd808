"""benchmarks.group_sampling: every line of the tables is a run of its own."""

from pathlib import Path

import pytest

from benchmarks.group_sampling import OF_FBI, SETTINGS, flags_of, parse, runs


def names(*arguments: str) -> list[str]:
    options = parse(["train", "--records=r", "--output=out", *arguments])
    return [f"{setting.name} {seed}" for setting, seed, _ in runs(options)]


def test_all_settings_have_one_run_before_any_has_two() -> None:
    every = names()

    assert len(set(every)) == len(every)
    first = len(SETTINGS) + len(OF_FBI)
    assert {name[-1] for name in every[:first]} == {"0"}
    assert [name[:-2] for name in every[first:]] == [
        "FPN-finest",
        "FPN-finest-sampling",
        "+group sampling of proposals",
    ]


def test_a_table_has_its_lines() -> None:
    assert [name[:-2] for name in names("--tables=4") if name.endswith("0")] == [
        "FPN-finest",
        "FPN-finest-sampling",
        "OHEM",
        "focal loss",
    ]


def test_folders_are_told_apart() -> None:
    options = parse(["train", "--records=r"])
    folders = [folder for *_, folder in runs(options)]
    assert len(set(folders)) == len(folders)
    assert all(folder.parent == Path("runs/group-sampling-study") for folder in folders)


def test_fbi_keeps_its_own_configuration() -> None:
    assert flags_of(OF_FBI[0])[0].endswith("fbi-half.flags")
    assert flags_of(SETTINGS[0])[0].endswith("grouped-reduced.flags")


def test_nothing_to_run_is_said() -> None:
    with pytest.raises(ValueError, match="expected settings of FPN-finest"):
        names("--settings=SSD")
