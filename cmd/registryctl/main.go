// Command registryctl is the registry staff's tool. It works on the database,
// by the same methods of package registry as the server does, as a named staff
// user with a role.
//
// It exits with 0 when done, 1 when a rule refused, 2 on wrong usage and 3 on a
// fault of the system.
//
// Imports: registry, registry/seal, billing, certs, registry/pg,
// registry/pg/backup, registry/deposit, cmd/registryd/config. Never eppserver.
// XML stays in registry/deposit and xml/camt.
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
