package registry

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// testNow is a summer morning: 09:00 UTC is 10:00 in London.
var testNow = time.Date(2026, 6, 1, 9, 0, 0, 0, time.UTC)

// register is a small register of its own for one test: the zones co.test (uk),
// ref.test (uk, referred) and gen (gtld), the tags A-ONE, B-TWO and C-THREE, and
// prices of a pound a year.
type register struct {
	*Registry
	t   *testing.T
	ctx context.Context
}

func newRegister(t *testing.T) *register {
	t.Helper()
	db := pgtest.New(t)
	pgtest.SetNow(t, db, testNow)
	ctx := t.Context()
	must(t, Install(ctx, db, Installation{TestBed: true, RepositoryID: "UK", RegistryTag: "REGISTRY", TimeZone: "Europe/London"}))
	for _, sql := range []string{
		`INSERT INTO registrar (tag, name, created_at) VALUES ('A-ONE', 'Alpha', '2020-01-01'), ('B-TWO', 'Beta', '2020-01-01'), ('C-THREE', 'Gamma', '2020-01-01')`,
		`INSERT INTO zone (name, profile, referred, idn_table, dnssec_data, created_at) VALUES
			('co.test', 'uk', false, 'latin', 'ds', '2020-01-01'), ('ref.test', 'uk', true, 'none', 'ds', '2020-01-01'), ('gen', 'gtld', false, 'none', 'both', '2020-01-01')`,
		`UPDATE zone SET registrant_changes = 'at-once' WHERE profile = 'gtld'`,
		`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
			SELECT z.id, op, tier, y, 'GBP', y * 100, '2020-01-01' FROM zone z, unnest(ARRAY['create', 'renew', 'transfer']) op,
			unnest(ARRAY['member', 'non-member']) tier, generate_series(1, 10) y`,
		`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
			SELECT z.id, 'restore', 'member', 0, 'GBP', 4000, '2020-01-01' FROM zone z`,
		`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
			SELECT lower(left(tag, 1)) || '-owner', id, '[]', 'owner@example.net', true, id, '2020-01-01' FROM registrar WHERE kind = 'registrar'`,
		`INSERT INTO host (name, sponsor, creator, created_at)
			SELECT h, r.id, r.id, '2020-01-01' FROM registrar r, unnest(ARRAY['ns1.example.net', 'ns2.example.net']) h WHERE tag = 'A-ONE'`,
	} {
		_, err := db.Pool.Exec(ctx, sql)
		must(t, err)
	}
	r, err := New(ctx, db, Config{Policy: DefaultPolicy()})
	must(t, err)
	return &register{Registry: r, t: t, ctx: ctx}
}

// as is the actor of a tag.
func (r *register) as(tag string) Actor {
	r.t.Helper()
	id, err := r.registrarID(r.ctx, tag)
	must(r.t, err)
	return Actor{Kind: ActorRegistrar, TAG: tag, Registrar: id, ClTRID: "cl-" + tag, SvTRID: "sv-" + tag}
}

// at moves the clock.
func (r *register) at(now time.Time) {
	r.t.Helper()
	pgtest.SetNow(r.t, r.db, now)
}

// day moves the clock to noon of a civil day.
func (r *register) day(d Date) { r.at(d.EPPTime().Add(12 * time.Hour)) }

// one reads one value.
func one[T any](r *register, sql string, args ...any) T {
	r.t.Helper()
	rows, err := r.db.Pool.Query(r.ctx, sql, args...)
	must(r.t, err)
	v, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
	must(r.t, err)
	return v
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused checks that err is a refusal of a kind.
func refused(t testing.TB, err error, kind Kind, code string) {
	t.Helper()
	e := AsRefusal(err)
	if e == nil || e.Kind != kind || e.Code != code {
		t.Fatalf("got %v (%v), want a refusal: %s %s", err, KindOf(err), kind, code)
	}
}
