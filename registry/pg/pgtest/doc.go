// Package pgtest gives a test its own migrated PostgreSQL database.
//
// Imports: registry/pg, registry/pg/cluster.
package pgtest
