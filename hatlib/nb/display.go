package nb

import (
	"fmt"
	"html"
	"strings"
	"time"

	"github.com/janpfeifer/gonb/gonbui"
	"github.com/janpfeifer/gonb/gonbui/protocol"
)

// flushTime bounds the wait for the kernel to acknowledge a display: a kernel that is gone must not hang the cell.
const flushTime = 5 * time.Second

// flush waits until what was displayed has arrived. Displays and standard output take different ways to the notebook,
// so without it they change places, and the last display of a process can be lost.
func flush() {
	if !gonbui.IsNotebook {
		return
	}
	done := make(chan struct{})
	go func() {
		gonbui.Sync()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(flushTime):
	}
}

func escape(s string) string { return html.EscapeString(s) }

// showHTML displays a fragment, with plain text for front ends that show no HTML.
func showHTML(fragment, plain string) {
	if !gonbui.IsNotebook {
		fmt.Println(plain)
		return
	}
	gonbui.SendData(&protocol.DisplayData{Data: map[protocol.MIMEType]any{
		protocol.MIMETextHTML:  fragment,
		protocol.MIMETextPlain: plain,
	}})
	flush()
}

// HTML displays a fragment that holds all it needs, with plain text for where no HTML is shown.
func HTML(fragment, plain string) { showHTML(fragment, plain) }

// Markdown displays formatted text; formulas stand between dollar signs.
func Markdown(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !gonbui.IsNotebook {
		fmt.Println(text)
		return
	}
	gonbui.DisplayMarkdown(text)
	flush()
}

// Sentence displays prose computed from numbers, set off from typed prose by a bar at its left. It ends the cell when
// the text is not fit to print: a number that is NaN or infinite, or arguments that do not match the format.
func Sentence(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, bad := range []string{"NaN", "+Inf", "-Inf", "%!"} {
		if strings.Contains(text, bad) {
			fail("error: nb.Sentence: %q in %q", bad, text)
			return
		}
	}
	showHTML(`<p style="border-left:3px solid #0072b2;padding-left:10px;margin:8px 0;max-width:46em">`+escape(text)+`</p>`, text)
}

// Table displays rows under a header. Cells that look like numbers are aligned to the right. It ends the cell when a row
// has not as many cells as the header.
func Table(header []string, rows [][]string) {
	for i, r := range rows {
		if len(r) != len(header) {
			fail("error: nb.Table: row %d has %d cells, the header has %d", i, len(r), len(header))
			return
		}
	}
	var b strings.Builder
	b.WriteString(`<table style="border-collapse:collapse;margin:8px 0"><thead><tr>`)
	right := make([]bool, len(header))
	for i, h := range header {
		right[i] = numericColumn(rows, i)
		fmt.Fprintf(&b, `<th style="%sborder-bottom:1px solid #888;padding:3px 10px">%s</th>`, align(right[i]), escape(h))
	}
	b.WriteString("</tr></thead><tbody>")
	for _, r := range rows {
		b.WriteString("<tr>")
		for i, c := range r {
			fmt.Fprintf(&b, `<td style="%spadding:2px 10px">%s</td>`, align(right[i]), escape(c))
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	showHTML(b.String(), plainTable(header, rows, right))
}

func align(right bool) string {
	if right {
		return "text-align:right;font-variant-numeric:tabular-nums;"
	}
	return "text-align:left;"
}

// numericColumn tells whether every filled cell of a column begins like a number.
func numericColumn(rows [][]string, col int) bool {
	seen := false
	for _, r := range rows {
		c := strings.TrimLeft(r[col], "+-\u2212 ")
		if c == "" {
			continue
		}
		if c[0] < '0' || c[0] > '9' {
			return false
		}
		seen = true
	}
	return seen
}

func plainTable(header []string, rows [][]string, right []bool) string {
	width := make([]int, len(header))
	all := append([][]string{header}, rows...)
	for _, r := range all {
		for i, c := range r {
			width[i] = max(width[i], len([]rune(c)))
		}
	}
	var b strings.Builder
	for n, r := range all {
		var line strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", width[i]-len([]rune(c)))
			if i > 0 {
				line.WriteString("  ")
			}
			if right[i] {
				line.WriteString(pad + c)
			} else {
				line.WriteString(c + pad)
			}
		}
		if n > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
	}
	return b.String()
}
