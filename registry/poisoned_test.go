package registry

import "testing"

// A text that the database would refuse must not reach a statement that is
// shared with others.
func TestNamesThatNoDatabaseTakesAreNotFound(t *testing.T) {
	r := newRegister(t)
	for _, name := range []string{"\x00x.co.test", "x\x00.co.test", "\xff.co.test", "\xc3\x28.co.test"} {
		_, err := r.RenewDomain(r.ctx, r.as("A-ONE"), RenewDomainParams{Name: name, CurExpiry: date(t, "2026-07-01"), Years: 1})
		refused(t, err, KindNotFound, "")
		reseller := "x"
		_, err = r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: name, Reseller: &reseller})
		refused(t, err, KindNotFound, "")
		_, err = r.InfoDomain(r.ctx, r.as("A-ONE"), InfoDomainParams{Name: name})
		refused(t, err, KindNotFound, "")
	}
}
