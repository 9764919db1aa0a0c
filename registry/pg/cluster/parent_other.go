//go:build !linux

package cluster

import "os/exec"

// tieToParent does nothing: only Linux can. A server that outlives us is
// adopted by the next Start.
func tieToParent(*exec.Cmd) {}
