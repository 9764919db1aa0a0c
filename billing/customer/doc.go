// Package customer keeps registrant accounts and what their vendors sell them
// (rules B20, B21), and decides what becomes of an account that moves to another
// vendor (B30-B37). A vendor is a registrar, seen from its customers.
//
// A plan's price is what a vendor asks of a registrant. What the registry asks
// of the registrar is the price list (B3), and nothing here changes it.
//
// The rules are functions over values; the statements take a transaction, so
// that package registry calls them inside its own. Imports: billing, registry/pg.
package customer
