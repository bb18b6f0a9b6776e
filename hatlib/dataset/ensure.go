package dataset

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strings"
)

// Ensure makes a set available to [Load] and returns the folder that holds it ("" for a set that needs none). It looks where Load looks; then it downloads;
// then, for Fashion-MNIST, it asks the Debian package. What it does is said on w, line by line. Where nothing works the error says what was tried and what a
// user can do. A "mnist" of which only one split is there is completed when the network allows and accepted, with a line saying so, when not.
func Ensure(ctx context.Context, name string, w io.Writer, opts ...Option) (dir string, err error) {
	o := newOptions(append(opts[:len(opts):len(opts)], WithLog(w)))
	if name == Digits || name == SyntheticName {
		o.say("%s: inside the program, nothing to fetch", name)
		return "", nil
	}
	p := findPublished(name)
	if p == nil {
		return "", unknown(name)
	}
	found, ok := o.find(p)
	if ok {
		for _, s := range p.splitsIn(found.path) {
			if _, _, err := p.readSplit(s, found); err != nil {
				return "", err // Load would refuse it as well: damage is repaired by hand, not covered up
			}
		}
	}
	if ok && (!found.pinned || len(p.splitsIn(found.path)) == len(p.splits)) {
		return found.path, nil
	}
	if !ok {
		o.say("%s: not on this machine", p.name)
	}
	fail := o.download(ctx, p)
	if fail == nil {
		return o.cacheOf(p), nil
	}
	if ok {
		o.say("%s: only the %s split is here, and the other was not fetched: %v", p.name, p.splitsIn(found.path)[0].name, fail)
		return found.path, nil
	}
	if p.debian != "" && !o.offline {
		o.say("%s: the publishers' addresses are not reached; asking Debian's package %s", p.name, p.debian)
		if dir, err = FetchDebian(ctx, o.cacheOf(p), w); err == nil {
			return dir, nil
		}
		fail = fmt.Errorf("%w; %w", fail, err)
	}
	return "", o.advise(p, fail)
}

// advise is the error when nothing worked. It names what a user can type or do.
func (o *options) advise(p *published, cause error) error {
	var ways []string
	if o.offline {
		ways = append(ways, "unset HATLAB_OFFLINE and try again")
	}
	if _, err := exec.LookPath("apt-get"); err == nil && p.debian != "" {
		ways = append(ways, fmt.Sprintf("type %q as root", "apt-get update && apt-get install "+p.debian))
	}
	ways = append(ways, fmt.Sprintf("bring the files of %s from another machine into %s", p.addresses[0], o.cacheOf(p)))
	return fmt.Errorf("dataset: %s could not be brought: %w; %s", p.name, cause, strings.Join(ways, ", or "))
}
