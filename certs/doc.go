// Package certs makes and loads certificates: the registry's own certificate
// authority, server certificates that reload without dropping sessions, client
// certificates matched by SHA-256 fingerprint, and what expires soon. It has
// no SQL.
//
// Imports: nothing of ours.
package certs
