// Package eppclient is a plain EPP client: it connects, reads the greeting,
// sends frames and reads answers. The command line client, the load generator
// and the tests use it.
//
// Imports: nothing of ours.
package eppclient
