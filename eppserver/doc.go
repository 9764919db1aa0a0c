// Package eppserver listens for registrars over TLS (RFC 5734), runs their
// sessions (RFC 5730 section 2), dispatches each command to the registry and
// maps its errors to result codes. It holds no rule of the register.
//
// Imports: xml, certs, registry.
package eppserver
