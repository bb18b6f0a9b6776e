package nb

import (
	"fmt"
	"os"
	"strings"
)

// Override is one key=value of HATLAB_SET. Key is a name of hatlib.Config, as in --set; Value is not interpreted here.
type Override struct{ Key, Value string }

// Overrides returns what HATLAB_SET asks for, in order. It ends the cell when the text cannot be read.
func Overrides() []Override { return Must1(ParseOverrides(os.Getenv("HATLAB_SET"))) }

// ParseOverrides reads key=value pairs separated by white space, commas being part of values:
//
//	rate=0.01 sizes=784,64,10 note="two words" path='a b'
//
// A value may be quoted whole or in part, in single or double quotes; within quotes white space and '=' are ordinary,
// and there are no escapes: a value with one kind of quote is written in the other. Keys are letters, digits, '_' and
// '.', and come once. An empty value is written key="".
func ParseOverrides(text string) ([]Override, error) {
	var out []Override
	seen := map[string]bool{}
	rest := strings.TrimSpace(text)
	for rest != "" {
		end := strings.IndexFunc(rest, func(r rune) bool { return !isKeyRune(r) })
		if end < 0 || rest[end] != '=' || end == 0 {
			return nil, fmt.Errorf("HATLAB_SET: want key=value at %q", rest)
		}
		o := Override{Key: rest[:end]}
		if seen[o.Key] {
			return nil, fmt.Errorf("HATLAB_SET: %q is set twice", o.Key)
		}
		seen[o.Key] = true
		var quoted bool
		var err error
		if o.Value, quoted, rest, err = takeValue(rest[end+1:]); err != nil {
			return nil, fmt.Errorf("HATLAB_SET: %s: %w", o.Key, err)
		}
		if o.Value == "" && !quoted {
			return nil, fmt.Errorf(`HATLAB_SET: %s has no value; write %s="" for an empty one`, o.Key, o.Key)
		}
		out = append(out, o)
	}
	return out, nil
}

func isKeyRune(r rune) bool {
	return r == '_' || r == '.' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

// takeValue reads a value up to white space outside quotes, and returns the rest without its leading space.
func takeValue(s string) (value string, quoted bool, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '"', '\'':
			quoted = true
			end := strings.IndexByte(s[i+1:], c)
			if end < 0 {
				return "", true, "", fmt.Errorf("the quote at %q is not closed", s[i:])
			}
			b.WriteString(s[i+1 : i+1+end])
			i += end + 1
		case ' ', '\t', '\n', '\r':
			return b.String(), quoted, strings.TrimSpace(s[i:]), nil
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), quoted, "", nil
}
