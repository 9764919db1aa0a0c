// Command eppc is an EPP client for people and scripts: one-shot commands, an
// interactive shell, and raw frames from a file.
//
// It exits with 0 if the server carried the command out (1xxx), 1 if it
// refused (2xxx), 2 on wrong usage and 3 on a fault of the connection or the
// system.
//
// Imports: eppserver/eppclient, xml.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
