//go:build unix

package main

import "syscall"

// errAddressInUse is the system's error for an address that is taken.
var errAddressInUse error = syscall.EADDRINUSE
