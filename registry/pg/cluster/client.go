package cluster

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
)

// ErrNoClient is in the error of Client when no program can be found.
var ErrNoClient = errors.New("no PostgreSQL client program found")

// Client finds a client program such as pg_dump of the server's major version
// or a newer one: an older one refuses the server. It looks where server
// binaries are looked for, and on the search path. The error says how to
// install it.
func Client(name string, major int) (string, error) {
	type program struct {
		path  string
		major int
	}
	var found []program
	add := func(path string) {
		out, err := exec.Command(path, "--version").Output()
		m := versionPattern.FindSubmatch(out)
		if err != nil || m == nil {
			return
		}
		v, err := strconv.Atoi(string(m[1]))
		if err == nil && v >= major {
			found = append(found, program{path, v})
		}
	}
	for _, pattern := range installedPatterns {
		dirs, _ := filepath.Glob(pattern) // the patterns are valid
		for _, dir := range dirs {
			path, err := exec.LookPath(filepath.Join(dir, name))
			if err == nil {
				add(path)
			}
		}
	}
	path, err := exec.LookPath(name)
	if err == nil {
		add(path)
	}
	if len(found) == 0 {
		return "", fmt.Errorf("%w: %s of version %d or later; run %s", ErrNoClient, name, major, installClientCommand(major))
	}
	// The version nearest to the server's: it writes what that one reads.
	return slices.MinFunc(found, func(a, b program) int { return cmp.Compare(a.major, b.major) }).path, nil
}

// installClientCommand is the one command that installs the client programs of
// a version on this system.
func installClientCommand(major int) string {
	has := func(file string) bool {
		_, err := os.Stat(file)
		return err == nil
	}
	version := strconv.Itoa(major)
	switch {
	case runtime.GOOS == "linux" && has("/etc/debian_version"):
		return "apt-get install --no-install-recommends postgresql-client-" + version
	case runtime.GOOS == "linux" && has("/etc/alpine-release"):
		return "apk add postgresql" + version + "-client"
	case runtime.GOOS == "linux" && (has("/etc/redhat-release") || has("/etc/fedora-release")):
		return "dnf install postgresql"
	}
	return installCommand(major) // elsewhere they come with the server
}
