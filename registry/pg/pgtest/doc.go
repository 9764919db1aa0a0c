// Package pgtest gives a test its own migrated PostgreSQL database.
//
// Every package with such tests has
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
// and a test calls New. All test binaries of one run share one throw-away
// cluster; the last one out removes it, and one left by a killed run is adopted
// by the next. TEST_DATABASE_URL names another server, whose user may create
// databases; nothing is started then.
//
// Imports: registry/pg, registry/pg/cluster.
package pgtest
