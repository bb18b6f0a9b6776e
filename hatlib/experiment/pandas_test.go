package experiment

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// readingProgram reads a store with no code of ours; the package comment shows the same lines.
const readingProgram = `
import glob, json, sys
import duckdb, pandas
store = sys.argv[1]
curves = pandas.concat(pandas.read_parquet(f) for f in sorted(glob.glob(store + "/runs/*/curve.parquet")))
runs = pandas.json_normalize([json.load(open(f)) for f in sorted(glob.glob(store + "/runs/*/manifest.json"))])
last = curves.sort_values("point").groupby("run").tail(1)
table = last.merge(runs, left_on="run", right_on="id")
for _, r in table.sort_values("config.rule").iterrows():
    print("pandas", r["config.rule"], repr(float(r["accuracy"])), len(r["by_class"]))
rows = duckdb.sql(f"""
    SELECT m.config.rule AS rule, arg_max(c.accuracy, c.point) AS accuracy
    FROM '{store}/runs/*/curve.parquet' c JOIN read_json('{store}/runs/*/manifest.json') m ON c.run = m.id
    GROUP BY ALL ORDER BY rule""").fetchall()
for rule, accuracy in rows:
    print("duckdb", rule, repr(accuracy))
`

// TestPandasAndDuckDB: both read a store as it is. It needs a Python with pandas, pyarrow and duckdb, named by
// HATLAB_PANDAS, as scripts/test does.
func TestPandasAndDuckDB(t *testing.T) {
	python := os.Getenv("HATLAB_PANDAS")
	if python == "" {
		t.Skip("no Python with pandas, pyarrow and duckdb: name one in HATLAB_PANDAS")
	}
	be, s := goBackend(t), newStore(t)
	specs := []Spec{spec(tiny(t), "HAT"), spec(tiny(t, "rule=none"), "control")}
	compute1(t, be, s, specs...)
	found, err := Collect(s, specs)
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, r := range found.Runs {
		want += fmt.Sprintf("pandas %s %v 10\n", r.Spec.Config.Rule, r.Final())
	}
	for _, r := range found.Runs {
		want += fmt.Sprintf("duckdb %s %v\n", r.Spec.Config.Rule, r.Final())
	}
	output, err := exec.Command(python, "-c", readingProgram, s.Dir()).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if got := string(output); strings.TrimSpace(got) != strings.TrimSpace(want) {
		t.Errorf("read:\n%s\nstored:\n%s", got, want)
	}
}
