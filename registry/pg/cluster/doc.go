// Package cluster finds or brings up a private PostgreSQL for the demo and the
// tests: it looks for server binaries, fetches them when there are none,
// initialises a data folder, and starts, adopts and stops the server.
//
// Imports: nothing of ours.
package cluster
