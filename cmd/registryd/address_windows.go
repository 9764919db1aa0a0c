package main

import "syscall"

// errAddressInUse is the system's error for an address that is taken:
// WSAEADDRINUSE, which package syscall does not name.
var errAddressInUse error = syscall.Errno(10048)
