package pgtest_test

import (
	"os/exec"
	"strings"
)

func running(pid string) bool {
	out, err := exec.Command("tasklist", "/fi", "pid eq "+pid, "/nh").Output()
	return err == nil && strings.Contains(string(out), pid)
}
