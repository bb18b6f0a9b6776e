package published

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

//go:embed authors_fig1a.csv
var fig1aCSV []byte

//go:embed authors_fig2.json
var fig2JSON []byte

// Point is the accuracy of all runs of one arm that were trained for the same number of epochs. Accuracies are in
// [0,1] and ordered: Min <= Q1 <= Median <= Q3 <= Max.
type Point struct {
	Epochs                   float64 // > 0
	Arm                      string  // "control" or "hat"
	Runs                     int     // >= 1
	Median, Q1, Q3, Min, Max float64
}

// Rule2 describes the pointwise mean of the converged rules, Figure 2.
type Rule2 struct {
	N         int                // points
	Corr      map[string]float64 // correlation of the update with "v_i", "w_ij", "v_j" and "v_i*v_j"
	Slope     float64            // least squares line of the update on v_j
	Intercept float64
	R2        float64 // of that line
}

// Fig1a returns the authors' accuracy by epochs, in the order of the file: by epochs, control before hat. The slice
// is a fresh copy. It panics only if the embedded file was damaged in the source tree.
func Fig1a() []Point {
	ps, err := ParseFig1a(bytes.NewReader(fig1aCSV))
	if err != nil {
		panic(err)
	}
	return ps
}

// Fig2 returns the authors' numbers on the converged rule. It panics only if the embedded file was damaged.
func Fig2() Rule2 {
	r, err := ParseFig2(fig2JSON)
	if err != nil {
		panic(err)
	}
	return r
}

var fig1aHeader = []string{"epochs", "arm", "runs", "median", "q1", "q3", "min", "max"}

// ParseFig1a reads a table in the form of authors_fig1a.csv. It refuses unknown columns and arms, numbers that are not
// finite or out of range, and quartiles out of order; errors name the line.
func ParseFig1a(r io.Reader) ([]Point, error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord = len(fig1aHeader)
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("published: figure 1a: reading the header: %w", err)
	}
	if got, want := strings.Join(head, ","), strings.Join(fig1aHeader, ","); got != want {
		return nil, fmt.Errorf("published: figure 1a: header is %q, want %q", got, want)
	}
	var out []Point
	for {
		row, err := c.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("published: figure 1a: %w", err)
		}
		line, _ := c.FieldPos(0)
		p, err := parsePoint(row)
		if err != nil {
			return nil, fmt.Errorf("published: figure 1a, line %d: %w", line, err)
		}
		out = append(out, p)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("published: figure 1a: no rows after the header")
	}
	return out, nil
}

func parsePoint(row []string) (Point, error) {
	p := Point{Arm: row[1]}
	if p.Arm != "control" && p.Arm != "hat" {
		return p, fmt.Errorf("arm is %q, want control or hat", p.Arm)
	}
	var err error
	if p.Runs, err = strconv.Atoi(row[2]); err != nil || p.Runs < 1 {
		return p, fmt.Errorf("runs is %q, want a positive integer", row[2])
	}
	for _, f := range []struct {
		column int
		to     *float64
	}{{0, &p.Epochs}, {3, &p.Median}, {4, &p.Q1}, {5, &p.Q3}, {6, &p.Min}, {7, &p.Max}} {
		v, err := strconv.ParseFloat(row[f.column], 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return p, fmt.Errorf("%s is %q, want a finite number", fig1aHeader[f.column], row[f.column])
		}
		*f.to = v
	}
	if p.Epochs <= 0 {
		return p, fmt.Errorf("epochs is %g, want more than 0", p.Epochs)
	}
	if !(0 <= p.Min && p.Min <= p.Q1 && p.Q1 <= p.Median && p.Median <= p.Q3 && p.Q3 <= p.Max && p.Max <= 1) {
		return p, fmt.Errorf("want 0 <= min <= q1 <= median <= q3 <= max <= 1, got %g, %g, %g, %g, %g", p.Min, p.Q1, p.Median, p.Q3, p.Max)
	}
	return p, nil
}

// ParseFig2 reads a document in the form of authors_fig2.json and refuses unknown or missing fields.
func ParseFig2(b []byte) (Rule2, error) {
	var d struct {
		N         *int                `json:"n"`
		Corr      map[string]*float64 `json:"corr_with_update"`
		Slope     *float64            `json:"slope_on_v_j"`
		Intercept *float64            `json:"intercept"`
		R2        *float64            `json:"r2_v_j"`
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return Rule2{}, fmt.Errorf("published: figure 2: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return Rule2{}, fmt.Errorf("published: figure 2: something follows the document")
	}
	if d.N == nil || d.Slope == nil || d.Intercept == nil || d.R2 == nil {
		return Rule2{}, fmt.Errorf("published: figure 2: n, slope_on_v_j, intercept and r2_v_j must all be there")
	}
	r := Rule2{N: *d.N, Slope: *d.Slope, Intercept: *d.Intercept, R2: *d.R2, Corr: map[string]float64{}}
	if r.N < 1 || r.R2 < 0 || r.R2 > 1 {
		return Rule2{}, fmt.Errorf("published: figure 2: n = %d and r2 = %g, want n >= 1 and r2 in [0,1]", r.N, r.R2)
	}
	for _, k := range []string{"v_i", "w_ij", "v_j", "v_i*v_j"} {
		v := d.Corr[k]
		if v == nil || *v < -1 || *v > 1 {
			return Rule2{}, fmt.Errorf("published: figure 2: corr_with_update[%q] must be a number in [-1,1]", k)
		}
		r.Corr[k] = *v
	}
	if len(d.Corr) != len(r.Corr) {
		return Rule2{}, fmt.Errorf("published: figure 2: corr_with_update has %d entries, want %d", len(d.Corr), len(r.Corr))
	}
	return r, nil
}
