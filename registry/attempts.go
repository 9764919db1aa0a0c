package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// ErrTooMany: too many tries of one address, or for one code, in a while.
var ErrTooMany = Refuse(KindPolicy, "", "There were too many tries. Wait a quarter of an hour, then try again.")

// attemptSlot is the stretch of time in which tries are counted.
const attemptSlot = 15 * time.Minute

// Tries in a slot. A code has 60 bits: ten tries of an address in a quarter of
// an hour find nothing.
const (
	wrongCodesByAddress = 10
	wrongCodesByCode    = 5
	signInsByAddress    = 10
	signInsByTag        = 3
	confirmationsPerDay = 3 // of one name
)

// attempt is something that is counted.
type attempt struct {
	what  string
	who   string
	limit int
}

// countAttempts counts tries and refuses with ErrTooMany those beyond a limit,
// whose counting is rolled back with the transaction. The rows lock one another,
// so tries that come at once are counted one after the other.
func (tx *Tx) countAttempts(ctx context.Context, list ...attempt) error {
	for _, a := range list {
		var n int
		err := tx.QueryRow(ctx, `INSERT INTO page_attempt (what, who, slot, n) VALUES ($1, $2, $3, 1)
			ON CONFLICT (what, who, slot) DO UPDATE SET n = page_attempt.n + 1 RETURNING n`,
			a.what, tokenHash(a.who), tx.Now.Truncate(attemptSlot)).Scan(&n)
		if err != nil {
			return fmt.Errorf("count tries: %w", err)
		}
		if n > a.limit {
			return ErrTooMany
		}
	}
	return nil
}

// forgiveAttempts takes back what countAttempts counted: the try was right.
func (tx *Tx) forgiveAttempts(list ...attempt) {
	for _, a := range list {
		tx.Queue(`UPDATE page_attempt SET n = n - 1 WHERE what = $1 AND who = $2 AND slot = $3`,
			a.what, tokenHash(a.who), tx.Now.Truncate(attemptSlot))
	}
}

// linksKept is how long a link that has ended is remembered, so that a page can
// say so.
const linksKept = 90 // days

// forgetLinks deletes what pages need no more.
func (r *Registry) forgetLinks(ctx context.Context) error {
	now := r.db.Now()
	_, err := r.db.Pool.Exec(ctx, `DELETE FROM page_token WHERE expires_at < $1`, now.AddDate(0, 0, -linksKept))
	if err == nil {
		_, err = r.db.Pool.Exec(ctx, `DELETE FROM renewal_confirmation WHERE expires_at < $1`, now.AddDate(0, 0, -linksKept))
	}
	if err == nil {
		_, err = r.db.Pool.Exec(ctx, `DELETE FROM page_attempt WHERE slot < $1`, now.AddDate(0, 0, -1))
	}
	if err != nil {
		return fmt.Errorf("forget old links: %w", err)
	}
	return nil
}

// codeAlphabet are Crockford's 32 characters: none of them is taken for another.
const codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

const codeLength = 12 // of 5 bits each

// normalCode is a code as it is kept, from what was typed: without hyphens and
// blanks, with what looks alike made the same.
func normalCode(typed string) string {
	return strings.Map(func(c rune) rune {
		switch c {
		case ' ', '-', '\t', '\u00a0', '\u2010', '\u2011', '\u2013':
			return -1
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return c
	}, strings.ToUpper(typed))
}

// errCodeForm tells that something is no code at all, before any look-up.
var errCodeForm = errors.New("not a code")

func checkCode(code string) error {
	if len(code) != codeLength || strings.Trim(code, codeAlphabet) != "" {
		return errCodeForm
	}
	return nil
}

// codeHash keeps codes and tokens apart.
func codeHash(code string) []byte { return tokenHash("code:" + code) }
