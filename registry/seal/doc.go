// Package seal links all rows that only grow, the history and the ledger, into
// one chain of hashes, and finds what was edited, removed or slipped in later.
//
// Commands write their rows without looking at the chain: a sealer comes some
// time after them, once no row of a lower id can still appear. What it has not
// sealed yet, the tail, is protected by the rights of the database alone.
// Whoever may write everything in the database can also write the whole chain
// anew; a head that was noted elsewhere shows that too.
//
// Imports: registry/pg.
package seal
