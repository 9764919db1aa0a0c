// Command registryd is the registry's server: EPP over TLS, metrics and health
// over HTTP. It keeps no state but its open connections; any number of them run
// against one PostgreSQL. "registryd demo" brings up a whole register to try.
//
// It exits with 0 when it was told to stop, 1 when a check failed, 2 on wrong
// usage or configuration and 3 on a fault of the system.
//
// Imports: eppserver, eppserver/eppclient, registry, billing, certs,
// registry/pg, registry/pg/cluster, xml for the names of profiles.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
