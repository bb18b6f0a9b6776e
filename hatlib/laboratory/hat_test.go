package laboratory

import (
	"slices"
	"testing"

	"github.com/hatlab/hatlab/hatlib"
	"github.com/hatlab/hatlab/hatlib/internal/backendtest"
)

// TestEveryRuleTrainsInHAT: every rule that a configuration can name is the rule of HAT in a real run, two passes over
// digits, after which the learner is far above chance; ABCD and the polynomial rule, which A trains in M's place, have
// other coefficients than they began with, and the rules without any have none.
func TestEveryRuleTrainsInHAT(t *testing.T) {
	be := backendtest.Go(t)
	train, test := digits(t)
	for _, name := range hatlib.RuleNames() {
		c, err := configuration(name, Setting{Hidden: 16, Batch: 25, Epochs: 2}, train)
		if err != nil {
			t.Fatal(err)
		}
		c.LocalRate, c.MetaHidden, c.LRLearner, c.LRMeta = 1e-5, 4, 5e-3, 5e-3
		trainer, err := hatlib.NewTrainer(be, c, train, test)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		before, err := trainer.Weights()
		if err != nil {
			t.Fatal(err)
		}
		result, err := trainer.Run(t.Context(), hatlib.RunOptions{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		after, err := trainer.Weights()
		if err != nil {
			t.Fatal(err)
		}
		trainer.Close()
		accuracy := result.Final().Test.Accuracy
		t.Logf("%-16s %.3f", name, accuracy)
		if result.Diverged() || accuracy < 0.5 {
			t.Errorf("%s: accuracy %.3f after two passes, diverged %t", name, accuracy, result.Diverged())
		}
		trainable := name == "abcd" || name == "polynomial"
		start, has := before["meta.coefficients"]
		if has != trainable {
			t.Errorf("%s: coefficients %t, want %t", name, has, trainable)
		}
		if has && slices.Equal(start.Values, after["meta.coefficients"].Values) {
			t.Errorf("%s: its coefficients are still %v after training", name, start.Values)
		}
	}
}
