package claims

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/internal/experimenttest"
)

// verdictProgram recomputes three claims from the files of a store, without any code of ours: the median difference, the
// signed-rank and equivalence p-values, both after Holm over the three, and the verdict. The store may hold other runs: a line
// for pandas' query says which are meant.
const verdictProgram = `
import glob, json, sys
import numpy, pandas, scipy.stats
store, wanted = sys.argv[1:]
runs = pandas.json_normalize([json.load(open(f)) for f in glob.glob(store + "/runs/*/manifest.json")]).rename(columns=lambda c: c.removeprefix("config."))
runs = runs.loc[:, ~runs.columns.duplicated()].query(wanted)
curves = pandas.concat(pandas.read_parquet(f"{store}/runs/{run}/curve.parquet") for run in runs.id)
t = curves.merge(runs[["id", "rule"]], left_on="run", right_on="id").sort_values(["run", "point"])
t["accuracy"] *= 100
after = t[t.point > 0].groupby(["seed", "rule"]).accuracy.mean().unstack()
last = t.groupby(["seed", "rule"]).tail(1).set_index(["seed", "rule"]).accuracy.unstack()
above = t[t.point > 0].pivot(index=["seed", "point"], columns="rule", values="accuracy")
share = ((above.meta > above.none) + 0.5 * (above.meta == above.none)).groupby("seed").mean() - 0.5
spread = lambda x: (x - x.median()).abs()

def signed_rank(d):
    """The exact distribution of the sum of ranks above 0, each of which is there or not: a product of polynomials."""
    d = d[d != 0]
    ranks = numpy.rint(2 * scipy.stats.rankdata(abs(d))).astype(int)
    chance = numpy.ones(1)
    for r in ranks:
        chance = numpy.convolve(chance, numpy.r_[0.5, numpy.zeros(r - 1), 0.5])
    w = ranks[d > 0].sum()
    p = min(1, 2 * chance[: min(w, ranks.sum() - w) + 1].sum())
    if len(d) <= 10:
        assert not len(d) or abs(p - scipy.stats.wilcoxon(d, method=scipy.stats.PermutationMethod(n_resamples=numpy.inf)).pvalue) < 1e-12
    return p

def equivalent(d, margin):
    return max(scipy.stats.ttest_1samp(d, -margin, alternative="greater").pvalue, scipy.stats.ttest_1samp(d, margin, alternative="less").pvalue)

def holm(p):
    order = numpy.argsort(p)
    corrected = numpy.empty(len(p))
    corrected[order] = numpy.minimum(1, numpy.maximum.accumulate(numpy.sort(p) * numpy.arange(len(p), 0, -1)))
    return corrected

claims = {"higher-median": (after.meta - after.none, 1, 0.5), "consistent": (share, 1, 0.25), "robust": (spread(last.meta) - spread(last.none), -1, 0.5)}
samples = {name: d.round(9).to_numpy() for name, (d, _, _) in claims.items()}
p = [signed_rank(d) for d in samples.values()]
q = [equivalent(samples[name], smallest) for name, (_, _, smallest) in claims.items()]
for name, pk, corrected, too_small in zip(claims, p, holm(p), holm(q)):
    (_, sign, smallest), median = claims[name], numpy.median(samples[name])
    if corrected < 0.05 and abs(median) >= smallest:
        verdict = "replicates" if median * sign > 0 else "reversed"
    else:
        verdict = "equivalent" if too_small < 0.05 else "inconclusive"
    print(name, len(samples[name]), *map(repr, map(float, (median, pk, corrected, too_small))), verdict)
`

// recomputed are the claims of verdictProgram.
var recomputed = []string{"higher-median", "consistent", "robust"}

// comparePandas judges the three claims on runs as one family, and compares with what verdictProgram finds in the files.
func comparePandas(t *testing.T, runs []experiment.Run, dir, wanted string) []Outcome {
	t.Helper()
	python := os.Getenv("HATLAB_PANDAS")
	if python == "" {
		t.Skip("no Python with pandas, pyarrow and scipy: name one in HATLAB_PANDAS")
	}
	var three []Claim
	for _, id := range recomputed {
		c, err := Find(id)
		if err != nil {
			t.Fatal(err)
		}
		c.Readings = []string{experiment.ReadingPaper}
		three = append(three, c)
	}
	ours, err := judge(three, map[string][]experiment.Run{three[0].Experiment: runs}, experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	output, err := exec.Command(python, "-c", verdictProgram, dir, wanted).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	if len(lines) != len(ours) {
		t.Fatalf("%s", output)
	}
	for i, line := range lines {
		var name, verdict string
		var n int
		var median, p, corrected, tooSmall float64
		if _, err := fmt.Sscan(line, &name, &n, &median, &p, &corrected, &tooSmall, &verdict); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		o := ours[i]
		if name != o.Claim.ID || n != len(o.Differences) || math.Abs(o.Median.Estimate-median) > 1e-8 || math.Abs(o.P-p) > 1e-9 ||
			math.Abs(o.Corrected-corrected) > 1e-9 || math.Abs(o.CorrectedEquivalent-tooSmall) > 1e-9 || string(o.Verdict) != verdict {
			t.Errorf("%s: ours n %d, median %v, p %v, corrected %v, equivalent %v, %s; pandas %s", o.Claim.ID, len(o.Differences), o.Median.Estimate, o.P,
				o.Corrected, o.CorrectedEquivalent, o.Verdict, line)
		}
		t.Log(line)
	}
	return ours
}

// TestPandasFindsTheSame: three claims recomputed from the Parquet files of runs made here. It needs a Python with pandas,
// pyarrow and scipy, named by HATLAB_PANDAS, as scripts/test does.
func TestPandasFindsTheSame(t *testing.T) {
	dir := t.TempDir()
	runs := experimenttest.Run(t, experimenttest.Store(t, dir), "fig1-epochs", experiment.Options{Set: []string{"sizes=64-8-10", "meta_hidden=4", "examples=400", "epochs=2", "eval_every=0.5", "seeds=8"}},
		func(s experiment.Spec) bool { return s.Reading == experiment.ReadingPaper })
	comparePandas(t, runs, dir, "seed >= 0")
}

// TestPandasFindsTheCommitted: the same on the committed runs, found among all others by what their manifests say, down to the
// median and p that VERDICTS.md is written from.
func TestPandasFindsTheCommitted(t *testing.T) {
	const profile = "wide"
	kept, err := experiment.CommittedRuns("fig1-epochs")
	if err != nil {
		t.Fatal(err)
	}
	store, err := experiment.Committed()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kept {
		if k.Profile != profile {
			continue
		}
		three := comparePandas(t, k.Found.Complete(), store.Dir(),
			"rule in ['none', 'meta'] and examples == 8000 and epochs == 5 and label_fraction == 1 and output_activation == 'relu' and update_entry == 'weights' and seed < 30")
		all, err := Judge(store, experiment.Options{Profile: profile})
		if err != nil {
			t.Fatal(err)
		}
		verdicts := map[analysis.Verdict]bool{}
		for _, o := range three {
			verdicts[o.Verdict] = true
			for _, whole := range all {
				if whole.Claim.ID == o.Claim.ID && whole.Reading == o.Reading && (whole.Median.Estimate != o.Median.Estimate || whole.P != o.P) {
					t.Errorf("%s: median %v, p %v in the whole family", o.Claim.ID, whole.Median.Estimate, whole.P)
				}
			}
		}
		if len(verdicts) < 2 {
			t.Errorf("all verdicts are alike, so words could be mistaken: %v", verdicts)
		}
		return
	}
	t.Fatalf("no runs of profile %s are committed", profile)
}
