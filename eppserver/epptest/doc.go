// Package epptest starts an EPP server for tests: both profiles on loopback
// over TLS, a register in a database of its own with zones, prices and three
// registrars, certificates, a clock that can be set, and clients that are
// logged in. Every answer is checked against the published schemas at the end.
//
//	func TestMain(m *testing.M) { epptest.Main(m) }
//
//	func TestRenew(t *testing.T) {
//		h := epptest.New(t)
//		c := h.Login("DEMO-A")
//		r := c.Want(eppclient.DomainCheck("", "a.uk.test"), 1000)
//		…
//	}
//
// Imports: eppserver, eppserver/eppclient, registry, certs, xml, the test
// packages. Only tests import it.
package epptest
