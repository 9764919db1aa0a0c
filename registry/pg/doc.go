// Package pg opens the pool, applies the numbered migrations of the whole
// database, and runs a function in a transaction with one fixed Now.
//
// Imports: nothing of ours.
package pg
