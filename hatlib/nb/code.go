package nb

import (
	"fmt"
	"go/scanner"
	"go/token"
	"strings"
)

// Code displays Go source under a title, highlighted. Outside a notebook it prints both.
func Code(title, code string) {
	showHTML(codeBlock(title, code), title+"\n"+strings.TrimRight(code, "\n"))
}

// SideBySide displays two listings beside each other, line by line as they come: the paper's algorithm at the left, the
// code at the right. Go code is highlighted; other text is not hurt by it.
func SideBySide(leftTitle, left, rightTitle, right string) {
	fragment := `<div style="display:flex;flex-wrap:wrap;gap:12px"><div style="flex:1 1 20em;min-width:0">` + codeBlock(leftTitle, left) +
		`</div><div style="flex:1 1 20em;min-width:0">` + codeBlock(rightTitle, right) + `</div></div>`
	showHTML(fragment, leftTitle+"\n"+strings.TrimRight(left, "\n")+"\n\n"+rightTitle+"\n"+strings.TrimRight(right, "\n"))
}

func codeBlock(title, code string) string {
	return fmt.Sprintf(`<div style="font-weight:bold;font-size:0.9em;margin:6px 0 2px">%s</div>`+
		`<pre style="font-family:monospace;background:#f7f7f7;color:#222;border:1px solid #ddd;padding:8px;overflow-x:auto;font-size:0.82em;line-height:1.4;margin:0">%s</pre>`,
		escape(title), highlight(strings.ReplaceAll(strings.Trim(code, "\n"), "\t", "    ")))
}

// highlight colours keywords, comments and literals. It takes its words from Go's own scanner, and copies everything,
// also what the scanner does not know, unchanged.
func highlight(code string) string {
	src := []byte(code)
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(src))
	var s scanner.Scanner
	s.Init(file, src, func(token.Position, string) {}, scanner.ScanComments)
	var b strings.Builder
	at := 0
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			break
		}
		from := file.Offset(pos)
		color := tokenColor(tok)
		if color == "" || from < at || from+len(lit) > len(src) {
			continue
		}
		b.WriteString(escape(code[at:from]))
		fmt.Fprintf(&b, `<span style="color:%s">%s</span>`, color, escape(code[from:from+len(lit)]))
		at = from + len(lit)
	}
	b.WriteString(escape(code[at:]))
	return b.String()
}

func tokenColor(tok token.Token) string {
	switch {
	case tok == token.COMMENT:
		return "#00694d"
	case tok.IsKeyword():
		return "#0050a0"
	case tok == token.STRING || tok == token.CHAR || tok == token.INT || tok == token.FLOAT:
		return "#a04000"
	}
	return ""
}
