package nb

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hatlab/hatlab/hatlib/figure"
)

// OutDir returns the folder of results of a notebook: HATLAB_OUT, else $HATLAB_HOME/out, else hatlab/out in the user's
// cache folder. It ends the cell when there is none of them.
func OutDir() string {
	if d := os.Getenv("HATLAB_OUT"); d != "" {
		return d
	}
	home := os.Getenv("HATLAB_HOME")
	if home == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			fail("error: no folder for results: set HATLAB_OUT (%v)", err)
		}
		home = filepath.Join(cache, "hatlab")
	}
	return filepath.Join(home, "out")
}

// Show saves a figure under [OutDir] (figures/NAME.svg and .png, numbers/NAME.csv) and displays its SVG with title and
// caption. The SVG is embedded, so a saved notebook shows it anywhere; title and caption are its alternative text.
// Outside a notebook it prints one line with the path and the caption. It ends the cell when the figure cannot be saved.
func Show(fig *figure.Figure) {
	if fig == nil {
		fail("error: nb.Show: no figure")
		return
	}
	svg, err := fig.SVG()
	Must(err)
	paths, err := fig.Save(OutDir())
	Must(err)
	w, h := fig.Size()
	alt := fig.Caption
	if fig.Title != "" {
		alt = fig.Title + ". " + alt
	}
	showHTML(fmt.Sprintf(
		`<figure style="margin:10px 0;max-width:%dpx"><img alt="%s" width="%d" height="%d" style="background:#fff;max-width:100%%;height:auto" `+
			`src="data:image/svg+xml;base64,%s"/><figcaption style="font-size:0.9em;line-height:1.35;margin-top:4px">%s</figcaption></figure>`,
		w, escape(alt), w, h, base64.StdEncoding.EncodeToString(svg), figure.HTML(fig.Caption)),
		fmt.Sprintf("[figure %s] %s", paths.SVG, alt))
}

// Draw is [Show] of a kind of figure: nb.Draw(figure.LearningCurves{...}). It ends the cell when the numbers cannot be drawn.
func Draw(spec figure.Spec) { Show(Must1(spec.Figure())) }
