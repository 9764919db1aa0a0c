package registry

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"
)

const testPassword = "a-good-passw0rd"

// loginRegistrar makes a registrar that can log in without a certificate.
func loginRegistrar(t *testing.T, r *Registry, tag string) {
	t.Helper()
	ctx := context.Background()
	err := r.CreateRegistrar(ctx, staff(RoleOperator), tag, settings(tag+" Ltd"))
	if err == nil {
		err = r.SetPassword(ctx, staff(RoleOperator), tag, testPassword)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// E3: the delay doubles, is bounded, and runs from the last failure.
func TestLoginWait(t *testing.T) {
	at := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		count int
		ago   time.Duration
		want  time.Duration
	}{
		{0, 0, 0}, {1, 0, 100 * time.Millisecond}, {2, 0, 200 * time.Millisecond}, {5, 0, 1600 * time.Millisecond},
		{5, time.Second, 600 * time.Millisecond}, {5, time.Minute, 0}, {7, 0, 6400 * time.Millisecond},
		{8, 0, 10 * time.Second}, {1000, 0, 10 * time.Second},
		{3, -time.Hour, 10 * time.Second}, // another server's clock is ahead
	} {
		if got := loginWait(tc.count, at.Add(-tc.ago), at); got != tc.want {
			t.Errorf("%d failures, %s ago: %s, want %s", tc.count, tc.ago, got, tc.want)
		}
	}
}

// E3: a password that was right is known again without a hash, until the
// stored hash changes.
func TestPasswordMemory(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	loginRegistrar(t, r, "ALPHA")
	p := LoginParams{TAG: "ALPHA", Password: testPassword, CertificateOptional: true, Address: "192.0.2.1", Clock: time.Now}
	login := func(password string) error {
		p.Password = password
		_, err := r.Authenticate(ctx, p)
		return err
	}
	if err := login(testPassword); err != nil {
		t.Fatal(err)
	}
	// With all places taken only the memory can let anybody in.
	quick, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	for r.logins.slots.TryAcquire(1) {
		defer r.logins.slots.Release(1)
	}
	if _, err := r.Authenticate(quick, p); err != nil {
		t.Errorf("a known password: %v", err)
	}
	p.Password = "another-password"
	if _, err := r.Authenticate(quick, p); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an unknown password: %v", err)
	}
}

// A new password makes the old one void at once; staff need the role.
func TestSetPassword(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	loginRegistrar(t, r, "ALPHA")
	p := LoginParams{TAG: "ALPHA", Password: testPassword, CertificateOptional: true, Address: "192.0.2.1", Clock: time.Now}
	if _, err := r.Authenticate(ctx, p); err != nil {
		t.Fatal(err)
	}
	wantKind(t, r.SetPassword(ctx, staff(RoleSupport), "ALPHA", "something-else"), KindAuthorization)
	wantKind(t, r.SetPassword(ctx, staff(RoleOperator), "NOBODY", "something-else"), KindNotFound)
	wantKind(t, r.SetPassword(ctx, staff(RoleOperator), "REGISTRY", "something-else"), KindNotFound)
	for _, bad := range []string{"", "short", strings.Repeat("x", 600), "[LOGIN-SECURITY]"} {
		wantKind(t, r.SetPassword(ctx, staff(RoleOperator), "ALPHA", bad), KindPolicy)
	}
	if err := r.SetPassword(ctx, staff(RoleOperator), "ALPHA", "something-else"); err != nil {
		t.Fatal(err)
	}
	var fault LoginFault
	if _, err := r.Authenticate(ctx, p); !errors.As(err, &fault) || fault != FaultWrongPassword {
		t.Errorf("the old password: %v", err)
	}
	p.Password = "something-else"
	p.Clock = func() time.Time { return time.Now().Add(time.Second) }
	if _, err := r.Authenticate(ctx, p); err != nil {
		t.Errorf("the new password: %v", err)
	}
}

// A hash with old parameters is replaced at the next login; the password stays.
func TestRehash(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	loginRegistrar(t, r, "ALPHA")
	weak := hashWith(t, testPassword)
	if _, err := r.db.Pool.Exec(ctx, `UPDATE registrar SET password_hash = $1 WHERE tag = 'ALPHA'`, weak); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	if _, err := r.Heartbeat(ctx, "one", nil, now); err != nil {
		t.Fatal(err)
	}
	p := LoginParams{TAG: "ALPHA", Password: testPassword, CertificateOptional: true, Address: "192.0.2.1", Clock: func() time.Time { return now }}
	l, err := r.Authenticate(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = r.OpenSession(ctx, Actor{Kind: ActorRegistrar, Registrar: l.Registrar, TAG: l.TAG}, l, SessionParams{Server: "one", Address: "192.0.2.1", At: now}); err != nil {
		t.Fatal(err)
	}
	var hash string
	if err = r.db.Pool.QueryRow(ctx, `SELECT password_hash FROM registrar WHERE tag = 'ALPHA'`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(hash, "m=19456,t=2,p=1") {
		t.Errorf("hash %s", hash)
	}
	if _, err = r.Authenticate(ctx, p); err != nil {
		t.Errorf("after the rehash: %v", err)
	}
}

// Two new passwords at once: the one that comes second is refused, its session
// with it.
func TestNewPasswordTwice(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	loginRegistrar(t, r, "ALPHA")
	now := time.Now()
	if _, err := r.Heartbeat(ctx, "one", nil, now); err != nil {
		t.Fatal(err)
	}
	p := LoginParams{TAG: "ALPHA", Password: testPassword, NewPassword: "number-one", CertificateOptional: true, Clock: func() time.Time { return now }}
	first, err := r.Authenticate(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	p.NewPassword = "number-two"
	second, err := r.Authenticate(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	actor := Actor{Kind: ActorRegistrar, Registrar: first.Registrar, TAG: first.TAG}
	s := SessionParams{Server: "one", Address: "192.0.2.1", At: now}
	if _, err = r.OpenSession(ctx, actor, first, s); err != nil {
		t.Fatal(err)
	}
	if _, err = r.OpenSession(ctx, actor, second, s); KindOf(err) != KindAuthenticationFailed {
		t.Errorf("the second: %v", err)
	}
	var n int
	if err = r.db.Pool.QueryRow(ctx, `SELECT count(*) FROM epp_session`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d sessions, %v", n, err)
	}
}

// E4: servers come and go.
func TestHeartbeat(t *testing.T) {
	r, ctx := newRegistry(t), context.Background()
	at := time.Date(2027, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		server string
		after  time.Duration
		live   int
	}{
		{"one", 0, 1}, {"two", time.Second, 2}, {"one", 29 * time.Second, 2}, {"one", 40 * time.Second, 1},
		{"two", 41 * time.Second, 2}, {"one", 3 * time.Hour, 1},
	} {
		live, err := r.Heartbeat(ctx, step.server, nil, at.Add(step.after))
		if err != nil || live != step.live {
			t.Errorf("%s after %s: %d live, %v, want %d", step.server, step.after, live, err, step.live)
		}
	}
	var n int
	if err := r.db.Pool.QueryRow(ctx, `SELECT count(*) FROM server`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d servers kept, %v", n, err)
	}
	// Rows of sessions that ended while the database was away.
	loginRegistrar(t, r, "ALPHA")
	var ids []int64
	for range 3 {
		var id int64
		err := r.db.Pool.QueryRow(ctx, `INSERT INTO epp_session (server_id, registrar_id, address, started_at)
			SELECT 'one', id, '192.0.2.1', $1 FROM registrar WHERE tag = 'ALPHA' RETURNING id`, at).Scan(&id)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	for _, want := range []int{3, 1} {
		if _, err := r.Heartbeat(ctx, "one", ids[:1], at.Add(time.Duration(3-want)*30*time.Second)); err != nil {
			t.Fatal(err)
		}
		if err := r.db.Pool.QueryRow(ctx, `SELECT count(*) FROM epp_session`).Scan(&n); err != nil || n != want {
			t.Errorf("%d sessions kept, %v, want %d", n, err, want)
		}
	}
	if err := r.RemoveServer(ctx, "one"); err != nil {
		t.Fatal(err)
	}
	if err := r.db.Pool.QueryRow(ctx, `SELECT count(*) FROM epp_session`).Scan(&n); err != nil || n != 0 {
		t.Errorf("%d sessions of no server, %v", n, err)
	}
}

func hashWith(t *testing.T, password string) string {
	t.Helper()
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 64, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	return hash
}
