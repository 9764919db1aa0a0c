package backup

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// target is how a client program is told where the database is. The password
// goes through the environment: arguments are seen by everybody on a machine.
type target struct {
	name string // a connection string without password
	env  []string
}

// ownSettings are connection parameters of the driver that libpq refuses.
var ownSettings = []string{"pool_max_conns", "pool_min_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time",
	"pool_health_check_period", "pool_max_conn_lifetime_jitter", "pool_min_idle_conns", "default_query_exec_mode",
	"statement_cache_capacity", "description_cache_capacity", "statement_cache_mode"}

func newTarget(address string) (target, error) {
	cfg, err := pgx.ParseConfig(address)
	if err != nil {
		return target{}, fmt.Errorf("database URL: %w", err)
	}
	t := target{env: append(os.Environ(), "PGAPPNAME=namekeep-backup")}
	if cfg.Password != "" {
		t.env = append(t.env, "PGPASSWORD="+cfg.Password)
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme == "" { // key=value pairs
		t.name = fmt.Sprintf("host=%s port=%d user=%s dbname=%s", quoted(cfg.Host), cfg.Port, quoted(cfg.User), quoted(cfg.Database))
		return t, nil
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	for _, key := range append(ownSettings, "password") {
		query.Del(key)
	}
	u.RawQuery = query.Encode()
	t.name = u.String()
	return t, nil
}

// Address is a connection string without its password, to be shown.
func Address(address string) (string, error) {
	t, err := newTarget(address)
	return t.name, err
}

func quoted(value string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(value) + "'"
}

// run runs a program and hands its messages, line by line, to say. Its last
// words are in the error.
func (t target) run(ctx context.Context, say func(line string), program string, args ...string) error {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = t.env
	out, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", program, err)
	}
	var last []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		last = append(last, lines.Text())
		if len(last) > 5 {
			last = last[1:]
		}
		say(lines.Text())
	}
	_, drainErr := io.Copy(io.Discard, out) // a line too long for the scanner
	err = errors.Join(cmd.Wait(), drainErr)
	if err != nil {
		return fmt.Errorf("%s: %w:\n%s", program, err, strings.Join(last, "\n"))
	}
	return nil
}

// major is the server's major version and its whole text.
func major(ctx context.Context, q interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}) (int, string, error) {
	var number, text string
	err := q.QueryRow(ctx, `SELECT current_setting('server_version_num'), current_setting('server_version')`).Scan(&number, &text)
	if err != nil {
		return 0, "", fmt.Errorf("read the server's version: %w", err)
	}
	n, err := strconv.Atoi(number)
	if err != nil {
		return 0, "", fmt.Errorf("the server's version %q: %w", number, err)
	}
	return n / 10_000, text, nil
}
