// Package faults breaks things under a register that works, and then counts:
// every command that was answered with 1000 must be in the register, its
// history and its ledger, exactly once; every one that was not answered must be
// there entirely or not at all; the books and the audit log must verify.
//
//	go test -tags faults ./cmd/registryd/faults               some minutes
//	go test -tags faults -short ./cmd/registryd/faults        the short form of CI
//	go test -tags faults ./cmd/registryd/faults -for 5m       five minutes a fault
//
// It starts real programs, a PostgreSQL of its own that syncs to disk, and
// works on loopback. docs/reliability.md has the figures of a long run.
package faults
