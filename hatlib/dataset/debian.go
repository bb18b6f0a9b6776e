package dataset

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// aptConfig keeps the apt commands without root away from everything that belongs to the system: lists, cache and logs go to private folders, and what a
// system does after each update (cleaning caches, refreshing indexes) is left out. The list of installed packages is read, never written.
const aptConfig = `#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Update::Pre-Invoke;
Dir::State "%[1]s/state";
Dir::State::Lists "%[1]s/state/lists";
Dir::State::status "/var/lib/dpkg/status";
Dir::Cache "%[1]s/cache";
Dir::Log "%[1]s/log";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
`

// FetchDebian brings Fashion-MNIST through the Debian (and Ubuntu) package dataset-fashion-mnist and returns the folder that holds it. As root it installs the
// package, and the folder is the system's. Without root, or where that fails, it lets apt-get update and download with private lists and cache, unpacks the
// package and moves the four files into dir; nothing else on the system changes. Every file must have its pinned content. What is done is said line by line on log.
func FetchDebian(ctx context.Context, dir string, log io.Writer) (string, error) {
	p := findPublished(FashionMNIST)
	for _, tool := range []string{"apt-get", "dpkg-deb"} {
		if _, err := exec.LookPath(tool); err != nil {
			return "", fmt.Errorf("there is no %s here: this is not a Debian or Ubuntu system", tool)
		}
	}
	if os.Geteuid() == 0 {
		where, err := debianInstall(ctx, p, log)
		if err == nil {
			return where, nil
		}
		fmt.Fprintf(log, "%s: not installed: %v\n", p.name, err)
	}
	if err := debianExtract(ctx, p, dir, log); err != nil {
		os.Remove(dir) // only where it is empty
		return "", err
	}
	return dir, nil
}

// debianInstall installs the package for everybody on the machine. Only root can.
func debianInstall(ctx context.Context, p *published, log io.Writer) (string, error) {
	where := filepath.Join("/usr/share/datasets", p.name)
	install := []string{"apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=60", p.debian}
	// The lists of a fresh machine or container are empty or old: then install fails and update helps. Where they are there, updating would only take time.
	if err := command(ctx, log, "", install...); err != nil {
		if err := command(ctx, log, "", "apt-get", "update"); err != nil {
			return "", err
		}
		if err := command(ctx, log, "", install...); err != nil {
			return "", err
		}
	}
	if err := p.check(where); err != nil {
		return "", err
	}
	fmt.Fprintf(log, "%s: in %s\n", p.name, where)
	return where, nil
}

// debianExtract needs no rights but those to write into dir.
func debianExtract(ctx context.Context, p *published, dir string, log io.Writer) error {
	temp, err := tempFolder(dir, ".apt-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	if temp, err = filepath.Abs(temp); err != nil {
		return err
	}
	for _, sub := range []string{"state/lists/partial", "cache/archives/partial", "log", "deb", "root"} {
		if err := os.MkdirAll(filepath.Join(temp, sub), 0o755); err != nil {
			return err
		}
	}
	config := filepath.Join(temp, "apt.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, aptConfig, temp), 0o644); err != nil {
		return err
	}
	deb := filepath.Join(temp, "deb")
	if err := command(ctx, log, deb, "apt-get", "-c", config, "update"); err != nil {
		return err
	}
	if err := command(ctx, log, deb, "apt-get", "-c", config, "download", p.debian); err != nil {
		return err
	}
	packages, err := filepath.Glob(filepath.Join(deb, p.debian+"_*.deb"))
	if err != nil || len(packages) != 1 {
		return fmt.Errorf("apt-get download left %d packages of %s instead of one", len(packages), p.debian)
	}
	root := filepath.Join(temp, "root")
	if err := command(ctx, log, "", "dpkg-deb", "-x", packages[0], root); err != nil {
		return err
	}
	files := filepath.Join(root, "usr/share/datasets", p.name)
	if err := p.check(files); err != nil {
		return err
	}
	if err := moveAll(files, dir); err != nil {
		return fmt.Errorf("moving %s into place: %w", p.name, err)
	}
	fmt.Fprintf(log, "%s: in %s\n", p.name, dir)
	return nil
}

// command runs a command in a folder, after saying so, and puts the end of its output into the error.
func command(ctx context.Context, log io.Writer, dir string, args ...string) error {
	fmt.Fprintf(log, "  $ %s\n", strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // apt-get leaves its files in order then
	cmd.WaitDelay = stallTimeout
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(args, " "), err, lastLines(out, 3))
	}
	return nil
}

// lastLines is the end of a command's output in one line.
func lastLines(out []byte, n int) string {
	lines := strings.Split(string(bytes.TrimSpace(out)), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], " / ")
}
