package epptest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// roleSetting, when it is in the environment, has the servers of all tests work
// as the database role that an operator gives them, so that the tests of
// commands show that its rights suffice.
const roleSetting = "NAMEKEEP_TEST_SERVER_ROLE"

// serverDB is the database as the server sees it: the test's own connections,
// or others with fewer rights. Both have the test's clock.
func (h *Harness) serverDB(ctx context.Context) *pg.DB {
	h.T.Helper()
	if os.Getenv(roleSetting) == "" {
		return h.DB
	}
	// Roles belong to the whole cluster, which other test binaries use too.
	prefix := fmt.Sprintf("nkepp_%d", os.Getpid())
	grantMu.Lock()
	err := pg.SetRoles(ctx, h.DB, prefix)
	grantMu.Unlock()
	if err != nil {
		h.T.Fatal(err)
	}
	u, err := url.Parse(pgtest.URL(h.DB))
	if err != nil {
		h.T.Fatal(err)
	}
	q := u.Query()
	q.Set("options", "-c role="+prefix+pg.RoleServer)
	u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20") // as libpq reads it
	db, err := pg.Open(ctx, pg.Config{URL: u.String(), MaxConns: 4})
	if err != nil {
		h.T.Fatal(err)
	}
	db.Now = h.DB.Now
	h.T.Cleanup(db.Close)
	return db
}
