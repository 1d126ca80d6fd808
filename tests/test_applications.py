"""`python -m tfface.train` and `python -m tfface.convert`."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("alias", "says"),
    [
        # Without Keras, so that it need not be waited for.
        ("tfface.train", "expected the package keras"),
        ("tfface.convert", "Flag --model must have a value"),
    ],
)
def test_the_applications_run_beside_files_of_the_same_names(
    tmp_path: Path, alias: str, says: str
) -> None:
    for name in ("train", "convert"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the file of somebody else')\n")
    program = (
        f"import runpy, sys; sys.path[:0] = ['', {str(ROOT)!r}]; sys.argv = ['{alias}']; "
        f"sys.modules['keras'] = None; "
        f"runpy.run_module('{alias}', run_name='__main__', alter_sys=True)"
    )
    process = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True
    )
    assert process.returncode == 1
    assert says in process.stderr


def test_importing_an_alias_runs_nothing() -> None:
    import tfface.convert
    import tfface.train

    assert tfface.train.__doc__ and tfface.convert.__doc__
