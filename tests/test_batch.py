"""tfface.batch: what its command line takes. Its work is tested in tests/test_shards.py."""

import pytest

pytest.importorskip("ray", reason="needs the batch extra")

from tfface.batch import main


def test_an_address_that_ray_data_cannot_use_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main(["*.jpg", "--output=faces", "--address=ray://head:10001"])

    assert "expected HOST:PORT of the head" in capsys.readouterr().err


def test_a_cluster_that_is_not_there_is_a_sentence(
    tmp_path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(**_: object) -> None:
        raise ConnectionError("nobody at head:6379")

    monkeypatch.setattr("ray.init", unreachable)
    (tmp_path / "a.jpg").touch()

    status = main([f"{tmp_path}/a.jpg", f"--output={tmp_path}/faces", "--address=head:6379"])

    assert status == 1
    error = capsys.readouterr().err
    assert "nobody at head:6379" in error
    assert "RAY_AUTH_MODE=token" in error
