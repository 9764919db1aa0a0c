package epptest

import (
	"context"
	"sync"

	"github.com/alexedwards/argon2id"

	"github.com/namekeep/namekeep/certs"
	"github.com/namekeep/namekeep/registry"
)

// hashed is the hash of Password, made once: it is slow by design.
var hashed = sync.OnceValues(func() (string, error) {
	return argon2id.CreateHash(Password, &argon2id.Params{
		Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32,
	})
})

// fill makes a register with zones, prices and registrars.
func (h *Harness) fill(ctx context.Context) {
	h.T.Helper()
	err := registry.Install(ctx, h.DB, registry.Installation{
		TestBed: true, RepositoryID: "TEST", RegistryTag: "REGISTRY", TimeZone: "Europe/London",
	})
	if err != nil {
		h.T.Fatal(err)
	}
	h.Exec(`INSERT INTO zone (name, profile, referred, registrant_changes, created_at) VALUES
		($1, 'uk', false, 'confirm', $4), ($2, 'uk', true, 'confirm', $4), ($3, 'gtld', false, 'at-once', $4)`,
		ZoneUK, ZoneReferred, ZoneGTLD, h.DB.Now())
	h.Exec(`INSERT INTO price (zone_id, operation, tier, years, currency, amount, valid_from)
		SELECT z.id, op, tier, y, 'GBP', 390 * y, date '2000-01-01' FROM zone z,
			unnest(ARRAY['create', 'renew', 'transfer']) op, unnest(ARRAY['member', 'non-member']) tier,
			generate_series(1, 10) y
		UNION ALL
		SELECT z.id, 'restore', tier, 0, 'GBP', 4000, date '2000-01-01' FROM zone z,
			unnest(ARRAY['member', 'non-member']) tier`)
	for _, tag := range Tags {
		h.AddRegistrar(tag)
	}
}

// AddRegistrar adds a registrar with Password and a certificate of its own.
func (h *Harness) AddRegistrar(tag string) {
	h.T.Helper()
	hash, err := hashed()
	if err != nil {
		h.T.Fatal(err)
	}
	cert := h.Certificate(tag).Cert
	h.Exec(`INSERT INTO registrar (tag, name, billing_email, password_hash, password_changed_at, created_at)
		VALUES ($1, $1 || ' Ltd', lower($1) || '@example.com', $2, $3, $3)`, tag, hash, h.DB.Now())
	h.Exec(`INSERT INTO registrar_certificate
			(registrar_id, fingerprint, subject, serial, issued, not_before, not_after, added_at)
		SELECT id, $2, $3, $4, true, $5, $6, $7 FROM registrar WHERE tag = $1`,
		tag, certs.Fingerprint(cert), cert.Subject.String(), cert.SerialNumber.Text(16),
		cert.NotBefore, cert.NotAfter, h.DB.Now())
}

// RegistrarID is registrar.id of a tag.
func (h *Harness) RegistrarID(tag string) int32 {
	h.T.Helper()
	return int32(h.Count(`SELECT id FROM registrar WHERE tag = $1`, tag))
}
