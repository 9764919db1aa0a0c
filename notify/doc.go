// Package notify stores messages in an outbox inside the transaction that
// causes them, and delivers them later (rule N1).
//
// Imports: registry/pg.
package notify
