// Package xml turns EPP frames into typed commands and typed responses into
// bytes. It knows the schemas of RFC 5730-5734, RFC 5910, RFC 3915, RFC 8807
// and the uk extensions, and no rule of the register.
//
// It spells names as the RFCs do (ClID, ExDate); registry speaks English and
// eppserver is the dictionary between them. Elements are matched by namespace
// URI, never by prefix.
//
// Imports: nothing of ours. Only this package imports etree.
package xml
