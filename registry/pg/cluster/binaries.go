package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
)

// minMajor is the oldest PostgreSQL the registry runs on.
const minMajor = 15

// ErrNoBinaries is in the error of Start when no server can be found or fetched.
var ErrNoBinaries = errors.New("no PostgreSQL server found")

// installedPatterns are the folders of binaries that packages install, each
// version in its own: Debian, RPM, Homebrew (three prefixes), Postgres.app,
// the Windows installer.
var installedPatterns = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	`C:\Program Files\PostgreSQL\*\bin`,
}

// installation is a folder with postgres and initdb of one version.
type installation struct {
	bin   string
	major int
}

var versionPattern = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// inspect reports what is in a folder; false if it does not hold a server.
func inspect(bin string) (installation, bool) {
	for _, name := range []string{"postgres", "initdb"} {
		_, err := exec.LookPath(filepath.Join(bin, name))
		if err != nil {
			return installation{}, false
		}
	}
	// Root too may ask for the version.
	out, err := exec.Command(filepath.Join(bin, "postgres"), "--version").Output()
	m := versionPattern.FindSubmatch(out)
	if err != nil || m == nil {
		return installation{}, false
	}
	major, err := strconv.Atoi(string(m[1]))
	return installation{bin, major}, err == nil
}

// installed lists what is on this machine, the newest first, packages before
// the search path, both before what we fetched.
func installed() []installation {
	var found []installation
	for _, pattern := range installedPatterns {
		dirs, _ := filepath.Glob(pattern) // the patterns are valid
		found = appendServers(found, dirs)
	}
	path, err := exec.LookPath("postgres")
	if err == nil {
		// A link in the path stands for the folder with the libraries.
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			path = real
		}
		found = appendServers(found, []string{filepath.Dir(path)})
	}
	slices.SortStableFunc(found, func(a, b installation) int { return cmp.Compare(b.major, a.major) })
	return append(found, fetched()...)
}

func appendServers(found []installation, dirs []string) []installation {
	for _, dir := range dirs {
		in, ok := inspect(dir)
		if ok && !slices.Contains(found, in) {
			found = append(found, in)
		}
	}
	return found
}

// binaries finds or fetches a server for a new cluster.
func (s *starter) binaries(ctx context.Context) (string, error) {
	if s.Binaries != "" {
		in, ok := inspect(s.Binaries)
		if !ok {
			return "", fmt.Errorf("%s does not hold postgres and initdb", s.Binaries)
		}
		if in.major < minMajor {
			return "", fmt.Errorf("%s is PostgreSQL %d, at least %d is needed", s.Binaries, in.major, minMajor)
		}
		return s.Binaries, nil
	}
	for _, in := range installed() {
		if in.major >= minMajor {
			return in.bin, nil
		}
	}
	if s.NoFetch {
		return "", fmt.Errorf("%w: run %s", ErrNoBinaries, installCommand(0))
	}
	bin, err := s.fetch(ctx)
	if err != nil {
		return "", fmt.Errorf("%w (%w): run %s", ErrNoBinaries, err, installCommand(0))
	}
	return bin, nil
}

// binariesFor finds a server of the major version that wrote the data; no other
// may touch it.
func (s *starter) binariesFor(version string) (string, error) {
	major, err := strconv.Atoi(version)
	if err != nil {
		return "", fmt.Errorf("PG_VERSION of %s says %q", s.data(), version)
	}
	candidates := installed()
	if s.Binaries != "" {
		candidates = appendServers(nil, []string{s.Binaries})
	}
	for _, in := range candidates {
		if in.major == major {
			return in.bin, nil
		}
	}
	return "", fmt.Errorf("%w of version %d, which wrote %s: run %s, or dump the data with that version and restore it into a new folder",
		ErrNoBinaries, major, s.data(), installCommand(major))
}

// installCommand is the one command that installs a server on this system; any
// version for 0.
func installCommand(major int) string {
	with := func(prefix string) string {
		if major == 0 {
			return ""
		}
		return prefix + strconv.Itoa(major)
	}
	has := func(file string) bool {
		_, err := os.Stat(file)
		return err == nil
	}
	switch {
	case runtime.GOOS == "darwin":
		return "brew install postgresql@" + cmp.Or(with(""), "17")
	case runtime.GOOS == "windows":
		return "winget install PostgreSQL.PostgreSQL." + cmp.Or(with(""), "17")
	case has("/etc/debian_version"):
		return "apt-get install --no-install-recommends postgresql" + with("-")
	case has("/etc/alpine-release"):
		return "apk add postgresql" + cmp.Or(with(""), "17")
	case has("/etc/redhat-release"), has("/etc/fedora-release"):
		return "dnf install postgresql" + with("") + "-server"
	}
	return "your system's installation of the PostgreSQL server" + with(" ")
}
