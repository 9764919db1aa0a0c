// Package zonefile makes the zones of the register: which records a name and a
// host bring (records.go), what of them is published (zone_entry) under which
// serial, what each serial changed, and the files.
//
// What is published is kept in the database, so any server can answer a
// transfer with the very zone of a serial (package registry/axfr). A pass over
// the changes (Publisher.Changes) reads the history from where the last one
// ended and makes the names and hosts in it anew; a comparison of the whole
// (Publisher.Compare) fills a new zone and shows that no change was missed.
//
// RFC 1034, 1035, 1982 (serials), 1995 (increments), 4034 (DS), 9471 (glue).
//
// Imports: registry and below.
package zonefile
