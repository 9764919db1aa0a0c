// Package deposit makes escrow deposits of the register (RFC 8909 and 9022, in
// the XML and the CSV model), packs, signs and encrypts them, and reads them
// back: to verify one, and to import names from it. It is the dictionary
// between package registry, which never sees XML, and xml/escrow, which knows no
// rule.
//
// Imports: registry, xml, xml/escrow.
package deposit
