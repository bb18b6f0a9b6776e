package hatlib

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// Sizes are layer sizes, written 784-183-43-10.
type Sizes []int

// String writes the sizes with dashes.
func (s Sizes) String() string {
	parts := make([]string, len(s))
	for i, n := range s {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, "-")
}

// ParseSizes reads sizes written with dashes.
func ParseSizes(text string) (Sizes, error) {
	var sizes Sizes
	for part := range strings.SplitSeq(text, "-") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 {
			return nil, fmt.Errorf("layer sizes %q: %q is not a whole number above 0; write for example 784-183-43-10", text, part)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// MarshalText and UnmarshalText let sizes stand as text in JSON.
func (s Sizes) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads sizes written with dashes.
func (s *Sizes) UnmarshalText(text []byte) (err error) {
	*s, err = ParseSizes(string(text))
	return err
}

// Field is one field of a configuration, as text.
type Field struct {
	Name, Value, Why string
	// OneOf lists the valid values; empty when the field takes a number or free text.
	OneOf   []string
	pointer any
}

// Fields returns all fields in order of declaration.
func (c *Config) Fields() []Field {
	v := reflect.ValueOf(c).Elem()
	fields := make([]Field, v.NumField())
	for i := range fields {
		t := v.Type().Field(i)
		f := Field{Name: t.Tag.Get("json"), Value: fmt.Sprint(v.Field(i).Interface()), Why: t.Tag.Get("why"),
			pointer: v.Field(i).Addr().Interface()}
		if list := t.Tag.Get("oneof"); list != "" {
			f.OneOf = strings.Split(list, "|")
		}
		fields[i] = f
	}
	return fields
}

// Set changes one field from text. An unknown name gives an error with the nearest valid one; a value of the wrong
// type, or not among the valid ones, gives an error that says what is expected. Set checks the field alone; call
// [Config.Validate] when all are set.
func (c *Config) Set(name, value string) error {
	var names []string
	for _, f := range c.Fields() {
		names = append(names, f.Name)
		if f.Name == name {
			return setField(f, value)
		}
	}
	return fmt.Errorf("unknown configuration field %q, did you mean %q?", name, Nearest(name, names))
}

// setField parses value into the field.
func setField(f Field, value string) error {
	wrong := func(expected string) error {
		return fmt.Errorf("%s=%s: expected %s", f.Name, value, expected)
	}
	if len(f.OneOf) > 0 {
		for _, valid := range f.OneOf {
			if value == valid {
				reflect.ValueOf(f.pointer).Elem().SetString(value)
				return nil
			}
		}
		return wrong(fmt.Sprintf("one of %s; did you mean %q?", strings.Join(f.OneOf, ", "), Nearest(value, f.OneOf)))
	}
	switch p := f.pointer.(type) {
	case *bool:
		parsed, err := strconv.ParseBool(value)
		if err != nil {
			return wrong("true or false")
		}
		*p = parsed
	case *int:
		parsed, err := strconv.Atoi(value)
		if err != nil {
			return wrong("a whole number")
		}
		*p = parsed
	case *int64:
		parsed, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return wrong("a whole number")
		}
		*p = parsed
	case *float64:
		parsed, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return wrong("a number")
		}
		*p = parsed
	case *string:
		*p = value
	case *Sizes:
		parsed, err := ParseSizes(value)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		*p = parsed
	default:
		return fmt.Errorf("%s: fields of type %T cannot be set from text", f.Name, p)
	}
	return nil
}

// SetAll applies assignments written name=value, in order, and validates the result.
func (c *Config) SetAll(assignments []string) error {
	for _, assignment := range assignments {
		name, value, ok := strings.Cut(assignment, "=")
		if !ok {
			return fmt.Errorf("%q is not of the form name=value", assignment)
		}
		if err := c.Set(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	return c.Validate()
}

// JSON returns the configuration as indented JSON with the names of the fields.
func (c *Config) JSON() ([]byte, error) { return json.MarshalIndent(c, "", "  ") }

// ParseConfig reads a configuration written by JSON. Unknown fields are errors: they come from another version.
func ParseConfig(data []byte) (Config, error) {
	var c Config
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&c); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	if err := c.Validate(); err != nil {
		return Config{}, err
	}
	return c, nil
}

// Nearest returns the candidate with the smallest edit distance to name, for error messages.
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", -1
	for _, candidate := range candidates {
		if d := editDistance(name, candidate); bestDistance < 0 || d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

// editDistance is Levenshtein's.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substitute := diagonal
			if a[i-1] != b[j-1] {
				substitute++
			}
			diagonal = row[j]
			row[j] = min(substitute, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
