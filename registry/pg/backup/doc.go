// Package backup dumps the whole database with PostgreSQL's own pg_dump, and
// restores such a dump into an empty database. Beside each dump lies a manifest
// with the sums of every table, taken in the snapshot that was dumped, so that
// a restore can prove that nothing is missing or different.
//
// Imports: registry/pg, registry/pg/cluster.
package backup
