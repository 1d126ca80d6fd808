"""Which settings the study of masks goes on with."""

from benchmarks.feature_masking import SETTINGS, best_of


def test_the_best_uf_ssd_is_that_with_the_highest_mean() -> None:
    rows = [
        {"setting": "UF-SSD+FFMM-x1", "easy": 60.0, "medium": 50.0, "hard": 30.0},  # 140
        {"setting": "UF-SSD+FEM", "easy": 55.0, "medium": 52.0, "hard": 36.0},  # 143
        {"setting": "FBI-1/2", "easy": 80.0, "medium": 70.0, "hard": 40.0},  # another detector
    ]

    best = best_of(rows)
    assert best is not None and best.name == "UF-SSD+FEM"
    assert best_of(rows[2:]) is None


def test_settings_are_those_of_the_tables_and_fbi() -> None:
    names = [setting.name for setting in SETTINGS]

    assert len(set(names)) == len(names) == 10
