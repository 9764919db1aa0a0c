package main

import (
	"context"
	"fmt"
	"os"
	"testing"
)

// The owner makes the roles; staff then work through theirs, and a migration
// keeps them.
func TestDatabaseRoles(t *testing.T) {
	d := newDesk(t)
	prefix := fmt.Sprintf("nkdesk_%d", os.Getpid())
	d.expect(exitUsage, "prefix", "admin", "-y", "db", "roles", "--prefix", "No;Role")
	d.expect(exitRefused, "role operator", "operator", "-y", "db", "roles", "--prefix", prefix)
	d.expect(exitDone, `GRANT SELECT, INSERT ON "history" TO "`+prefix+`_server";`, "operator", "db", "roles", "--print", "--prefix", prefix)
	d.expect(exitUsage, "--yes", "admin", "db", "roles", "--prefix", prefix)
	d.must("admin", "-y", "db", "roles", "--prefix", prefix)
	t.Cleanup(func() {
		for _, ending := range []string{"_server", "_staff", "_readonly"} {
			_, err := d.db.Pool.Exec(context.Background(), `DROP OWNED BY `+prefix+ending+`; DROP ROLE `+prefix+ending)
			if err != nil {
				t.Error(err)
			}
		}
	})
	d.must("admin", "db", "migrate")
	whole := d.url
	d.url += "&options=-c%20role%3D" + prefix + "_staff"
	d.register("shop.co.example")
	d.must("operator", "-y", "domain", "lock", "shop.co.example")
	d.must("billing", "-y", "price", "set", "co.example", "create", "--amount", "6.00", "--pro-rata", "--from", "2040-01-01")
	d.must("support", "audit", "seal")
	d.must("support", "audit", "verify")
	d.must("support", "billing", "verify")
	d.must("admin", "-y", "clock", "advance", "--days", "40")
	d.must("operator", "-y", "batch", "run")
	d.expect(exitFault, "permission denied", "admin", "-y", "db", "roles", "--prefix", prefix)
	d.url = whole
}
