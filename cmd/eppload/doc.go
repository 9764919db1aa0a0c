// Command eppload puts load on an EPP server and measures it: closed-loop sessions by
// operation or mix, latency percentiles, throughput and processor time per
// command, with every answer verified.
//
// It brings along bare servers, which do only the TLS, the framing and the
// database work of a command, to compare with; a generator that fills a
// migrated register by COPY; and compare, which runs the whole measurement of
// docs/performance.md.
//
// It works on loopback only, and is always bounded in number and time. It is
// the one command that has SQL: the bare servers and the generator are to go
// past the registry, not through it.
//
// Imports: eppserver, eppserver/eppclient, registry, registry/pg,
// registry/pg/cluster, certs.
package main
