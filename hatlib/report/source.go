package report

import (
	"errors"
	"fmt"
	"os"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/analysis/claims"
	"github.com/hatlab/hatlab/hatlib/experiment"
)

// Row is a claim in one reading, judged on the runs of one source.
type Row struct {
	claims.Outcome
	// DifferenceOfMedians is the paper's statistic; its estimate is NaN where the endpoint is no difference of arms.
	DifferenceOfMedians analysis.Interval
	// Treated and Control are the arms, NaN where there are none.
	Treated, Control Arm
}

// Arm summarizes the measure in one arm: quartiles over pairs, and the interquartile mean over all runs with its
// interval, resampled within each value of the experiment's axis.
type Arm struct {
	Q1, Median, Q3    float64
	InterquartileMean analysis.Interval
}

// Source is the runs of one store at one profile, judged. All claims in all readings of a source are one family.
type Source struct {
	// Committed tells the results that come with the repository from those that were computed here.
	Committed bool
	Profile   string
	// Options are what the runs were asked for with.
	Options experiment.Options
	// Rows are in the order of claims.All and of their readings.
	Rows []Row
	// Covered says which runs there are, for each experiment that has any.
	Covered []experiment.Coverage
}

// Name is how the report calls a source.
func (s Source) Name() string {
	if s.Committed {
		return "committed, " + s.Profile
	}
	return "here, " + s.Profile
}

// Of are the rows of a claim.
func (s Source) Of(claim string) []Row {
	var rows []Row
	for _, r := range s.Rows {
		if r.Claim.ID == claim {
			rows = append(rows, r)
		}
	}
	return rows
}

// Family is the number of tests that share the correction: claims in a reading with enough pairs.
func (s Source) Family() int {
	n := 0
	for _, r := range s.Rows {
		if len(r.Differences) >= analysis.MinPairs {
			n++
		}
	}
	return n
}

// PairsNeeded is the number of pairs below which no effect can be found in the family of this source.
func (s Source) PairsNeeded() int { return analysis.PairsNeeded(max(1, s.Family())) }

// Judge reads a store at one profile and judges every claim.
func Judge(store *experiment.Store, o experiment.Options, committed bool) (Source, error) {
	if o.Profile == "" {
		o.Profile = experiment.Profiles[0]
	}
	s := Source{Committed: committed, Profile: o.Profile, Options: o}
	for _, name := range Experiments() {
		e, err := experiment.Find(name)
		if err != nil {
			return s, err
		}
		c, err := experiment.Cover(store, e, o)
		if errors.Is(err, experiment.ErrNoProfile) || errors.Is(err, experiment.ErrWaits) {
			continue
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w", s.Name(), err)
		}
		if len(c.Found.Runs) > 0 {
			s.Covered = append(s.Covered, *c)
		}
	}
	outcomes, err := claims.Judge(store, o)
	if err != nil {
		return s, fmt.Errorf("%s: %w", s.Name(), err)
	}
	s.Rows = rows(outcomes)
	return s, nil
}

func rows(outcomes []claims.Outcome) []Row {
	var out []Row
	for _, o := range outcomes {
		r := Row{Outcome: o, DifferenceOfMedians: o.Sample.DifferenceOfMedians()}
		treated, control := o.Sample.Arms()
		if !o.Sample.HasArms() {
			treated, control = nil, nil
		}
		r.Treated.Q1, r.Treated.Median, r.Treated.Q3 = analysis.Quartiles(treated)
		r.Control.Q1, r.Control.Median, r.Control.Q3 = analysis.Quartiles(control)
		r.Treated.InterquartileMean, r.Control.InterquartileMean = o.Sample.InterquartileMeans()
		out = append(out, r)
	}
	return out
}

// committed judges every profile of which runs are committed, small to large; none is no error.
func committed() ([]Source, error) {
	store, err := experiment.Committed()
	if errors.Is(err, experiment.ErrNoCommitted) && os.Getenv("HATLAB_RESULTS") == "" {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, name := range Experiments() {
		kept, err := experiment.CommittedRuns(name)
		if err != nil {
			return nil, err
		}
		for _, k := range kept {
			there[k.Profile] = true
		}
	}
	var sources []Source
	for _, profile := range experiment.Profiles {
		if !there[profile] {
			continue
		}
		s, err := Judge(store, experiment.Options{Profile: profile}, true)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}
