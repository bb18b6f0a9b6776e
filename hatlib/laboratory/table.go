package laboratory

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/hatlab/hatlab/hatlib/dataset"
	"github.com/hatlab/hatlab/hatlib/rules"
)

// partTexts are the headings of the parts and what a reader must know about each.
var partTexts = []struct {
	part        Part
	title, text string
}{
	{Alone, "The rule alone, without labels", "The rule changes the hidden layer; a linear readout with all labels answers. Control: random weights on the same kind of input."},
	{InHAT, "The rule in HAT, with labels", "Algorithm 1 with the rule as its local rule, Adam at 1e-3; the learner's own outputs answer. Control: backpropagation without a rule. A row at the smallest rate, 1e-06, is backpropagation almost unchanged: no larger rate did better on the held-out images."},
	{TwoPhase, "Two phases, with labels", "The method alone changes the weights of the same sizes, with smooth units and the squared cost; the learner's own outputs answer. Control: backpropagation of that network."},
}

// Cells returns the rows of one part as a table for people, controls first, then the best mean first.
func Cells(rows []Row, part Part) (header []string, cells [][]string) {
	var chosen []Row
	for _, r := range rows {
		if r.Part == part {
			chosen = append(chosen, r)
		}
	}
	slices.SortStableFunc(chosen, func(a, b Row) int {
		if c := cmp.Compare(min(len(a.Control), 1), min(len(b.Control), 1)); c != 0 {
			return c
		}
		return cmp.Compare(order(b), order(a))
	})
	for _, r := range chosen {
		knob := fmt.Sprintf("%s %g", r.Knob, r.Rate)
		if len(r.Grid) == 1 {
			knob = ""
		} else if math.IsInf(r.Rate, 1) {
			knob = "all " + r.Knob
		}
		if r.Err != nil {
			cells = append(cells, []string{r.Name, r.Locality, "", reason(r.Err), ""})
			continue
		}
		gain := ""
		if r.Gains != nil {
			gain = signed(r.Gains)
		}
		mean, low, high := interval(r.Accuracies)
		cells = append(cells, []string{r.Name, r.Locality, knob, fmt.Sprintf("%.3f [%.3f, %.3f]", mean, low, high), gain})
	}
	return []string{"rule", "locality", "chosen", "accuracy [95%]", "less its control [95%]"}, cells
}

func order(r Row) float64 {
	if r.Err != nil {
		return -1
	}
	mean, _, _ := interval(r.Accuracies)
	return mean
}

// reason is why a row has no numbers.
func reason(err error) string {
	if diverged(err) {
		return "diverges at every rate of the grid"
	}
	text := err.Error()
	return "cannot run: " + text[strings.LastIndex(text, ": ")+len(": "):]
}

func signed(values []float64) string {
	mean, low, high := interval(values)
	return fmt.Sprintf("%+.3f [%+.3f, %+.3f]", mean, low, high)
}

// Table returns the comparison as Markdown. command is what makes it again.
func Table(rows []Row, s Setting, train, test *dataset.Set, command string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# All rules on one learner: %s\n\n", train.Name)
	fmt.Fprintf(&b, "Written by `%s`.\n\n", command)
	fmt.Fprintf(&b, "Learner %d-%d-%d; %d training and %d test images; %d passes in batches of %d; seeds 1 to %d; mean and 95%% interval of Student's t. ",
		train.Features, s.Hidden, train.Classes, train.N, test.N, s.Epochs, s.Batch, s.Seeds)
	fmt.Fprintf(&b, "Each rate is the best of its grid on a held-out quarter of the training images, over %d seeds that no reported run uses. ", s.Tuning)
	b.WriteString("Numbers compare within a part, not between parts; what the parts share and what they do not is in the text of package laboratory.\n")
	for _, p := range partTexts {
		header, cells := Cells(rows, p.part)
		if len(cells) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s", p.title, p.text)
		if p.part == Alone {
			fmt.Fprintf(&b, " Inputs: %s. `unsupervised_rule` was meta-trained on few-shot tasks of digits, with labels, so on digits its row is not one without labels; it chooses its number of batches in the place of a rate.", inputs())
		}
		fmt.Fprintf(&b, "\n\n| %s |\n|%s\n", strings.Join(header, " | "), strings.Repeat("---|", len(header)))
		for _, c := range cells {
			c[0] = "`" + c[0] + "`"
			fmt.Fprintf(&b, "| %s |\n", strings.Join(c, " | "))
		}
	}
	return b.String()
}

// inputs says which rule has which input.
func inputs() string {
	of := map[string][]string{}
	var names []string
	for _, e := range rules.All() {
		name := e.Layer.Input.String()
		if of[name] == nil {
			names = append(names, name)
		}
		of[name] = append(of[name], e.Name)
	}
	for i, name := range names {
		names[i] = name + " for " + strings.Join(of[name], ", ")
	}
	return strings.Join(names, "; ")
}

// CSV returns every run as a line: data, part, rule, locality, output, the name and value of what was chosen, seed, accuracy.
// A row that could not run has one line with seed 0, no accuracy, and the reason.
func CSV(rows []Row, data string) string {
	var b strings.Builder
	b.WriteString("data,part,rule,locality,output,knob,value,seed,accuracy,error\n")
	for _, r := range rows {
		start := fmt.Sprintf("%s,%s,%q,%s,%s,%s", data, r.Part, r.Name, r.Locality, r.Output, r.Knob)
		if r.Err != nil {
			fmt.Fprintf(&b, "%s,,0,,%q\n", start, reason(r.Err))
		}
		for i, a := range r.Accuracies {
			fmt.Fprintf(&b, "%s,%g,%d,%g,\n", start, r.Rate, i+1, a)
		}
	}
	return b.String()
}
