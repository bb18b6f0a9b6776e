import math
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
import report
import targets


def row(name, group, walls, **more):
    by_round = {str(r): w for r, w in walls.items()}
    median = sorted(walls.values())[len(walls) // 2]
    return dict(name=name, group=group, failure=None, batch=50, inputs=784, outputs=183, hidden=100, need_pre=False, wall_median_s=median, wall_min_s=min(walls.values()),
                cpu_median_s=median, cpu_min_s=median, wall_by_round=by_round, cpu_by_round=by_round, compile_s=4.0, peak_mb=500.0, limit_s=0.03, of_limit=0.3, difference=0.0, rounds=len(walls), version=f"{group} 1.2") | more


def find(found, part):
    return next(t for t in found if part in t["target"])


def test_ratio_pairs_rounds():
    # The machine was three times slower in round 1, for both; the peer left out round 2.
    peer, own = row("p", "conv", {0: 5.0, 1: 15.0}), row("o", "ours", {0: 0.1, 1: 0.3, 2: 0.2})
    assert targets.ratio(peer, own) == pytest.approx(50)


def test_slope_of_a_power_law():
    rows = [row("o", "ours", {0: 3e-9 * n**0.9}, batch=1, inputs=1, outputs=1, hidden=n) for n in (10, 100, 317)]
    assert targets.slope(rows, "wall_median_s") == pytest.approx(0.9)
    # A failed point does not count.
    assert targets.slope(rows + [dict(failure="out of memory")], "wall_median_s") == pytest.approx(0.9)
    assert math.isnan(targets.slope(rows[:1], "wall_median_s"))


def layer(own=0.1, conv=6.0, jax=0.1, hand=0.12):
    return {"layer": {"rows": [row("hatlib fused", "ours", {0: own}), row("conv", "conv", {0: conv}), row("jax", "jax", {0: jax})]},
            "layer, torch.compile": {"rows": [row("hatlib fused", "ours", {0: own}), row("slow hand", "torch hand", {0: 9.0}), row("hand", "torch hand", {0: hand})]}}


def test_targets_are_met_or_not():
    found = targets.targets(layer())
    assert find(found, "convolution")["met"] and find(found, "convolution")["measured"] == pytest.approx(60)
    assert find(found, "JAX fused")["met"]
    # Of several formulations the fastest counts.
    assert find(found, "as it comes, the hand")["measured"] == pytest.approx(1.2)
    assert find(found, "as it comes, the hand")["note"] == "hand"
    worse = targets.targets(layer(own=0.16, conv=7.9, jax=0.15, hand=0.16))
    for part in ("of a first layer", "convolution", "JAX fused", "as it comes, the hand"):
        assert find(worse, part)["met"] is False, part


def test_what_was_not_measured_is_not_met():
    found = targets.targets({})
    assert found and all(t["met"] is None for t in found)
    failed = layer()
    failed["layer"]["rows"][1] = dict(name="conv", group="conv", failure="out of memory")
    assert find(targets.targets(failed), "convolution")["met"] is None


def test_slopes_enter_the_targets():
    points = {str(n): {"rows": [row("hatlib fused", "ours", {0: 1e-8 * n**1.2}, batch=n, inputs=1, outputs=1, hidden=1, curve="batch")]} for n in (5, 50, 500)}
    t = find(targets.targets(points), "slope over batch, 2.0 decades")
    assert t["measured"] == pytest.approx(1.2) and t["met"] is False
    # One point has no slope.
    assert not targets.slopes({"5": points["5"]})


def test_report_tells_everything():
    sections = layer() | {"small learner, pure Go": {"rows": [row("HAT", "", {0: 0.004})]}, "gpu": {"rows": [], "skipped": "No GPU was at hand."}}
    sections["layer"]["rows"].append(dict(name="broken", group="torch own", failure="RuntimeError: no compiler"))
    result = report.complete({"machine": dict(processor="P", cores=2, memory_gb=24, system="Linux", load="0", gpu="No GPU."), "date": "2026-01-01", "versions": {"JAX": "0.10.2"}, "sections": sections})
    text = report.markdown(result)
    for part in ("**hatlib fused**", "broken failed: RuntimeError: no compiler", "No GPU was at hand.", "not measured", "| small learner, pure Go | HAT | 4 ms |", "**met**"):
        assert part in text, part
    page = report.into_readme("# A\n" + "old\n".join(report.README_MARKS) + "end\n", result)
    assert page.startswith("# A\n") and page.endswith("end\n") and "old" not in page and "takes 0.1 s and 500 MB" in page and "ours 1.2; " in page
    with pytest.raises(ValueError, match="marks"):
        report.into_readme("# A\n", result)
    lines = report.csv_text(result).splitlines()
    assert len(lines) == 1 + 4 + 3 + 1 and lines[0].startswith("section,name,group")
