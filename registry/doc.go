// Package registry owns names, hosts, contacts, registrars, the poll queues
// and the history of all of them: their rules, their SQL and their
// transactions. Rules are pure functions over values (state, date, policy →
// decision); methods of Registry carry them out.
//
// EPP, the staff tool and the nightly batch call the same methods with a
// different Actor. Sources: RFC 5731-5733, RFC 3915 and the numbered rules of
// the specification (R, C, E), cited where each is kept.
//
// Imports: billing, notify, certs, registry/pg. Never xml, never eppserver.
package registry
