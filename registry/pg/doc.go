// Package pg opens the pool, applies the numbered migrations of the whole
// database, keeps the registry clock, and runs a function in a transaction
// with one fixed Now.
//
// A transaction is built for few round trips: BEGIN travels with the first
// read, queued writes travel with COMMIT. See [DB.InTx].
//
// Imports: nothing of ours.
package pg
