package nb

import (
	"fmt"
	"strings"
)

// Element is what [Tensor] can print.
type Element interface {
	~float32 | ~float64 | ~int | ~int32 | ~int64 | ~bool
}

// most is how many rows and columns of a tensor are printed; the middle of a longer one is left out.
const most = 12

// Tensor prints a tensor given as row-major values with its shape: a name line, then rows with aligned numbers (4
// significant digits). Rank 0 is one number, rank 1 one row, higher ranks one matrix per leading index. It ends the cell
// when the shape does not hold as many elements as there are values.
func Tensor[T Element](name string, values []T, shape ...int) {
	text, err := formatTensor(name, values, shape)
	if err != nil {
		fail("error: nb.Tensor: %v", err)
		return
	}
	// Not by way of standard output: that would not keep its place among the displays of a cell.
	showHTML(`<pre style="font-family:monospace;margin:4px 0;font-size:0.9em;line-height:1.35">`+escape(text)+`</pre>`, strings.TrimRight(text, "\n"))
}

func formatTensor[T Element](name string, values []T, shape []int) (string, error) {
	size := 1
	for _, d := range shape {
		if d < 0 {
			return "", fmt.Errorf("%s: shape %v has a negative dimension", name, shape)
		}
		size *= d
	}
	if size != len(values) {
		return "", fmt.Errorf("%s: shape %v holds %d elements, got %d", name, shape, size, len(values))
	}
	cells := make([]string, len(values))
	width := 0
	for i, v := range values {
		cells[i] = formatElement(v)
		width = max(width, len(cells[i]))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", name, strings.ReplaceAll(fmt.Sprint(shape), " ", ", "))
	rows, cols := 1, 1
	if n := len(shape); n > 0 {
		cols = shape[n-1]
		if n > 1 {
			rows = shape[n-2]
		}
	}
	if rows*cols == 0 {
		return b.String(), nil
	}
	for at := 0; at < size; at += rows * cols {
		if len(shape) > 2 {
			fmt.Fprintf(&b, "  [%s]\n", leading(at/(rows*cols), shape[:len(shape)-2]))
		}
		for _, r := range shown(rows) {
			b.WriteString("  ")
			if r < 0 {
				b.WriteString(" ...\n")
				continue
			}
			for _, c := range shown(cols) {
				if c < 0 {
					b.WriteString("  ...")
					continue
				}
				fmt.Fprintf(&b, " %*s", width, cells[at+r*cols+c])
			}
			b.WriteByte('\n')
		}
	}
	return b.String(), nil
}

// formatElement writes floats with 4 significant digits.
func formatElement(v any) string {
	switch v := v.(type) {
	case float32, float64:
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprint(v)
}

// leading is the index of a matrix within the leading axes, as "1, 0, :, :".
func leading(n int, axes []int) string {
	out := ":, :"
	for i := len(axes) - 1; i >= 0; i-- {
		out = fmt.Sprintf("%d, %s", n%axes[i], out)
		n /= axes[i]
	}
	return out
}

// shown lists the indexes to print, -1 standing for those left out.
func shown(n int) []int {
	var out []int
	for i := 0; i < n; i++ {
		if n > most && i == most/2 {
			out = append(out, -1)
			i = n - most/2
		}
		out = append(out, i)
	}
	return out
}
