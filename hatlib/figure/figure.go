package figure

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"path/filepath"
	"regexp"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/hatlab/hatlab/hatlib/atomicfile"
)

// Spec is what every kind of figure satisfies: numbers that can be drawn.
type Spec interface {
	// Figure checks the numbers and returns the picture of them, or an error that says which number or name is wrong.
	Figure() (*Figure, error)
}

// Figure is a finished picture with its words and its numbers.
type Figure struct {
	Name    string // file name without extension: lower case letters, digits, '_' and '-'
	Title   string // one line above the picture; may be empty
	Caption string // what is shown, with n; plain text that may hold _{...} and ^{...}
	N       int    // number of runs, pairs or points behind the picture, as the caption says

	table         *table
	width, height vg.Length
	draw          func(draw.Canvas)
}

// pngDPI gives a PNG twice as many pixels as the 96 per inch at which browsers show the SVG.
const pngDPI = 192

// Size returns the size of the picture in CSS pixels (1/96 inch).
func (f *Figure) Size() (width, height int) {
	return int(f.width.Dots(96) + 0.5), int(f.height.Dots(96) + 0.5)
}

// svgFonts names fonts with the metrics that the layout was computed with: Liberation Sans was made to have those of
// Arial and Helvetica, so text keeps its width on machines that have one of the three.
const svgFonts = "font-family:'Liberation Sans',Arial,Helvetica,sans-serif"

var svgOpen = regexp.MustCompile(`(?s)^.*?(<svg [^>]*)>`)

// SVG returns the picture as an SVG document that refers to nothing outside itself. The same numbers give the same
// bytes. Title and caption are in it as <title> and <desc>, for screen readers.
func (f *Figure) SVG() ([]byte, error) {
	c := vgsvg.New(f.width, f.height)
	if err := f.render(c); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("figure %q: writing SVG: %w", f.Name, err)
	}
	s := b.String()
	head := fmt.Sprintf(` role="img"><title>%s</title><desc>%s</desc>`,
		html.EscapeString(plainText(f.title())), html.EscapeString(plainText(f.Caption)))
	s = svgOpen.ReplaceAllStringFunc(s, func(m string) string {
		return strings.TrimSuffix(m[strings.Index(m, "<svg "):], ">") + head
	})
	s = strings.ReplaceAll(s, "font-family:Liberation Sans", svgFonts)
	s = strings.ReplaceAll(s, "data:image/jpg;base64,", "data:image/png;base64,") // the canvas encodes PNG
	// Keep the pixels of weight images and heat maps sharp when they are enlarged.
	s = strings.ReplaceAll(s, "<image ", `<image style="image-rendering:pixelated" preserveAspectRatio="none" `)
	return []byte(s), nil
}

// PNG returns the picture as a PNG at 192 dots per inch.
func (f *Figure) PNG() ([]byte, error) {
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(f.width, f.height), vgimg.UseDPI(pngDPI))}
	if err := f.render(c); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("figure %q: writing PNG: %w", f.Name, err)
	}
	return b.Bytes(), nil
}

// CSV returns the numbers of the picture, tidy: one header line, one row per drawn number.
func (f *Figure) CSV() ([]byte, error) {
	b, err := f.table.csv()
	if err != nil {
		return nil, fmt.Errorf("figure %q: writing CSV: %w", f.Name, err)
	}
	return b, nil
}

// Paths says where [Figure.Save] put its files.
type Paths struct{ SVG, PNG, CSV string }

// Save writes dir/figures/NAME.svg, dir/figures/NAME.png and dir/numbers/NAME.csv, making the folders where needed.
// Each file is written to a temporary name and renamed, so that a reader never sees half of one.
func (f *Figure) Save(dir string) (Paths, error) {
	p := Paths{
		SVG: filepath.Join(dir, "figures", f.Name+".svg"),
		PNG: filepath.Join(dir, "figures", f.Name+".png"),
		CSV: filepath.Join(dir, "numbers", f.Name+".csv"),
	}
	for _, w := range []struct {
		path  string
		bytes func() ([]byte, error)
	}{{p.SVG, f.SVG}, {p.PNG, f.PNG}, {p.CSV, f.CSV}} {
		b, err := w.bytes()
		if err != nil {
			return Paths{}, err
		}
		if err := atomicfile.Write(w.path, b); err != nil {
			return Paths{}, fmt.Errorf("figure %q: %w", f.Name, err)
		}
	}
	return p, nil
}

// render draws on any canvas of gonum/plot. Its plotters panic on numbers they cannot place; those that we did not
// foresee become errors here instead of taking a notebook cell down.
func (f *Figure) render(c vg.CanvasSizer) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("figure %q: drawing failed: %v", f.Name, r)
		}
	}()
	dc := draw.New(c)
	dc.SetColor(color.White)
	dc.Fill(dc.Rectangle.Path())
	f.draw(dc)
	return nil
}

// title is the title, or the name where there is none.
func (f *Figure) title() string {
	if f.Title != "" {
		return f.Title
	}
	return f.Name
}

var nameOK = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// checkName refuses names that would not be the same file on every system.
func checkName(kind, name string) error {
	if !nameOK.MatchString(name) {
		return fmt.Errorf("figure.%s: Name %q: use lower case letters, digits, '_' and '-' (it becomes the file name)", kind, name)
	}
	return nil
}
