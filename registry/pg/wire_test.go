package pg_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// wire watches the one connection of a pool: it counts round trips, keeps what
// was written, and can break.
type wire struct {
	mu      sync.Mutex
	trips   int
	written bytes.Buffer
	asked   bool // written since the last answer
	cut     bool // swallow the next answer and break
	refuse  int  // dials to refuse
}

type wireConn struct {
	net.Conn
	w    *wire
	dead bool
}

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.refuse > 0 {
		w.refuse--
		return nil, &net.OpError{Op: "dial", Err: io.ErrClosedPipe}
	}
	c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &wireConn{Conn: c, w: w}, nil
}

func (c *wireConn) Write(p []byte) (int, error) {
	c.w.mu.Lock()
	c.w.asked = true
	c.w.written.Write(p)
	c.w.mu.Unlock()
	return c.Conn.Write(p)
}

func (c *wireConn) Read(p []byte) (int, error) {
	if c.dead {
		return 0, io.EOF
	}
	n, err := c.Conn.Read(p)
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if n > 0 && c.w.asked {
		c.w.asked = false
		c.w.trips++
		if c.w.cut {
			c.w.cut, c.dead = false, true
			c.Conn.Close()
			return 0, io.EOF
		}
	}
	return n, err
}

// reset begins to count anew.
func (w *wire) reset() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trips, w.asked = 0, false
	w.written.Reset()
}

func (w *wire) count() (int, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trips, w.written.String()
}

func (w *wire) cutNextAnswer() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
}

// wired is a second DB on the same database, with one watched connection.
func wired(t *testing.T, db *pg.DB, timeout time.Duration) (*pg.DB, *wire) {
	t.Helper()
	w := &wire{}
	cfg := db.Pool.Config()
	cfg.ConnConfig.DialFunc = w.dial
	cfg.MaxConns, cfg.MinConns = 1, 0
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pg.With(db, pool, timeout), w
}

// account is a database with one small table, id and balance.
func account(t *testing.T) *pg.DB {
	t.Helper()
	db := pgtest.New(t)
	_, err := db.Pool.Exec(t.Context(), `create table account (id int constraint account_key primary key, balance int not null);`+
		`insert into account values (1, 100), (2, 100)`)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func balance(t *testing.T, db *pg.DB, id int) int {
	t.Helper()
	var n int
	err := db.Pool.QueryRow(t.Context(), `select balance from account where id = $1`, id).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
