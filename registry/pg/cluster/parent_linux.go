package cluster

import (
	"os/exec"
	"syscall"
)

// tieToParent has the kernel stop the server, fast, when our thread ends.
func tieToParent(cmd *exec.Cmd) { cmd.SysProcAttr.Pdeathsig = syscall.SIGINT }
