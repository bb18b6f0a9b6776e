package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hatlab/hatlab/hatlib/progress"
)

// Where the addresses are not reached, which is common in schools and firms, a user should learn it within seconds.
const (
	connectTimeout = 5 * time.Second
	answerTimeout  = 10 * time.Second
	stallTimeout   = 30 * time.Second

	// maxDownload is more than any published file has (26 MB).
	maxDownload = 64 << 20
)

var errOffline = errors.New("downloads are switched off (HATLAB_OFFLINE)")

var client = &http.Client{Transport: &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: connectTimeout}).DialContext,
	TLSHandshakeTimeout:   connectTimeout,
	ResponseHeaderTimeout: answerTimeout,
	DisableCompression:    true, // the sums are of the .gz files as they are
}}

// download brings the files of p that the cache lacks. They arrive in a temporary folder and move into the cache when all of them have their pinned SHA-256,
// so a cache holds whole files of whole sets. A failure leaves nothing behind.
func (o *options) download(ctx context.Context, p *published) error {
	if o.offline {
		return errOffline
	}
	var failed error
	for _, address := range p.addresses {
		o.say("%s: downloading from %s", p.name, address)
		err := o.downloadFrom(ctx, p, address)
		if err == nil {
			o.say("%s: in %s", p.name, o.cacheOf(p))
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		o.say("%s: not from there: %v", p.name, err)
		if failed == nil {
			failed = err
		} else {
			failed = fmt.Errorf("%w; %w", failed, err)
		}
	}
	return failed
}

func (o *options) downloadFrom(ctx context.Context, p *published, address string) error {
	var missing []file
	for _, s := range p.splits {
		for _, f := range []file{s.images, s.labels} {
			if f.in(o.cacheOf(p)) == "" {
				missing = append(missing, f)
			}
		}
	}
	temp, err := tempFolder(o.cache, "."+p.name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	for _, f := range missing {
		if err := fetch(ctx, address+f.name+".gz", filepath.Join(temp, f.name+".gz"), f.gzSum); err != nil {
			return err
		}
	}
	return moveAll(temp, o.cacheOf(p))
}

// abandonedAfter is the age at which a temporary folder belongs to a program that was killed: no download here takes that long.
const abandonedAfter = 6 * time.Hour

// tempFolder makes a new folder in parent, so on the file system of the cache: what is in it can be renamed into place. It sweeps away those that killed
// programs left there.
func tempFolder(parent, prefix string) (string, error) {
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("making the cache folder: %w; set HATLAB_HOME to a folder that can be written", err)
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return "", fmt.Errorf("reading the cache folder: %w", err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasPrefix(e.Name(), prefix) && time.Since(info.ModTime()) > abandonedAfter {
			os.RemoveAll(filepath.Join(parent, e.Name()))
		}
	}
	temp, err := os.MkdirTemp(parent, prefix+"*")
	if err != nil {
		return "", fmt.Errorf("writing into the cache folder: %w; set HATLAB_HOME to a folder that can be written", err)
	}
	return temp, nil
}

// moveAll renames every file of one folder into another one of the same file system.
func moveAll(from, to string) error {
	if err := os.MkdirAll(to, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.Rename(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// fetch writes what an address serves to path, and refuses anything that does not have the SHA-256 sum.
func fetch(ctx context.Context, address, path, sum string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: the server answers %q", address, response.Status)
	}
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()

	stalled := time.AfterFunc(stallTimeout, func() { cancel(fmt.Errorf("no data for %v", stallTimeout)) })
	defer stalled.Stop()
	bar := progress.New(int(max(response.ContentLength, 0)), filepath.Base(path), progress.WithUnit("bytes"))
	defer bar.Done()
	hash := sha256.New()
	count := writerFunc(func(b []byte) (int, error) {
		stalled.Reset(stallTimeout)
		bar.Add(len(b))
		return len(b), nil
	})
	n, err := io.Copy(io.MultiWriter(out, hash, count), io.LimitReader(response.Body, maxDownload+1))
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	if err != nil {
		return fmt.Errorf("%s: after %d bytes: %w", address, n, err)
	}
	if n > maxDownload {
		return fmt.Errorf("%s: more than %d bytes: not the published file", address, maxDownload)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != sum {
		return fmt.Errorf("%s: SHA-256 is %s, expected %s: not the published file", address, got, sum)
	}
	return out.Close()
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
