package registry

import (
	"context"
	"testing"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// newRegistry gives a test an empty register on a database of its own.
func newRegistry(t testing.TB) *Registry {
	t.Helper()
	db := pgtest.New(t)
	err := Install(context.Background(), db, Installation{
		TestBed: true, RepositoryID: "UK", RegistryTag: "REGISTRY", TimeZone: "Europe/London",
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(context.Background(), db, Config{Policy: DefaultPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// staff is a staff user who acts with a reason.
func staff(role Role) Actor {
	return Actor{Kind: ActorStaff, Staff: "test-" + string(role), Role: role, Reason: "a test", SvTRID: "TEST-1"}
}

// wantKind fails the test unless err is a refusal of a kind.
func wantKind(t testing.TB, err error, kind Kind) {
	t.Helper()
	if r := AsRefusal(err); r == nil || r.Kind != kind {
		t.Errorf("error %v, want a refusal of kind %s", err, kind)
	}
}
