package registry

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/sync/semaphore"
)

// passwordParams are the costs of a password hash: 19 MiB, two passes; some
// tens of milliseconds.
var passwordParams = &argon2id.Params{
	Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32,
}

const (
	// minPassword is the shortest new password, in characters; the schema of
	// RFC 5730 takes 6 to 16, RFC 8807 longer ones.
	minPassword = 8
	// maxPassword limits what is hashed, in bytes.
	maxPassword = 512
	// loginSecurityMarker stands for a password given elsewhere (RFC 8807) and
	// so can be none.
	loginSecurityMarker = "[LOGIN-SECURITY]"
	// rememberedPasswords bounds the memory of passwords that were right.
	rememberedPasswords = 10_000
)

var errWrongPassword = errors.New("wrong password")

// loginDesk checks passwords: no more at a time than there are cores, and none
// twice that was right before.
type loginDesk struct {
	slots *semaphore.Weighted
	dummy string // hash of nobody's password, for tags that do not exist
	key   [32]byte
	turns turns

	mu    sync.Mutex
	right map[int32][sha256.Size]byte // registrar → what remembered makes of hash and password
}

func newLoginDesk() *loginDesk {
	d := &loginDesk{
		slots: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
		right: map[int32][sha256.Size]byte{},
	}
	// Read never fails (crypto/rand).
	_, _ = rand.Read(d.key[:])
	salt, sum := make([]byte, passwordParams.SaltLength), make([]byte, passwordParams.KeyLength)
	_, _ = rand.Read(salt)
	_, _ = rand.Read(sum)
	b64 := base64.RawStdEncoding
	d.dummy = fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", passwordParams.Memory,
		passwordParams.Iterations, passwordParams.Parallelism, b64.EncodeToString(salt), b64.EncodeToString(sum))
	return d
}

// verify compares a password with the stored hash; "" stands for none. outdated
// says that the hash was made with other parameters than today's.
func (d *loginDesk) verify(ctx context.Context, registrar int32, hash, password string) (outdated bool, err error) {
	known := hash != ""
	if !known {
		hash = d.dummy
	}
	mac := d.remembered(hash, password)
	if known && d.wasRight(registrar, mac) {
		return false, nil
	}
	err = d.slots.Acquire(ctx, 1)
	if err != nil {
		return false, err
	}
	defer d.slots.Release(1)
	// Another login with the same password may have been ahead.
	if known && d.wasRight(registrar, mac) {
		return false, nil
	}
	if len(password) > maxPassword {
		password = ""
	}
	match, params, err := argon2id.CheckHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("stored password hash: %w", err)
	}
	if !match || !known {
		return false, errWrongPassword
	}
	d.remember(registrar, mac)
	return *params != *passwordParams, nil
}

// hash makes the hash of a new password.
func (d *loginDesk) hash(ctx context.Context, password string) (string, error) {
	err := d.slots.Acquire(ctx, 1)
	if err != nil {
		return "", err
	}
	defer d.slots.Release(1)
	return argon2id.CreateHash(password, passwordParams)
}

// remembered is what is kept of a password that was right: useless without
// the key, which lives in this process only, and void once the hash changes.
func (d *loginDesk) remembered(hash, password string) (mac [sha256.Size]byte) {
	h := hmac.New(sha256.New, d.key[:])
	// The hash is a PHC string and holds no zero byte.
	h.Write([]byte(hash))
	h.Write([]byte{0})
	h.Write([]byte(password))
	h.Sum(mac[:0])
	return mac
}

// knows tells whether the password is one that was right before.
func (d *loginDesk) knows(registrar int32, hash, password string) bool {
	return hash != "" && d.wasRight(registrar, d.remembered(hash, password))
}

func (d *loginDesk) wasRight(registrar int32, mac [sha256.Size]byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	seen, ok := d.right[registrar]
	return ok && hmac.Equal(seen[:], mac[:])
}

func (d *loginDesk) remember(registrar int32, mac [sha256.Size]byte) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, ok := d.right[registrar]; !ok && len(d.right) >= rememberedPasswords {
		for other := range d.right {
			delete(d.right, other)
			break
		}
	}
	d.right[registrar] = mac
}

// checkNewPassword refuses a new password that is too easy. The value is not
// shown back.
func checkNewPassword(p LoginParams) error {
	if p.NewPassword == p.Password {
		return passwordRefused("The new password is the old one.")
	}
	return passwordFit(p.NewPassword)
}

func passwordFit(password string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < minPassword:
		return passwordRefused(fmt.Sprintf("The new password has %d characters; at least %d are needed.", n, minPassword))
	case len(password) > maxPassword:
		return passwordRefused(fmt.Sprintf("The new password is longer than %d bytes.", maxPassword))
	case password == loginSecurityMarker:
		return passwordRefused("This text cannot be a password.")
	}
	return nil
}

func passwordRefused(reason string) error {
	return &Error{Kind: KindPolicy, Reason: reason, Field: "newPW"}
}

// SetPassword has staff give a registrar a new password. Open sessions go on;
// the next login needs the new one. The errors are of KindNotFound, KindPolicy
// and KindAuthorization.
func (r *Registry) SetPassword(ctx context.Context, actor Actor, tag, password string) error {
	err := actor.staffOnly(RoleOperator)
	if err != nil {
		return err
	}
	err = passwordFit(password)
	if err != nil {
		return err
	}
	hash, err := r.logins.hash(ctx, password)
	if err != nil {
		return err
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		var id int32
		err := tx.QueryRow(ctx, `UPDATE registrar SET password_hash = $2,
				password_expires_at = $3::timestamptz + (password_expires_at - password_changed_at),
				password_changed_at = $3, updated_at = $3
			WHERE tag = $1 AND kind = 'registrar' RETURNING id`, tag, hash, tx.Now).Scan(&id)
		if ignoreNoRow(err) != nil {
			return fmt.Errorf("set password of %s: %w", tag, err)
		}
		if err != nil {
			return Refuse(KindNotFound, "", "There is no registrar %s.", tag)
		}
		tx.record("registrar", int64(id), tag, "password", nil)
		return nil
	})
}
