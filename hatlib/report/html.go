package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/hatlab/hatlab/hatlib/analysis"
	"github.com/hatlab/hatlab/hatlib/experiment"
	"github.com/hatlab/hatlab/hatlib/figure"
)

// look is how a verdict is shown: a sign beside the word, so that colour is never needed.
var look = map[string]struct{ Sign, Color string }{
	Replicates:                  {"\u2713", "#00694d"},
	DoesNot:                     {"\u2717", "#a03000"},
	Mixed:                       {"\u00b1", "#7a4a00"},
	Inconclusive:                {"?", "#555555"},
	NotTested:                   {"\u2013", "#767676"},
	string(analysis.Reversed):   {"\u2717", "#a03000"},
	string(analysis.Equivalent): {"\u2248", "#0050a0"},
}

var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"verdict": func(v any) template.HTML {
		name := fmt.Sprint(v)
		l := look[name]
		return template.HTML(fmt.Sprintf(`<span style="color:%s;font-weight:bold;white-space:nowrap">%s %s</span>`, l.Color, l.Sign,
			template.HTMLEscapeString(name)))
	},
	"interval": intervalText, "number": number, "p": pText, "quartiles": quartilesText, "notebook": notebookLink,
}).Parse(`
{{define "summary"}}<table style="table-layout:auto;border-collapse:collapse;width:100%" id="summary">
<thead><tr style="border-bottom:1px solid #888">{{range .Header}}<th style="text-align:left;vertical-align:bottom;padding:3px 8px">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .Entries}}<tr style="border-bottom:1px solid #ddd">
<td style="text-align:right;vertical-align:top;padding:4px 8px;width:1.5em">{{.Number}}</td>
<td style="text-align:left;vertical-align:top;padding:4px 8px"><a href="#claim-{{.Claim.ID}}">{{.Claim.Sentence}}</a><br><small>{{.Claim.Where}}</small></td>
<td style="text-align:left;vertical-align:top;padding:4px 8px">{{if .From}}{{verdict .Committed.Verdict}}{{with .Committed.Detail}} <small>{{.}}</small>{{end}}<br><small>{{.From.Scale .Claim}}</small>{{else}}<small>nothing committed measures it</small>{{end}}</td>
<td style="text-align:left;vertical-align:top;padding:4px 8px">{{verdict .Here.Verdict}}{{with .Here.Detail}} <small>{{.}}</small>{{end}}</td>
<td style="text-align:left;vertical-align:top;padding:4px 8px">{{notebook .Claim.Notebook}}</td></tr>
{{end}}</tbody></table>{{end}}

{{define "section"}}<div id="claim-{{.Claim.ID}}" style="margin:1.6em 0 0.6em">
<h3 style="margin:0 0 4px">{{.Number}}. {{.Claim.Sentence}}</h3>
<p style="margin:4px 0">The paper: {{.Claim.Where}}. Measured: {{.Claim.Endpoint}}, in {{.Claim.Unit}}; the sentence says {{.Claim.Direction}},
and effects below {{number .Claim.Smallest}} do not count. Curves and more in {{notebook .Claim.Notebook}}. <a href="#summary">All claims</a></p>
<p style="margin:4px 0">{{if .From}}Committed results ({{.From.Scale .Claim}}): {{verdict .Committed.Verdict}}{{with .Committed.Detail}} <small>{{.}}</small>{{end}}{{else}}Nothing is committed on it.{{end}}
&#160; Computed here ({{.HereProfile}}): {{verdict .Here.Verdict}}{{with .Here.Detail}} <small>{{.}}</small>{{end}}</p>
{{if .Lines}}<table style="table-layout:auto;border-collapse:collapse;font-size:0.92em"><thead><tr style="border-bottom:1px solid #888">
{{range $i, $h := .Columns}}<th style="text-align:{{if lt $i 3}}left{{else}}right{{end}};vertical-align:bottom;padding:2px 8px">{{$h}}</th>{{end}}</tr></thead><tbody>
{{range .Lines}}<tr><td style="text-align:left;padding:2px 8px">{{.Source}}</td><td style="text-align:left;padding:2px 8px">{{.Row.Reading}}</td><td style="text-align:left;padding:2px 8px">{{verdict .Row.Verdict}}</td>
<td style="text-align:right;padding:2px 8px">{{len .Row.Differences}}</td><td style="text-align:right;padding:2px 8px">{{.Row.Above}}</td>
<td style="text-align:right;padding:2px 8px;white-space:nowrap">{{interval .Row.Median}}</td>{{if $.Arms}}<td style="text-align:right;padding:2px 8px;white-space:nowrap">{{interval .Row.DifferenceOfMedians}}</td>{{end}}
<td style="text-align:right;padding:2px 8px">{{p .Row.Corrected}}</td><td style="text-align:right;padding:2px 8px">{{p .Row.CorrectedEquivalent}}</td></tr>
{{end}}</tbody></table>{{end}}
{{if .Arms}}<table style="table-layout:auto;border-collapse:collapse;font-size:0.92em;margin-top:6px"><thead><tr style="border-bottom:1px solid #888">
{{range $i, $h := .ArmColumns}}<th style="text-align:{{if lt $i 2}}left{{else}}right{{end}};vertical-align:bottom;padding:2px 8px">{{$h}}</th>{{end}}</tr></thead><tbody>
{{range .Arms}}<tr><td style="text-align:left;padding:2px 8px">{{.Source}}</td><td style="text-align:left;padding:2px 8px">{{.Row.Reading}}</td>
<td style="text-align:right;padding:2px 8px;white-space:nowrap">{{quartiles .Row.Control}}</td><td style="text-align:right;padding:2px 8px;white-space:nowrap">{{quartiles .Row.Treated}}</td>
<td style="text-align:right;padding:2px 8px;white-space:nowrap">{{interval .Row.Control.InterquartileMean}}</td><td style="text-align:right;padding:2px 8px;white-space:nowrap">{{interval .Row.Treated.InterquartileMean}}</td></tr>
{{end}}</tbody></table>{{end}}
{{with .Without}}<p style="margin:4px 0"><small>No runs yet: {{.}}.</small></p>{{end}}
{{with .Picture}}<figure style="margin:8px 0;max-width:{{.Width}}px"><img alt="{{.Alt}}" width="{{.Width}}" height="{{.Height}}" style="background:#fff;max-width:100%;height:auto" src="{{.Source}}">
<figcaption style="font-size:0.9em;line-height:1.35">{{.Caption}}</figcaption></figure>{{end}}
<pre style="font-size:0.85em;background:#f7f7f7;color:#222;border:1px solid #ddd;padding:6px;overflow-x:auto;margin:6px 0">{{range .Commands}}{{.}}
{{end}}</pre></div>{{end}}

{{define "runs"}}<table style="table-layout:auto;border-collapse:collapse"><thead><tr style="border-bottom:1px solid #888">
{{range .Header}}<th style="text-align:left;padding:2px 8px">{{.}}</th>{{end}}</tr></thead><tbody>
{{range .Rows}}<tr>{{range .}}<td style="text-align:left;vertical-align:top;padding:2px 8px">{{.}}</td>{{end}}</tr>
{{end}}</tbody></table>{{end}}
`))

// execute fills a template; what they are given is ours, so an error is a defect.
func execute(name string, data any) string {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, data); err != nil {
		panic(fmt.Sprintf("report: template %s: %v", name, err))
	}
	return b.String()
}

// Summary is the table of all claims, in the order of the paper: each sentence leads to its section.
func (r *Report) Summary() string {
	return execute("summary", map[string]any{"Entries": r.Entries,
		"Header": []string{"", "the paper says", "committed results", "computed here (" + r.Here.Profile + ")", "figure"}})
}

// Runs is the table of the runs that the verdicts come from.
func (r *Report) Runs() string {
	header, rows := r.runs()
	return execute("runs", map[string]any{"Header": header, "Rows": rows})
}

func (r *Report) runs() (header []string, rows [][]string) {
	for _, s := range r.evidence() {
		for _, c := range s.Covered {
			rows = append(rows, []string{s.Name(), c.Experiment.Name, itoa(len(c.Found.Runs)), c.String(), size(c.Found.Runs), c.Found.Machine.Backend,
				experiment.Seconds(c.Found.Runs).String()})
		}
	}
	return []string{"source", "experiment", "runs", "complete seeds", "size", "backend", "computing"}, rows
}

// size describes runs of one experiment, of which there is one at least. Runs without M, the controls, are of the size of the
// others.
func size(runs []experiment.Run) string {
	largest := runs[0].Result.Config
	shortest := largest.Epochs
	hidden := 0
	for _, r := range runs {
		c := r.Result.Config
		if c.Epochs > largest.Epochs {
			largest = c
		}
		if c.Rule == "meta" {
			hidden = max(hidden, c.MetaHidden)
		}
		shortest = min(shortest, c.Epochs)
	}
	text := fmt.Sprintf("L %s", largest.Sizes)
	if hidden > 0 {
		text += fmt.Sprintf(", M 3-%d-1", hidden)
	}
	examples := "all"
	if largest.Examples > 0 {
		examples = fmt.Sprintf("%d examples", largest.Examples)
	}
	text += fmt.Sprintf(", %s of %s, ", examples, largest.Data)
	if shortest < largest.Epochs {
		text += fmt.Sprintf("%g to ", shortest)
	}
	return text + fmt.Sprintf("%g epochs", largest.Epochs)
}

// evidence is the order in which sources are shown: committed ones from large to small, then what was computed here.
func (r *Report) evidence() []Source {
	sources := r.Sources()
	return append(sources[1:], sources[0])
}

// line is a row with the name of its source.
type line struct {
	Source string
	Row    Row
}

// Section is all there is about a claim: verdicts, effects with intervals, arms, a forest plot, and the commands that
// compute the runs and judge them.
func (r *Report) Section(e Entry) string {
	data := map[string]any{"Number": e.Number, "Claim": e.Claim, "Here": e.Here, "HereProfile": r.Here.Profile, "Committed": e.Committed, "From": e.From,
		"ArmColumns": []string{"runs", "reading", "control: quartiles", e.Claim.TreatedArm() + ": quartiles", "control: interquartile mean [95%]",
			e.Claim.TreatedArm() + ": interquartile mean [95%]"}}
	var lines, arms []line
	var without []string
	for _, s := range r.evidence() {
		var lacking []string
		for _, row := range s.Of(e.Claim.ID) {
			if len(row.Differences) == 0 {
				lacking = append(lacking, row.Reading)
				continue
			}
			lines = append(lines, line{s.Name(), row})
			if row.Sample.HasArms() {
				arms = append(arms, line{s.Name(), row})
			}
		}
		if len(lacking) > 0 {
			without = append(without, s.Name()+": "+strings.Join(quoted(lacking), ", "))
		}
	}
	// Endpoints that are no difference of arms have a median over runs, and nothing of which the paper's statistic could be taken.
	columns := []string{"runs", "reading", "verdict", "n", "above 0", "median [95%]"}
	if len(arms) > 0 {
		columns = append(columns[:5], "median paired difference [95%]", "difference of medians [95%]")
	}
	data["Columns"] = append(columns, "p", "p equivalent")
	data["Lines"], data["Arms"], data["Without"] = lines, arms, strings.Join(without, "; ")
	data["Commands"] = r.commands(e)
	if p := r.picture(e); p != nil {
		data["Picture"] = p
	}
	return execute("section", data)
}

// commands compute the runs of a claim and judge them: those of the largest committed profile, and those computed here.
func (r *Report) commands(e Entry) []string {
	var lines []string
	if e.From != nil {
		lines = append(lines, "# the committed results ("+e.From.Profile+"): judge them, or compute them anew", e.judge(*e.From, " --out notebooks/results"), e.anew())
	}
	return append(lines, "# what was computed here ("+r.Here.Profile+")", e.compute(r.Here), e.judge(r.Here, ""))
}

// compute is the line that computes the runs of a source.
func (e Entry) compute(s Source) string {
	for _, row := range s.Of(e.Claim.ID) {
		return row.Command
	}
	return ""
}

// anew is the line that computes the committed runs again, in a store of their own.
func (e Entry) anew() string {
	return strings.ReplaceAll(e.compute(*e.From), " && ", " --out out/store && ") + " --out out/store"
}

// judge is the line that prints the verdict on the runs of a source.
func (e Entry) judge(s Source, out string) string {
	text := fmt.Sprintf("go run ./scripts/hatlab report --claim %s --profile %s", e.Claim.ID, s.Profile)
	for _, assignment := range s.Options.Set {
		text += " --set '" + assignment + "'"
	}
	return text + out
}

// picture is a figure inside a page.
type picture struct {
	Alt           string
	Width, Height int
	Source        template.URL
	Caption       template.HTML
}

// picture draws the forest plot of a claim; nil when no reading has a number.
func (r *Report) picture(e Entry) *picture {
	spec := r.Forest(e)
	if len(spec.Rows) == 0 {
		return nil
	}
	fig, err := spec.Figure()
	if err != nil {
		panic(fmt.Sprintf("report: %v", err)) // the rows are ours
	}
	svg, err := fig.SVG()
	if err != nil {
		panic(fmt.Sprintf("report: %v", err))
	}
	w, h := fig.Size()
	return &picture{Alt: e.Claim.Sentence + " " + fig.Caption, Width: w, Height: h, Caption: template.HTML(figure.HTML(fig.Caption)),
		Source: template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg))}
}

// Forest is the figure of a claim: the median paired difference of every source and reading, with its interval. It has no
// rows where nothing was measured.
func (r *Report) Forest(e Entry) figure.Forest {
	f := figure.Forest{Name: "10_" + e.Claim.ID, XLabel: "median (" + e.Claim.Unit + ")", Smallest: e.Claim.Smallest,
		Decimals: decimals(e.Claim.Smallest)}
	for _, s := range r.evidence() {
		for _, row := range s.Of(e.Claim.ID) {
			m := row.Median
			if len(row.Differences) == 0 {
				continue
			}
			// One run has no interval, and a corrected one may miss its estimate.
			lo, hi := math.Min(m.Lo, m.Estimate), math.Max(m.Hi, m.Estimate)
			if math.IsNaN(m.Lo) {
				lo, hi = math.Inf(-1), math.Inf(1)
			}
			if row.Sample.HasArms() {
				f.XLabel = "median paired difference (" + e.Claim.Unit + ")"
			}
			f.Rows = append(f.Rows, figure.Interval{Label: s.Name() + ": " + row.Reading, Estimate: m.Estimate, Lo: lo, Hi: hi, N: m.N})
		}
	}
	return f
}

// decimals shows a tenth of the smallest effect that counts.
func decimals(smallest float64) int { return max(1, int(math.Ceil(1-math.Log10(smallest)))) }

// notebookLink leads to a notebook beside this one; the page maker turns it into the notebook's page.
func notebookLink(name string) template.HTML {
	return template.HTML(fmt.Sprintf(`<a href="%s.ipynb">%s</a>`, name, strings.ReplaceAll(name, "_", " ")))
}
