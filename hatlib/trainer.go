package hatlib

import (
	"fmt"
	"math"

	"github.com/gomlx/compute"

	"github.com/hatlab/hatlab/hatlib/dataset"
)

// Trainer is one pair (L, M) in training: the only member of a [Population] when [NewTrainer] makes it, or one of several.
type Trainer struct {
	population *Population
	index      int
	config     Config
	labels     []float32 // 1 for every training example that has a label

	batches  int    // batches seen so far
	diverged int    // batch of the first loss that is not finite, 0 for none
	left     Arrays // of one member among others: the state that it was left with when it diverged
}

// NewTrainer makes a population of one; see [NewPopulation] for arguments and errors.
func NewTrainer(be compute.Backend, config Config, train, test *dataset.Set) (*Trainer, error) {
	p, err := NewPopulation(be, []Config{config}, train, test)
	if err != nil {
		return nil, err
	}
	return p.members[0], nil
}

// alone returns an error for one member among others: those go together.
func (t *Trainer) alone() error {
	if n := len(t.population.members); n > 1 {
		return fmt.Errorf("this is member %d of a population of %d, which starts and trains as a whole: use the methods of Population", t.index, n)
	}
	return nil
}

// Reset is [Population.Reset] of a population of one.
func (t *Trainer) Reset(config Config) error {
	if err := t.alone(); err != nil {
		return err
	}
	return t.population.Reset([]Config{config})
}

// resettable are the fields that a compiled step does not depend on.
var resettable = map[string]bool{"seed": true, "seed_learner": true, "seed_meta": true, "seed_order": true, "seed_labels": true,
	"arms": true, "local_rate": true, "lr_learner": true, "lr_meta": true, "label_fraction": true, "epochs": true, "eval_every": true, "curve": true, "shuffle": true,
	"init": true, "meta_init": true, "meta_init_scale": true}

// differenceBut names the first field in which two configurations differ, leaving out those of but.
func (c *Config) differenceBut(other Config, but map[string]bool) string {
	a, b := c.Fields(), other.Fields()
	for i := range a {
		if a[i].Value != b[i].Value && !but[a[i].Name] {
			return a[i].Name
		}
	}
	return ""
}

// newHAT puts the learner and the rule of a configuration together.
func (c *Config) newHAT() (*HAT, error) {
	rule, err := c.NewRule()
	if err != nil {
		return nil, err
	}
	return &HAT{
		Learner: &Learner{Sizes: c.Sizes, Hidden: c.HiddenActivation, Output: c.OutputActivation},
		Rule:    rule, Entry: c.UpdateEntry, GradientAt: c.GradientAt,
		SeesPreactivation: c.PostSeen == "preactivation", Shuffled: c.Pairing == PairingShuffled,
	}, nil
}

// labelMask is 1 for every training example that has a label, [N]. With label_draw=batch it is by position in the
// order of training, which [Trainer.Train] resolves; here all ones.
func (c *Config) labelMask(train *dataset.Set) []float32 {
	mask := make([]float32, train.N)
	var labelled []bool
	if c.LabelDraw == "example" {
		labelled = dataset.LabelMask(train.Y, train.Classes, c.LabelFraction, c.stream(streamLabels, 0).Rand)
	}
	for i := range mask {
		if labelled == nil || labelled[i] {
			mask[i] = 1
		}
	}
	return mask
}

// Train takes steps: plan[s] are the indices of the examples of step s, and labelled[s] is false when the whole batch is
// treated as unlabelled (nil: none is). It takes as many steps per call as the backend allows and stops, without an error,
// after the call in which the loss stopped being finite, see [Trainer.Diverged]. progress, when not nil, is called after
// every call; when it returns an error Train stops and returns that. A member of a larger population returns an error.
func (t *Trainer) Train(steps [][]int32, labelled []bool, progress func(steps int, log StepLog) error) error {
	if err := t.alone(); err != nil {
		return err
	}
	return t.population.train([]plan{{steps, labelled}}, func(n int, logs []StepLog) error {
		if progress == nil {
			return nil
		}
		return progress(n, logs[0])
	})
}

// Evaluate measures the pair on the test set.
func (t *Trainer) Evaluate() (Evaluation, error) {
	all, err := t.population.test.evaluate()
	if err != nil {
		return Evaluation{}, err
	}
	return all[t.index], nil
}

// Close frees the compiled graphs; the trainer, and its population, cannot be used afterwards.
func (t *Trainer) Close() { t.population.Close() }

// Diverged returns the number of the first batch whose loss was NaN or infinite, 0 for none.
func (t *Trainer) Diverged() int { return t.diverged }

// Batches returns how many batches the pair was trained on.
func (t *Trainer) Batches() int { return t.batches }

func isFinite[T float32 | float64](x T) bool {
	return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0)
}

// recoverTo turns a panic of graph-building code into an error that says what was being done.
func recoverTo(err *error, what string) {
	if failure := recover(); failure != nil {
		if e, ok := failure.(error); ok {
			*err = fmt.Errorf("%s: %w", what, e)
			return
		}
		*err = fmt.Errorf("%s: %v", what, failure)
	}
}
