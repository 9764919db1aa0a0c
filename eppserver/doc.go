// Package eppserver listens for registrars over TLS (RFC 5734), runs their
// sessions (RFC 5730 section 2), dispatches each command to the registry and
// maps its errors to result codes. It holds no rule of the register.
//
// What the RFCs leave open is decided so:
//   - Every failed login is 2200 and says no more: unknown tag, wrong password,
//     suspended registrar, a certificate of another. The log has the reason.
//   - Input after which the stream cannot be trusted, such as an impossible
//     length, is answered with 2500 and closed; an empty frame is 2001.
//   - Commands over the rate are held back; a registrar more than five seconds
//     behind gets 2502. A check of too many names is 2306. A session that is
//     idle for too long is closed without a word; one that is too old gets 2502
//     for its next command, which is not carried out.
//   - Objects must have been announced at login (2307); extensions in gtld only
//     (2103). Answers follow RFC 9038 in gtld; in uk nothing is held back.
//
// Imports: xml, certs, registry.
package eppserver
