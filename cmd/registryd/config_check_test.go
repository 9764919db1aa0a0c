package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each fault is told with its key, and the exit status says whether there was
// one.
func TestConfigCheck(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"ca.pem", "server.pem", "server.key"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	good := `[database]
url = "postgres://localhost/x"
[certs]
ca-cert = "ca.pem"
server-cert = "server.pem"
server-key = "server.key"
[listener.uk]
address = "127.0.0.1:7700"
`
	tests := []struct {
		name, text string
		code       int
		says       []string
	}{
		{"in order", good, exitDone, []string{"in order"}},
		{"unknown key", good + "port = 3\n", exitFailed, []string{"listener.uk.port"}},
		{"not TOML", "[database\n", exitFailed, []string{"line 2"}},
		{"no database", "[listener.uk]\naddress = \"127.0.0.1:7700\"\nplain = true\n", exitFailed, []string{"database.url"}},
		{"several", good + "profile = \"us\"\nmax-frame = 5\n[log]\nlevel = \"loud\"\n[policy]\nmax-years = 0\n", exitFailed,
			[]string{"listener.uk.profile", "listener.uk.max-frame", "log.level", "policy.max-years"}},
		{"no listener", "[database]\nurl = \"postgres://localhost/x\"\n", exitFailed, []string{"listener: there is none"}},
		{"plain text in public", "[database]\nurl = \"postgres://localhost/x\"\n[listener.uk]\naddress = \"192.0.2.1:700\"\nplain = true\n",
			exitFailed, []string{"listener.uk.plain"}},
		{"no certificate", strings.Replace(good, "server.pem", "none.pem", 1), exitFailed, []string{"certs.server-cert", "none.pem"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(dir, "registry.toml")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			code, stdout, stderr := runHere("config", "check", "--config", file)
			if code != tt.code {
				t.Errorf("status %d, want %d", code, tt.code)
			}
			for _, s := range tt.says {
				if !strings.Contains(stdout+stderr, s) {
					t.Errorf("does not say %q:\n%s%s", s, stdout, stderr)
				}
			}
			if tt.code != exitDone {
				if code, _, _ := runHere("serve", "--config", file); code != exitUsage {
					t.Errorf("serve with it: status %d, want %d", code, exitUsage)
				}
			}
		})
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"serv"}, {"serve", "--port", "3"}, {"config"},
		{"config", "check", "--config", filepath.Join(t.TempDir(), "none.toml"), "more"}} {
		if code, _, stderr := runHere(args...); code != exitUsage || stderr == "" {
			t.Errorf("%v: status %d, %q", args, code, stderr)
		}
	}
	if code, stdout, _ := runHere("--help"); code != exitDone || !strings.Contains(stdout, "demo --check") {
		t.Errorf("--help: status %d\n%s", code, stdout)
	}
}
