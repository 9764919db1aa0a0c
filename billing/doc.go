// Package billing prices operations, keeps charge lines, the ledger and
// invoices. Money is integer minor units with a currency (rule B1).
//
// It takes plain values (tag, domain name, period) and a transaction, so that
// the registry calls it inside its own. Imports: notify, registry/pg.
package billing
