package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// TestMain runs the tests. The comparison starts this program again for its
// servers, and in a test that is this binary.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && (os.Args[1] == "bare" || os.Args[1] == "serve-for-test") {
		os.Exit(run(context.Background(), os.Args[1:], os.Stdout, os.Stderr))
	}
	pgtest.Main(m)
}

func TestUsage(t *testing.T) {
	for _, test := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"help", []string{"--help"}, 0, "generate"},
		{"unknown command", []string{"flood"}, 2, "flood"},
		{"no such operation", []string{"run", "--addr", "127.0.0.1:1", "--mix", "delete"}, 1, `unknown operation "delete"`},
		{"no demo", []string{"run", "--demo", "testdata/none"}, 1, "start the demo"},
		{"elsewhere", []string{"run", "--addr", "192.0.2.1:700"}, 1, "loopback only"},
		{"a name elsewhere", []string{"run", "--addr", "epp.example.com:700"}, 1, "loopback only"},
		{"bare elsewhere", []string{"bare", "echo", "--listen", "0.0.0.0:7799"}, 1, "loopback only"},
		{"database elsewhere", []string{"generate", "--names", "10", "--tag", "A", "--database", "postgres://u@192.0.2.1/d"}, 1, "loopback only"},
		{"a database of several hosts", []string{"generate", "--names", "10", "--tag", "A", "--database", "postgres://u@127.0.0.1,192.0.2.1/d"}, 1, "loopback only"},
		{"too many sessions", []string{"run", "--addr", "127.0.0.1:1", "--plain", "-n", "5001"}, 1, "from 1 to 5000"},
		{"too long", []string{"run", "--addr", "127.0.0.1:1", "--plain", "-d", "11m"}, 1, "at most 10m0s"},
		{"too many", []string{"run", "--addr", "127.0.0.1:1", "--plain", "-c", "10000001"}, 1, "at most 10000000"},
		{"made names do not renew in uk", []string{"run", "--addr", "127.0.0.1:1", "--plain", "--mix", "renew"}, 1, "R2"},
		{"no zone", []string{"run", "--addr", "127.0.0.1:1", "--plain"}, 1, "--zone"},
		{"a pipeline of logins", []string{"run", "--addr", "127.0.0.1:1", "--plain", "--mix", "login", "--pipeline", "2"}, 1, "nothing to pipeline"},
		{"too many rounds", []string{"compare", "--rounds", "21"}, 1, "rounds"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(context.Background(), test.args, &stdout, &stderr)
			all := stdout.String() + stderr.String()
			if code != test.code || !strings.Contains(all, test.says) {
				t.Errorf("code %d, expected %d and %q:\n%s", code, test.code, test.says, all)
			}
		})
	}
}
