package certs

import "time"

// day is 24 hours: validity is a stretch of time, not of civil days.
const day = 24 * time.Hour

// Thresholds are the days before expiry at which a notice is due, longest
// first.
var Thresholds = [...]int{30, 14, 3}

// Dated is a certificate with what matters for its expiry.
type Dated struct {
	// ID tells certificates apart; the fingerprint.
	ID string
	// NotAfter is the last instant of validity.
	NotAfter time.Time
}

// Due says that a certificate has reached a threshold.
type Due struct {
	Dated
	// Reached are the thresholds passed, longest first; the last is the
	// nearest, the one whose notice is to go out if it has not yet.
	Reached []int
	// Expired says that the certificate is no longer valid.
	Expired bool
}

// Expiring returns the certificates that have reached a threshold at now, in
// the order given. A threshold of n days is reached exactly n times 24 hours
// before NotAfter.
func Expiring(certs []Dated, now time.Time) []Due {
	var due []Due
	for _, c := range certs {
		d := Due{Dated: c, Expired: now.After(c.NotAfter)}
		for _, n := range Thresholds {
			if !now.Before(c.NotAfter.Add(-time.Duration(n) * day)) {
				d.Reached = append(d.Reached, n)
			}
		}
		if len(d.Reached) > 0 {
			due = append(due, d)
		}
	}
	return due
}
