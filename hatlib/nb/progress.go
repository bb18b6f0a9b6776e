package nb

import (
	"fmt"

	"github.com/hatlab/hatlab/hatlib/progress"
	"github.com/janpfeifer/gonb/gonbui"
)

// In a notebook, bars draw themselves in the output of the cell.
func init() {
	if gonbui.IsNotebook {
		progress.SetDefaultSink(func() progress.Sink { return newBar(gonbui.UpdateHTML) })
	}
}

// bar is a [progress.Sink] that replaces one block of the cell's output again and again.
type bar struct {
	id     string
	update func(id, html string)
}

func newBar(update func(id, html string)) *bar {
	return &bar{"hatlab_bar_" + gonbui.UniqueId(), update}
}

// Show implements [progress.Sink]. The last state stays behind as a line of text, so that a saved notebook shows how long it took.
func (b *bar) Show(s progress.State) {
	if s.Final {
		b.update(b.id, `<div style="font-size:0.85em;color:#777">`+escape(s.Line())+`</div>`)
		flush()
		return
	}
	fill := `<span style="display:inline-block;width:180px;height:9px;border:1px solid #888;border-radius:3px;margin-right:8px">` +
		fmt.Sprintf(`<span style="display:block;width:%.1f%%;height:100%%;background:#0072b2"></span></span>`, 100*s.Fraction())
	if s.Total == 0 {
		fill = ""
	}
	b.update(b.id, `<div style="font-size:0.85em">`+fill+escape(s.Line())+`</div>`)
}
