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

// verdictProgram recomputes three claims from the files of a store, without any code of ours: the median difference and
// the signed-rank p-value.
const verdictProgram = `
import glob, json, sys
import numpy, pandas, scipy.stats
store = sys.argv[1]
curves = pandas.concat(pandas.read_parquet(f) for f in glob.glob(store + "/runs/*/curve.parquet"))
runs = pandas.json_normalize([json.load(open(f)) for f in glob.glob(store + "/runs/*/manifest.json")])
t = curves.merge(runs[["id", "config.rule"]], left_on="run", right_on="id").sort_values(["run", "point"])
t["accuracy"] *= 100
after = t[t.point > 0].groupby(["seed", "config.rule"]).accuracy.mean().unstack()
last = t.groupby(["seed", "config.rule"]).tail(1).set_index(["seed", "config.rule"]).accuracy.unstack()
above = t[t.point > 0].pivot(index=["seed", "point"], columns="config.rule", values="accuracy")
share = ((above.meta > above.none) + 0.5 * (above.meta == above.none)).groupby("seed").mean() - 0.5
spread = lambda x: (x - x.median()).abs()
for name, d in {"higher-median": after.meta - after.none, "consistent": share,
                "robust": spread(last.meta) - spread(last.none)}.items():
    d = d.round(9)
    nonzero = d[d != 0]
    p = scipy.stats.wilcoxon(nonzero, method=scipy.stats.PermutationMethod(n_resamples=numpy.inf)).pvalue if len(nonzero) else 1
    print(name, repr(float(d.median())), repr(float(p)))
`

// TestPandasFindsTheSame: three claims recomputed from the Parquet files. It needs a Python with pandas, pyarrow and
// scipy, named by HATLAB_PANDAS, as scripts/test does.
func TestPandasFindsTheSame(t *testing.T) {
	python := os.Getenv("HATLAB_PANDAS")
	if python == "" {
		t.Skip("no Python with pandas, pyarrow and scipy: name one in HATLAB_PANDAS")
	}
	dir := t.TempDir()
	runs := experimenttest.Run(t, experimenttest.Store(t, dir), "fig1-epochs", experiment.Options{Set: []string{"sizes=64-8-10", "meta_hidden=4", "examples=400", "epochs=2", "eval_every=0.5", "seeds=8"}},
		func(s experiment.Spec) bool { return s.Reading == experiment.ReadingPaper })
	ours := map[string]analysis.Finding{}
	for _, c := range All {
		if c.ID == "higher-median" || c.ID == "consistent" || c.ID == "robust" {
			c.Readings = []string{experiment.ReadingPaper}
			outcomes, err := judge([]Claim{c}, map[string][]experiment.Run{c.Experiment: runs}, experiment.Options{})
			if err != nil {
				t.Fatal(err)
			}
			ours[c.ID] = outcomes[0].Finding
		}
	}
	output, err := exec.Command(python, "-c", verdictProgram, dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	if len(lines) != 3 {
		t.Fatalf("%s", output)
	}
	for _, line := range lines {
		var name string
		var median, p float64
		if _, err := fmt.Sscan(line, &name, &median, &p); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		f := ours[name]
		if math.Abs(f.Median.Estimate-median) > 1e-8 || math.Abs(f.P-p) > 1e-9 {
			t.Errorf("%s: ours %v, p %v; pandas %v, p %v", name, f.Median.Estimate, f.P, median, p)
		}
		t.Log(line)
	}
}
