package pg

import (
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// SQLSTATE values this package acts upon (PostgreSQL manual, appendix A).
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	cachedPlanChanged    = "0A000"
	readOnlyTransaction  = "25006"
	undefinedTable       = "42P01"
)

var (
	// ErrOutcomeUnknown is in the error of a transaction whose COMMIT was sent
	// but not answered. It may or may not have happened; only a repeat that a
	// unique key makes harmless can tell.
	ErrOutcomeUnknown = errors.New("the connection was lost during commit: outcome unknown")
	// ErrNested is returned by InTx with the context of a transaction.
	ErrNested = errors.New("transaction inside a transaction")
)

// SQLState is the SQLSTATE of a server's error, or "".
func SQLState(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.Code
	}
	return ""
}

// ConstraintName is the constraint that a server's error names, or "".
func ConstraintName(err error) string {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) {
		return pgErr.ConstraintName
	}
	return ""
}

// retryKind says what has to happen before a transaction is tried again.
type retryKind int

const (
	retryNever     retryKind = iota
	retryConflict            // two transactions collided; a few more attempts
	retryReset               // every pooled connection is stale or at the wrong server
	retryReconnect           // the server is away; attempts until the time is up
)

// retryFor decides about an attempt that certainly committed nothing. lost says
// that its connection broke.
func retryFor(err error, lost bool) retryKind {
	if errors.Is(err, ErrOutcomeUnknown) {
		return retryNever
	}
	state := SQLState(err)
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) {
		// A refusal such as a wrong password or a missing database stays.
		if state == "" || passing(state) {
			return retryReconnect
		}
		return retryNever
	}
	switch {
	case state == serializationFailure, state == deadlockDetected:
		return retryConflict
	case state == readOnlyTransaction, state == cachedPlanChanged && isCachedPlan(err):
		return retryReset
	case lost && (state == "" || passing(state)):
		return retryReconnect
	}
	return retryNever
}

// passing reports whether a server that answers with this SQLSTATE may be back
// soon: 08 connection exception, 53300 too many connections, 57P01 to 57P03
// shutting down or starting up.
func passing(state string) bool {
	return strings.HasPrefix(state, "08") || strings.HasPrefix(state, "57P") || state == "53300"
}

// isCachedPlan tells "cached plan must not change result type" from the other
// uses of 0A000, feature not supported, by the server routine that reports it:
// the text is translated, the routine's name is not.
func isCachedPlan(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && pgErr.Routine == "RevalidateCachedQuery"
}
