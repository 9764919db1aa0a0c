package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// superuser owns everything in a cluster of ours.
	superuser = "namekeep"
	// startTimeout covers crash recovery too.
	startTimeout = 2 * time.Minute
	// pollInterval is how often a starting server is tried.
	pollInterval = 10 * time.Millisecond
	// maxLog is the size past which the server's log is begun anew at a start.
	maxLog = 16 << 20
)

// Options say where a cluster lives and how it runs.
type Options struct {
	// Dir holds everything of the cluster: data, log, password, socket. If a
	// server run by root's stand-in could not reach it, a folder under the
	// system's state directory takes its place; Log says so and Cluster.Dir is
	// the folder used.
	Dir string
	// Settings are server parameters (postgresql.conf names).
	Settings map[string]string
	// Sync makes commits durable. Without it a crash of the machine may damage
	// the data: for tests only.
	Sync bool
	// Log gets one line for each thing worth telling; nil is silent.
	Log io.Writer
	// StayUp leaves the server running when this process dies; the next Start
	// adopts it. Otherwise it is stopped then, on Linux.
	StayUp bool
	// Binaries is a folder with postgres and initdb that is used before any
	// other; "" looks for one.
	Binaries string
	// NoFetch forbids fetching server binaries when none are installed.
	NoFetch bool
}

// Cluster is a running PostgreSQL server of ours.
type Cluster struct {
	dir      string
	bin      string // folder of the binaries; "" when adopted
	endpoint endpoint
	password string
	pid      int
	adopted  bool
	done     chan struct{} // closed when a server we started has ended
}

// Dir is the folder in use.
func (c *Cluster) Dir() string { return c.dir }

// Adopted reports whether the server was already running.
func (c *Cluster) Adopted() bool { return c.adopted }

// URL is the address of a database in the cluster, with the password.
func (c *Cluster) URL(database string) string {
	u := url.URL{
		Scheme: "postgres",
		User:   url.UserPassword(superuser, c.password),
		Path:   "/" + database,
	}
	q := url.Values{"sslmode": {"disable"}, "port": {strconv.Itoa(c.endpoint.port)}, "host": {c.endpoint.host}}
	u.RawQuery = q.Encode()
	return u.String()
}

// EnsureDatabase creates a database unless it is there.
func (c *Cluster) EnsureDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, c.URL("postgres"))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	err = conn.QueryRow(ctx, `select exists (select from pg_database where datname = $1)`, name).Scan(&there)
	if err != nil || there {
		return err
	}
	_, err = conn.Exec(ctx, "create database "+pgx.Identifier{name}.Sanitize())
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Start brings up the cluster in o.Dir, or adopts it if it is running. The
// first start initialises the data with the newest binaries found, later ones
// use binaries of the version that wrote the data. Several processes may call
// it at once for one folder.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	s, err := prepare(o)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	lock, err := LockFile(ctx, filepath.Join(s.dir, "lock"), false)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer lock.Unlock()
	c, err := s.start(ctx)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return c, nil
}

// starter is one Start.
type starter struct {
	Options
	dir   string
	child *account // who runs the server; nil is ourselves
}

func (s *starter) say(format string, args ...any) {
	if s.Log != nil {
		fmt.Fprintf(s.Log, format+"\n", args...)
	}
}

func (s *starter) data() string { return filepath.Join(s.dir, "data") }

// prepare settles the folder and the account.
func prepare(o Options) (*starter, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &starter{Options: o}
	s.dir, s.child, err = settle(dir)
	if err != nil {
		return nil, err
	}
	if s.dir != dir {
		s.say("the database server cannot reach %s, which is below a closed folder: its data is in %s", dir, s.dir)
	}
	// 0711: the server's account walks through, others cannot list.
	err = os.MkdirAll(s.dir, 0o711)
	if err != nil {
		return nil, err
	}
	return s, s.child.open(s.dir)
}

func (s *starter) start(ctx context.Context) (*Cluster, error) {
	c, err := s.adopt(ctx)
	if c != nil || err != nil {
		return c, err
	}
	version, err := os.ReadFile(filepath.Join(s.data(), "PG_VERSION"))
	var bin string
	switch {
	case err == nil:
		bin, err = s.binariesFor(strings.TrimSpace(string(version)))
	case errors.Is(err, fs.ErrNotExist):
		err = s.refuseForeign()
		if err != nil {
			return nil, err
		}
		bin, err = s.binaries(ctx)
		if err == nil {
			err = s.initialise(ctx, bin)
		}
	}
	if err != nil {
		return nil, err
	}
	return s.launch(ctx, bin)
}

// refuseForeign stops before something that is there and is no cluster.
func (s *starter) refuseForeign() error {
	entries, err := os.ReadDir(s.data())
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%s is not empty and no PostgreSQL data: move it away", s.data())
}

// initialise runs initdb beside the data folder and renames at the end, so that
// an interrupted first start leaves nothing half-made.
func (s *starter) initialise(ctx context.Context, bin string) error {
	s.say("initialising a PostgreSQL cluster in %s", s.data())
	fresh := s.data() + ".init"
	err := errors.Join(os.RemoveAll(fresh), os.RemoveAll(s.data())) // the latter is absent or empty
	if err != nil {
		return err
	}
	err = os.Mkdir(fresh, 0o700)
	if err != nil {
		return err
	}
	password := rand.Text()
	passwordFile := filepath.Join(s.dir, "password.init")
	defer os.Remove(passwordFile)
	err = os.WriteFile(passwordFile, []byte(password+"\n"), 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(s.child.chown(fresh), s.child.chown(passwordFile))
	if err != nil {
		return err
	}
	args := []string{"-D", fresh, "-U", superuser, "-E", "UTF8", "--locale=C",
		"-A", "scram-sha-256", "--data-checksums", "--pwfile", passwordFile}
	if !s.Sync {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), args...)
	s.dress(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return errors.Join(fmt.Errorf("initdb: %w\n%s", err, out), os.RemoveAll(fresh))
	}
	// The password is kept for those who come later, for our own account only.
	err = os.WriteFile(filepath.Join(s.dir, "password"), []byte(password), 0o600)
	if err != nil {
		return err
	}
	return os.Rename(fresh, s.data())
}

func (s *starter) readPassword() (string, error) {
	b, err := os.ReadFile(filepath.Join(s.dir, "password"))
	return string(b), err
}

// dress gives a child its account, a clean environment and a folder it may be in.
func (s *starter) dress(cmd *exec.Cmd) {
	cmd.Dir = string(filepath.Separator)
	cmd.Env = []string{"PATH=" + filepath.Dir(cmd.Path) + string(filepath.ListSeparator) + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.Env = append(cmd.Env, systemEnv()...)
	s.child.become(cmd)
}

// ping connects once.
func ping(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
