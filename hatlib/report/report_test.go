package report

import (
	"encoding/csv"
	"encoding/xml"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/analysis/claims"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// simulated judges n pairs of every claim: an effect of three times what counts, in the direction that the claim states,
// where gain says so, and none elsewhere. Readings in lacking have no runs.
func simulated(profile string, committed bool, n int, gain func(c claims.Claim, reading string) float64, lacking ...string) Source {
	return simulatedOf(claims.All, profile, committed, n, gain, lacking...)
}

func simulatedOf(list []claims.Claim, profile string, committed bool, n int, gain func(c claims.Claim, reading string) float64, lacking ...string) Source {
	rng := rand.New(rand.NewPCG(3, uint64(n)))
	var outcomes []claims.Outcome
	var tests []analysis.Test
	for _, c := range list {
		for _, reading := range c.Readings {
			s := claims.Sample{Treated: [][]float64{nil}, Control: [][]float64{nil}}
			for range n {
				if slices.Contains(lacking, reading) {
					break
				}
				control := 80 + rng.NormFloat64()
				d := gain(c, reading)*3*c.Smallest + 0.2*c.Smallest*rng.NormFloat64()
				s.Treated[0], s.Control[0], s.Differences = append(s.Treated[0], control+d), append(s.Control[0], control), append(s.Differences, d)
			}
			outcomes = append(outcomes, claims.Outcome{Claim: c, Reading: reading, Sample: s, Command: "go run ./scripts/hatlab sweep " + c.Experiment})
			tests = append(tests, analysis.Test{Differences: s.Differences, Direction: c.Direction, Smallest: c.Smallest})
		}
	}
	for i, f := range analysis.Judge(tests) {
		outcomes[i].Finding = f
	}
	return Source{Committed: committed, Profile: profile, Rows: rows(outcomes)}
}

func stated(c claims.Claim, _ string) float64 { return float64(c.Direction) }
func nothing(claims.Claim, string) float64    { return 0 }

// TestOverall: the verdict over readings, for planted effects.
func TestOverall(t *testing.T) {
	inPaper := func(c claims.Claim, reading string) float64 {
		if reading == experiment.ReadingPaper {
			return float64(c.Direction)
		}
		return 0
	}
	median, err := claims.Find("higher-median")
	if err != nil {
		t.Fatal(err)
	}
	stable, err := claims.Find("stable")
	if err != nil {
		t.Fatal(err)
	}
	two := []claims.Claim{median, stable}
	for name, c := range map[string]struct {
		source Source
		want   string
		detail string
	}{
		"the stated effect in every reading": {simulatedOf(two, "quick", false, 12, stated), Replicates, "in every reading"},
		"the opposite effect":                {simulatedOf(two, "quick", false, 12, func(c claims.Claim, r string) float64 { return -stated(c, r) }), DoesNot, "reversed in every reading"},
		"no effect":                          {simulatedOf(two, "quick", false, 12, nothing), DoesNot, "equivalent in every reading"},
		"in one reading only":                {simulatedOf(two, "quick", false, 12, inPaper), Mixed, "replicates in paper; equivalent in \u201cpaper, linear outputs\u201d, released"},
		"one reading without runs": {simulatedOf(two, "quick", false, 12, stated, experiment.ReadingReleased), Replicates,
			"in paper, \u201cpaper, linear outputs\u201d; not tested in released"},
		"few pairs": {simulatedOf(two, "smoke", false, 5, stated), NotTested, ""},
	} {
		if o := overall(c.source.Of("higher-median")); o.Verdict != c.want || o.Detail != c.detail {
			t.Errorf("%s: %s (%s), want %s (%s)", name, o.Verdict, o.Detail, c.want, c.detail)
		}
	}
	// A reading that says nothing takes away no verdict that another gives, and is named beside it.
	for _, c := range []struct {
		paper, linear, released analysis.Verdict
		want                    string
	}{
		{analysis.Replicates, analysis.Inconclusive, analysis.NotTested, "replicates (in paper; inconclusive in \u201cpaper, linear outputs\u201d; not tested in released)"},
		{analysis.Equivalent, analysis.Inconclusive, analysis.Reversed, "does not replicate (reversed in released; equivalent in paper; inconclusive in \u201cpaper, linear outputs\u201d)"},
		{analysis.Reversed, analysis.Inconclusive, analysis.Replicates, "mixed (replicates in released; reversed in paper; inconclusive in \u201cpaper, linear outputs\u201d)"},
		{analysis.Inconclusive, analysis.NotTested, analysis.NotTested, "inconclusive (in paper; not tested in \u201cpaper, linear outputs\u201d, released)"},
		{analysis.NotTested, analysis.NotTested, analysis.NotTested, NotTested},
	} {
		rows := make([]Row, 3)
		for i, v := range []analysis.Verdict{c.paper, c.linear, c.released} {
			rows[i].Reading, rows[i].Verdict = median.Readings[i], v
		}
		if o := overall(rows); o.String() != c.want || o.Everywhere != (c.paper == c.linear && c.linear == c.released) {
			t.Errorf("%s, everywhere %t; want %s", o, o.Everywhere, c.want)
		}
	}
	// A claim of no effect is replicated by its absence.
	if o := overall(simulatedOf(two, "quick", false, 12, nothing).Of("stable")); o.Verdict != Replicates {
		t.Errorf("no effect, as claimed: %+v", o)
	}
}

// TestPermutedLabels: where arms are drawn by a coin, at most 5% of reports hold a verdict of an effect, on any claim.
func TestPermutedLabels(t *testing.T) {
	const reports, pairs = 1000, 30
	if needed := analysis.PairsNeeded(claims.FamilySize()); needed > pairs {
		t.Fatalf("%d pairs can reach no effect, %d are needed", pairs, needed)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	wrong := 0
	for range reports {
		var tests []analysis.Test
		for _, c := range claims.All {
			for range c.Readings {
				var d []float64
				for range pairs {
					// Twice what counts in every pair, so that what is found is no smaller than that; the coin says whose it is.
					d = append(d, float64(1-2*rng.IntN(2))*c.Smallest*(2+rng.Float64()))
				}
				tests = append(tests, analysis.Test{Differences: d, Direction: c.Direction, Smallest: c.Smallest})
			}
		}
		findings := analysis.Verdicts(tests)
		r := assemble(Source{}, nil)
		for i, e := range r.Entries {
			var rows []Row
			for range e.Claim.Readings {
				rows = append(rows, Row{Outcome: claims.Outcome{Claim: e.Claim, Finding: findings[0]}})
				findings = findings[1:]
			}
			r.Entries[i].Here = overall(rows)
		}
		here, _ := r.Count()
		ours, _ := r.CountOurs()
		if here.By[Inconclusive]+ours.By[Inconclusive] < len(r.Entries) {
			wrong++
		}
	}
	t.Logf("%d of %d", wrong, reports)
	// 5% and three standard errors.
	if limit := analysis.Alpha + 3*math.Sqrt(analysis.Alpha*(1-analysis.Alpha)/reports); float64(wrong)/reports > limit {
		t.Errorf("%d of %d reports hold a false verdict, at most %.1f%% may", wrong, reports, 100*limit)
	}
}

// TestLargestCommittedProfile: the verdict is that of the largest profile that tests the claim, whatever it says.
func TestLargestCommittedProfile(t *testing.T) {
	r := assemble(simulated("smoke", false, 2, stated), []Source{simulated("quick", true, 16, stated), simulated("wide", true, 16, nothing),
		simulated("cpu", true, 7, stated), simulated("paper", true, 3, stated)})
	for _, e := range r.Entries {
		if e.From == nil || e.From.Profile != "wide" || e.Here.Verdict != NotTested {
			t.Fatalf("%s: from %v, here %s", e.Claim.ID, e.From, e.Here.Verdict)
		}
		if want := map[bool]string{true: Replicates, false: DoesNot}[e.Claim.Direction == analysis.NoEffect]; e.Committed.Verdict != want {
			t.Errorf("%s: %s, want %s", e.Claim.ID, e.Committed.Verdict, want)
		}
	}
	here, kept := r.Count()
	_, ours := r.CountOurs()
	if here.Tested() != 0 || kept.Tested() != kept.Claims || kept.Claims != 22 || ours.Claims != 1 || kept.Claims+ours.Claims != len(claims.All) ||
		kept.String() != "3 replicate (in every reading), 19 do not replicate (in every reading)" ||
		ours.String() != "1 does not replicate (in every reading)" {
		t.Errorf("here %s; committed %s; ours %s", here, kept, ours)
	}
	// Without a profile that could find an effect it is the largest that tests at all.
	two := claims.All[:2]
	r = assemble(simulatedOf(two, "smoke", false, 2, stated), []Source{simulatedOf(two, "quick", true, 7, stated), simulatedOf(two, "cpu", true, 6, stated), simulatedOf(two, "paper", true, 2, stated)})
	if from := r.Entries[0].From; from.Profile != "cpu" || from.Family() != 6 || from.PairsNeeded() != 8 {
		t.Errorf("from %s: %d tests, %d pairs needed", from.Profile, from.Family(), from.PairsNeeded())
	}
	if r := assemble(simulated("smoke", false, 2, stated), nil); r.Entries[0].From != nil || r.Entries[0].Committed.Verdict != NotTested {
		t.Error("a committed verdict without committed results")
	}
}

// TestCounts: in words, one or many.
func TestCounts(t *testing.T) {
	var c Counts
	for _, o := range []Overall{{Verdict: Replicates}, {Verdict: Replicates, Everywhere: true}, {Verdict: DoesNot}, {Verdict: Mixed}, {Verdict: Inconclusive},
		{Verdict: Inconclusive}, {Verdict: NotTested}} {
		c.add(o)
	}
	want := "2 replicate (1 of them in every reading), 1 does not replicate (not in every reading), 1 is mixed, 2 are inconclusive, 1 is not tested at this scale"
	if c.String() != want || c.Claims != 7 || c.Tested() != 6 {
		t.Errorf("%d claims, %d tested: %s", c.Claims, c.Tested(), c)
	}
	if c.add(Overall{Verdict: DoesNot}); !strings.Contains(c.String(), "2 do not replicate (none of them in every reading)") {
		t.Error(c)
	}
}

// TestWithin: a profile whose runs are all among those of a larger one is left out, in this direction only.
func TestWithin(t *testing.T) {
	e, err := experiment.Find("long")
	if err != nil {
		t.Fatal(err)
	}
	source := func(profile string, ids ...string) Source {
		c := experiment.Coverage{Experiment: e, Found: &experiment.Found{}}
		for _, id := range ids {
			c.Found.Runs = append(c.Found.Runs, experiment.Run{Manifest: &experiment.Manifest{ID: id}})
		}
		return Source{Profile: profile, Covered: []experiment.Coverage{c}}
	}
	quick, wide := source("quick", "a", "b"), source("wide", "a", "b", "c")
	if !quick.within(wide) || wide.within(quick) || wide.within(wide) || source("quick", "a", "d").within(wide) {
		t.Error("which runs are among which")
	}
}

// wellFormed reads a fragment as XML, with HTML's void elements, and returns its links and the places that they may lead to.
func wellFormed(t *testing.T, fragment string) (links, places []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader("<div>" + fragment + "</div>"))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatalf("not well formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			for _, a := range e.Attr {
				switch a.Name.Local {
				case "href":
					links = append(links, a.Value)
				case "id":
					places = append(places, a.Value)
				case "src":
					if !strings.HasPrefix(a.Value, "data:") {
						t.Errorf("the page would load %s", a.Value)
					}
				}
			}
		}
	}
}

// TestPath: from every sentence to its section, from every section to a command, and nothing from the network.
func TestPath(t *testing.T) {
	r := assemble(simulated("smoke", false, 3, stated), []Source{simulated("quick", true, 30, stated, experiment.ReadingReleased)})
	page := r.Summary() + r.Runs()
	for _, e := range r.Entries {
		section := r.Section(e)
		for _, want := range []string{"sweep " + e.Claim.Experiment, "report --claim " + e.Claim.ID + " --profile quick --out notebooks/results",
			e.Claim.Notebook + ".ipynb", "data:image/svg&#43;xml;base64,", "committed, quick", "here, smoke"} {
			if !strings.Contains(section, want) {
				t.Errorf("%s: no %q in its section", e.Claim.ID, want)
			}
		}
		if strings.Contains(section, "NaN") || strings.Contains(section, "Inf") {
			t.Errorf("%s: a number that is none", e.Claim.ID)
		}
		page += section
	}
	links, places := wellFormed(t, page)
	there := map[string]bool{}
	for _, p := range places {
		if there[p] {
			t.Errorf("the place %s is there twice", p)
		}
		there[p] = true
	}
	sentences := 0
	for _, l := range links {
		place, inside := strings.CutPrefix(l, "#")
		if !inside {
			if !regexp.MustCompile(`^\d\d_\w+\.ipynb$`).MatchString(l) {
				t.Errorf("a link to %s", l)
			}
			continue
		}
		if !there[place] {
			t.Errorf("a link to #%s, which is not there", place)
		}
		if strings.HasPrefix(place, "claim-") {
			sentences++
		}
	}
	if sentences != len(claims.All) {
		t.Errorf("%d sentences lead to a section, want %d", sentences, len(claims.All))
	}
	if text := r.Text(); strings.Count(text, "\n") != 2*len(claims.All)-1 {
		t.Errorf("text: %s", text)
	}
}

// TestCSV: every number of the report is in it, with all digits.
func TestCSV(t *testing.T) {
	r := assemble(simulated("smoke", false, 3, stated), []Source{simulated("quick", true, 30, stated)})
	data, err := r.CSV()
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if want := 1 + len(r.Here.Rows) + len(r.Committed[0].Rows); len(lines) != want {
		t.Errorf("%d lines, want %d", len(lines), want)
	}
	column := map[string]int{}
	for i, name := range lines[0] {
		column[name] = i
	}
	row := r.Committed[0].Rows[0]
	last := lines[1+len(r.Here.Rows)]
	for name, want := range map[string]float64{"median": row.Median.Estimate, "n": 30, "difference_of_medians_hi": row.DifferenceOfMedians.Hi,
		"treated_iqm": row.Treated.InterquartileMean.Estimate, "control_q1": row.Control.Q1, "p_corrected": row.Corrected, "smallest": row.Claim.Smallest} {
		if got, err := strconv.ParseFloat(last[column[name]], 64); err != nil || got != want {
			t.Errorf("%s: %q, want %v", name, last[column[name]], want)
		}
	}
	if last[column["command"]] != row.Command || last[column["committed"]] != "true" {
		t.Errorf("%q", last)
	}
}

// TestFromStores: computed, read and judged, all the way from a store, beside a committed one.
func TestFromStores(t *testing.T) {
	store, err := experiment.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := experiment.Options{Set: []string{"sizes=64-6-10", "meta_hidden=2", "examples=100", "epochs=1", "seeds=1"}}
	be := backendtest.Go(t)
	summary, err := experiment.DoAll(t.Context(), be, store, Experiments(), o, "")
	if err != nil || summary.Computed == 0 {
		t.Fatalf("%s: %v", summary, err)
	}
	if again, err := experiment.DoAll(t.Context(), be, store, Experiments(), o, ""); err != nil || again.Computed != 0 || again.Total != summary.Total {
		t.Errorf("a second time: %s, %v", again, err)
	}
	t.Setenv("HATLAB_RESULTS", store.Dir()) // other sizes than the profile's: nothing of it counts as committed
	r, err := Read(store, o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Committed) != 0 || len(r.Here.Covered) != 6 {
		t.Errorf("%d committed sources, %d experiments here", len(r.Committed), len(r.Here.Covered))
	}
	n := map[string]int{}
	for _, row := range r.Here.Rows {
		n[row.Claim.ID] += len(row.Differences)
		if row.Verdict != analysis.NotTested {
			t.Errorf("%s, %s: %s", row.Claim.ID, row.Reading, row.Verdict)
		}
	}
	for _, id := range []string{"higher-median", "scarce-labels", "linear-in-vj", "undisturbed", "a-priori-harmful", "best-against-best", "asymptote"} {
		if n[id] == 0 {
			t.Errorf("%s has no number: %v", id, n)
		}
	}
	for _, row := range r.Here.Of("scarce-labels") {
		if len(row.Differences) == 1 && (len(row.Sample.Treated) != 2 || math.IsNaN(row.DifferenceOfMedians.Estimate)) {
			t.Errorf("labels: %+v", row.Sample)
		}
	}
	if runs := r.Runs(); !strings.Contains(runs, "fig1-epochs") || !strings.Contains(runs, "64-6-10") {
		t.Errorf("runs: %s", runs)
	}
	for _, e := range r.Entries {
		wellFormed(t, r.Section(e))
	}
	if runs, diverged := r.Diverged(); runs == 0 || runs > summary.Total || diverged > runs || r.Here.Measured() < 20 {
		t.Errorf("%d runs of %d, %d diverged; %d rows measured", runs, summary.Total, diverged, r.Here.Measured())
	}
}
