// Package axfr gives the published zones to the registry's secondaries: whole
// (AXFR, RFC 5936) and as changes (IXFR, RFC 1995), to those that sign with
// their key (TSIG, RFC 8945) and ask from their addresses, and tells them of
// every new serial (NOTIFY, RFC 1996). It answers no other questions: it is a
// hidden primary.
//
// Imports: registry/zonefile and below.
package axfr
