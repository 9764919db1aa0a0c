package registry

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// E3: no password is hashed for somebody whose certificate settles the matter,
// so that no registrar can keep the others' logins waiting with wrong ones.
func TestForeignCertificateCostsNoHash(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	loginRegistrar(t, r, "TAG-A")
	loginRegistrar(t, r, "TAG-B")
	_, err := r.db.Pool.Exec(ctx, `INSERT INTO registrar_certificate (registrar_id, fingerprint, subject, serial, issued, not_before, not_after, added_at)
		SELECT id, repeat('a', 64), 'CN=TAG-A', '1', true, '2020-01-01', '2100-01-01', '2020-01-01' FROM registrar WHERE tag = 'TAG-A'`)
	if err != nil {
		t.Fatal(err)
	}
	hold := int64(0)
	for r.logins.slots.TryAcquire(1) {
		hold++
	}
	defer r.logins.slots.Release(hold)
	for name, p := range map[string]LoginParams{
		"another's":    {TAG: "TAG-B", Fingerprint: strings.Repeat("a", 64)},
		"unknown":      {TAG: "TAG-A", Fingerprint: strings.Repeat("f", 64)},
		"no such tag":  {TAG: "NOBODY", Fingerprint: strings.Repeat("a", 64)},
		"none":         {TAG: "TAG-A"},
		"none, nobody": {TAG: "NOBODY"},
	} {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
		p.Password, p.Address, p.Clock = "some-password", name, time.Now
		_, err := r.Authenticate(ctx, p)
		cancel()
		var fault LoginFault
		if !errors.As(err, &fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
