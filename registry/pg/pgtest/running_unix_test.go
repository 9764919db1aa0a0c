//go:build unix

package pgtest_test

import (
	"os/exec"
	"strings"
	"time"
)

// running reports whether a process goes on. It may need a moment for its last
// steps, and stays a zombie where nobody waits for it.
func running(pid string) bool {
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		out, err := exec.Command("ps", "-o", "stat=", "-p", pid).Output()
		state := strings.TrimSpace(string(out))
		if err != nil || state == "" || state[0] == 'Z' {
			return false
		}
	}
	return true
}
