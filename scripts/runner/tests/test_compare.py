"""Numbers against references: alone, and through a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runner.compare import compare, update


def numbers(path: Path, **values: float) -> Path:
    path.write_text(json.dumps({k: {"value": v, "rtol": 0.01, "atol": 0.001, "n": 3} for k, v in values.items()}))
    return path


@pytest.mark.parametrize(("got", "ok"), [(100, True), (101.0009, True), (98.9991, True), (101.0011, False), (98.9989, False), (-100, False)])
def test_tolerance(tmp_path, got, ok):
    result = compare(numbers(tmp_path / "got", a=got), numbers(tmp_path / "want", a=100), "hatlab")
    assert [not c.failure for c in result] == [ok]
    if not ok:
        assert "expected 100" in result[0].failure and "atol 0.001 + rtol 0.01" in result[0].failure


def test_missing_on_either_side(tmp_path):
    result = compare(numbers(tmp_path / "got", a=1, b=2), numbers(tmp_path / "want", b=2, c=3), "hatlab")
    assert [(c.key, bool(c.failure)) for c in result] == [("a", True), ("b", False), ("c", True)]
    assert all(c.failure for c in compare(tmp_path / "none", tmp_path / "want", "hatlab"))


@pytest.mark.parametrize("text", ["{", "[]", '{"a": 1}', '{"a": {"value": "1", "rtol": 0, "atol": 0}}', '{"a": {"value": NaN, "rtol": 0, "atol": 0}}'])
def test_broken_file(tmp_path, text):
    (tmp_path / "got").write_text(text)
    result = compare(tmp_path / "got", numbers(tmp_path / "want", a=1), "hatlab")
    assert len(result) == 1 and str(tmp_path / "got") in result[0].failure


def test_a_value_for_another_kernel(tmp_path):
    reference = tmp_path / "reference" / "01.json"
    update(numbers(tmp_path / "xla", a=1, b=5), reference, "hatlab")
    update(numbers(tmp_path / "go", a=2, b=5), reference, "hatlab-go")
    entries = json.loads(reference.read_text())
    assert entries["a"]["value"] == 1 and entries["a"]["kernels"] == {"hatlab-go": 2} and "kernels" not in entries["b"]
    for kernel, path in (("hatlab", "xla"), ("hatlab-go", "go")):
        assert not any(c.failure for c in compare(tmp_path / path, reference, kernel))
    assert any(c.failure for c in compare(tmp_path / "go", reference, "hatlab"))
    update(numbers(tmp_path / "xla", a=1.5, b=5), reference, "hatlab")
    assert json.loads(reference.read_text())["a"]["kernels"] == {"hatlab-go": 2}
    update(numbers(tmp_path / "go", a=1.5, b=5), reference, "hatlab-go")
    assert "kernels" not in json.loads(reference.read_text())["a"]


def test_through_a_run(bench):
    reference = bench.folder / "notebooks" / "reference" / "smoke" / "01.json"
    bench.add("01", "number accuracy 0.8", "number loss 1.5")
    assert bench.run() == 1
    assert "there is no reference" in bench.text
    assert bench.run("--update-reference") == 0, bench.text
    assert json.loads(reference.read_text())["loss"]["value"] == 1.5
    assert bench.run() == 0, bench.text
    bench.add("01", "number accuracy 0.2")
    assert bench.run() == 1
    assert "01.ipynb: number accuracy: expected 0.8, got 0.2" in bench.text
    assert "01.ipynb: number loss: expected 1.5, and the notebook did not record it" in bench.text
    assert 'name="number accuracy"' in (bench.out / "junit.xml").read_text()
    assert bench.run("--set", "rate=1") == 0
    assert bench.run("--profile", "quick") == 0
    assert "not compared" in bench.text
