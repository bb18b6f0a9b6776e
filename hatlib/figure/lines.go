package figure

import (
	"fmt"

	"gonum.org/v1/plot"
)

// Series is one line of [Lines]: Y against X, and with Lo and Hi, where given, a band around it.
type Series struct {
	Name   string
	X, Y   []float64
	Lo, Hi []float64
}

// Lines is any set of lines in one panel, where no other kind fits.
type Lines struct {
	Name, Title, Caption string
	XLabel, YLabel       string // with units
	LogX, LogY           bool
	Series               []Series
	Levels               []float64 // horizontal reference lines
	N                    int       // runs, pairs or points behind the picture; in the caption when > 0
}

// Figure implements [Spec].
func (l Lines) Figure() (*Figure, error) {
	fail := func(format string, args ...any) (*Figure, error) {
		return nil, fmt.Errorf("figure.Lines %q: "+format, append([]any{l.Name}, args...)...)
	}
	if err := checkName("Lines", l.Name); err != nil {
		return nil, err
	}
	if len(l.Series) == 0 {
		return fail("no series")
	}
	p := newPlot("", l.XLabel, l.YLabel)
	levels := l.Levels
	if l.LogY {
		levels = log10(levels)
	}
	for _, v := range levels {
		p.Add(level{at: v})
	}
	names := make([]string, len(l.Series))
	for i, s := range l.Series {
		names[i] = s.Name
	}
	look := styles(names)
	t := newTable("series", "x", "y", "lo", "hi")
	missing := 0
	var keys []key
	var drawn []Series
	for i, s := range l.Series {
		if len(s.X) == 0 || len(s.Y) != len(s.X) || (s.Lo != nil || s.Hi != nil) && (len(s.Lo) != len(s.X) || len(s.Hi) != len(s.X)) {
			return fail("series %q: %d x, %d y, %d lo, %d hi: want the same, at least 1 (lo and hi may be left out)",
				s.Name, len(s.X), len(s.Y), len(s.Lo), len(s.Hi))
		}
		if l.LogX {
			if err := checkLogX(s.Name, s.X); err != nil {
				return fail("%w", err)
			}
		}
		for k := range s.X {
			if l.LogY && (s.Y[k] <= 0 || s.Lo != nil && s.Lo[k] <= 0) {
				return fail("series %q: point %d is not positive and cannot stand on a log axis", s.Name, k)
			}
			if !finite(s.Y[k]) {
				missing++
			}
			if s.Lo == nil {
				t.add(s.Name, s.X[k], s.Y[k], "", "")
			} else {
				t.add(s.Name, s.X[k], s.Y[k], s.Lo[k], s.Hi[k])
			}
		}
		if l.LogY {
			s.Y, s.Lo, s.Hi = log10(s.Y), log10(s.Lo), log10(s.Hi)
		}
		drawn = append(drawn, s)
		if s.Lo != nil {
			p.Add(look[i].band(s.X, s.Lo, s.Hi))
		}
		if len(l.Series) > 1 || s.Lo != nil {
			keys = append(keys, lineKey(s.Name, look[i], s.Lo != nil))
		}
	}
	for i, s := range drawn {
		p.Add(look[i].curve(s.X, s.Y, true))
	}
	if l.LogX {
		logAxis(&p.X)
	}
	if l.LogY {
		p.Y.Tick.Marker = log10Ticks{}
	}
	frame(p)
	n := ""
	if l.N > 0 {
		n = fmt.Sprintf("n = %d.", l.N)
	}
	return &Figure{
		Name: l.Name, Title: l.Title, Caption: sentences(l.Caption, n, missingNote(missing)), N: l.N, table: t,
		width: fullWidth, height: headHeight(l.Title, keys, fullWidth) + 215, draw: panels(l.Title, keys, [][]*plot.Plot{{p}}),
	}, nil
}
