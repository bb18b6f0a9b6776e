package dataset

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Option changes how [Load] and [Ensure] look for a set.
type Option func(*options)

type options struct {
	dir       string // named by the caller
	env       string // named by HATLAB_DATA
	cache     string // parent of the folders of single sets
	system    []string
	offline   bool
	log       io.Writer
	synthetic Synthetic
}

// WithDir names the folder to look in first. It may hold the files itself or in a folder with the name of the set.
func WithDir(dir string) Option { return func(o *options) { o.dir = dir } }

// WithOffline switches everything off that uses the network, Debian's package included, as HATLAB_OFFLINE=1 does.
func WithOffline() Option { return func(o *options) { o.offline = true } }

// WithLog writes to w, line by line, where data were looked for, found and fetched. Default: nothing is written.
func WithLog(w io.Writer) Option { return func(o *options) { o.log = w } }

// WithSynthetic describes the set "synthetic". Default: [DefaultSynthetic].
func WithSynthetic(s Synthetic) Option { return func(o *options) { o.synthetic = s } }

func newOptions(opts []Option) *options {
	o := &options{
		env:       os.Getenv("HATLAB_DATA"),
		cache:     cacheFolder(),
		system:    []string{"/usr/share/datasets", "/usr/local/share/datasets"},
		offline:   isOn(os.Getenv("HATLAB_OFFLINE")),
		log:       io.Discard,
		synthetic: DefaultSynthetic(),
	}
	for _, opt := range opts {
		opt(o)
	}
	return o
}

func isOn(value string) bool {
	switch strings.ToLower(value) {
	case "", "0", "false", "no", "off":
		return false
	default:
		return true
	}
}

func (o *options) say(format string, args ...any) { fmt.Fprintf(o.log, format+"\n", args...) }

// cacheFolder is $HATLAB_HOME/data. Where not even the user's cache folder is known (no HOME), a folder of that name in the current one serves.
func cacheFolder() string {
	home := os.Getenv("HATLAB_HOME")
	if home == "" {
		user, err := os.UserCacheDir()
		home = filepath.Join(cmp.Or(user, "."), "hatlab")
		if err != nil {
			home = ".hatlab"
		}
	}
	return filepath.Join(home, "data")
}

// cacheOf is the folder of one set in the cache.
func (o *options) cacheOf(p *published) string { return filepath.Join(o.cache, p.name) }

// folder is one place where a set may be.
type folder struct {
	path string
	// pinned says that the content must be what was published. Only a folder that the user names may hold something else.
	pinned bool
}

// folders lists the places of the package comment, the first to be taken first.
func (o *options) folders(p *published) []folder {
	var list []folder
	for _, named := range []string{o.dir, o.env} {
		if named != "" {
			list = append(list, folder{filepath.Join(named, p.name), false}, folder{named, false})
		}
	}
	list = append(list, folder{o.cacheOf(p), true})
	for _, dir := range o.system {
		list = append(list, folder{filepath.Join(dir, p.name), true})
	}
	return list
}

// find returns the first folder with a usable set: all splits, or any split where p says that one is enough.
func (o *options) find(p *published) (folder, bool) {
	for _, f := range o.folders(p) {
		switch have := p.splitsIn(f.path); {
		case len(have) == len(p.splits), p.partial && len(have) > 0:
			o.say("%s: found in %s", p.name, f.path)
			return f, true
		case len(have) > 0:
			o.say("%s: passing over %s: it has only the %s split", p.name, f.path, have[0].name)
		}
	}
	return folder{}, false
}

// splitsIn returns the splits whose two files are in dir.
func (p *published) splitsIn(dir string) []split {
	var have []split
	for _, s := range p.splits {
		if s.images.in(dir) != "" && s.labels.in(dir) != "" {
			have = append(have, s)
		}
	}
	return have
}

// in is the path of the file in dir, plain before gzip, or "" where it is not.
func (f file) in(dir string) string {
	for _, suffix := range []string{"", ".gz"} {
		path := filepath.Join(dir, f.name+suffix)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}
