package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg/cluster"
)

// DropCommand is eppload drop: many registrars want the same names the moment
// they are released. It brings its own database and server.
type DropCommand struct {
	Dir      string        `help:"Folder for the database and the certificates; by default one that is removed." type:"path"`
	Tags     int           `help:"Registrars that want the names." default:"50"`
	Sessions int           `help:"Sessions of each; the greedy ones open four times as many." default:"4"`
	Greedy   int           `help:"Registrars that are greedy." default:"5"`
	Names    int           `help:"Names that are released." default:"1000"`
	Rate     int           `help:"Commands a second that the server allows each registrar." default:"10"`
	Quiet    time.Duration `help:"Time before it in which the unrelated registrar's checks are measured." default:"10s"`
	Longest  time.Duration `help:"Longest time until all names are taken." default:"3m"`
	JSON     bool          `name:"json" help:"Write JSON."`
}

// dropped is the result.
type dropped struct {
	Tags, Greedy, Names, Rate int
	Sessions                  int     // of all tags
	Seconds                   float64 // from the first release to the last create
	Served                    int     // commands of the catchers that were answered
	Refused                   int     // sessions that were ended for going over the limit again and again
	Winners                   int     // names that one tag, and only one, was told to have
	Lost                      int     // names whose register or history says otherwise
	MostServed, LeastServed   int     // commands of one tag
	Share                     float64 // of the commands, that the greediest tag got
	MostWon, LeastWon         int     // names of one tag
	QuietP50, QuietP99        float64 // ms, the unrelated registrar's checks before
	DropP50, DropP99          float64 // ms, during the drop
	Checks                    int
}

const (
	dropZone    = "drop.uk"
	dropOwner   = "LOAD-OWNER" // has the names, and releases them
	dropOther   = "LOAD-OTHER" // has nothing to do with it
	dropContact = "DROP-C"
)

// dropTags are all tags of a drop: the owner, the unrelated one, the catchers.
func dropTags(n int) []string {
	tags := []string{dropOwner, dropOther}
	for i := range n {
		tags = append(tags, fmt.Sprintf("LOAD-C%d", i))
	}
	return tags
}

func (c *DropCommand) check() error {
	switch {
	case c.Tags < 2 || c.Tags > 200 || c.Greedy < 0 || c.Greedy > c.Tags:
		return errors.New("tags: from 2 to 200, of which some are greedy")
	case c.Sessions < 1 || (c.Tags+3*c.Greedy)*c.Sessions > maxSessions:
		return fmt.Errorf("sessions: no more than %d in all", maxSessions)
	case c.Names < 1 || c.Names > maxPrepared:
		return fmt.Errorf("names: from 1 to %d", maxPrepared)
	case c.Rate < 1 || c.Quiet <= 0 || c.Quiet > time.Minute || c.Longest <= 0 || c.Longest > 10*time.Minute:
		return errors.New("rate: from 1; quiet: at most a minute; longest: at most ten")
	}
	return nil
}

// Run sets all up, has the names dropped, and judges.
func (c *DropCommand) Run(ctx context.Context, out *console) error {
	err := c.check()
	if err != nil {
		return err
	}
	dir := c.Dir
	if dir == "" {
		dir, err = os.MkdirTemp("", "eppload-drop-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	db, err := cluster.Start(ctx, cluster.Options{Dir: filepath.Join(dir, "pg"), Settings: pgSettings, Sync: true, Log: out.stderr})
	if err != nil {
		return err
	}
	defer func() {
		_ = db.Stop(context.WithoutCancel(ctx))
		if c.Dir == "" {
			_ = os.RemoveAll(db.Dir()) // it may be elsewhere than in dir
		}
	}()
	err = db.EnsureDatabase(ctx, "drop")
	if err != nil {
		return err
	}
	tags := dropTags(c.Tags)
	set, err := openCertSet(filepath.Join(dir, "certs"), tags)
	if err != nil {
		return err
	}
	p, err := newPopulation(0, dropZone, tags, "", compareSpread)
	if err != nil {
		return err
	}
	password, err := newRegister(ctx, db.URL("drop"), registry.ProfileUK, p, set)
	if err != nil {
		return err
	}
	s, err := startChild(ctx, "server", out.stderr, "serve-for-test", "--database", db.URL("drop"), "--dir", set.dir,
		"--commands-per-second", strconv.Itoa(c.Rate))
	if err != nil {
		return err
	}
	creds, err := set.credentials(tags, password)
	var r *dropped
	if err == nil {
		d := &drop{DropCommand: c, addr: s.Listen, creds: creds, database: db.URL("drop")}
		r, err = d.run(ctx)
	}
	err = errors.Join(err, s.stop())
	if err != nil {
		return err
	}
	if c.JSON {
		err = writeJSON(out.stdout, r)
	} else {
		r.writeText(out.stdout)
	}
	return errors.Join(err, r.judge())
}

// judge says what is not as it must be. The unrelated registrar's waiting is
// judged by who reads the figures: the machine may be busy with other things.
func (r *dropped) judge() error {
	var errs []error
	if r.Winners != r.Names || r.Lost != 0 {
		errs = append(errs, fmt.Errorf("%d of %d names have exactly one winner, and %d are not as was answered", r.Winners, r.Names, r.Lost))
	}
	// A second's worth may come at once.
	allowed := float64(r.Rate)*(r.Seconds+2) + float64(r.Rate)
	if float64(r.MostServed) > allowed {
		errs = append(errs, fmt.Errorf("a registrar was served %d commands, its share is %.0f", r.MostServed, allowed))
	}
	return errors.Join(errs...)
}

func (r *dropped) writeText(w io.Writer) {
	fmt.Fprintf(w, "%d names released to %d registrars (%d of them greedy) with %d sessions, %d commands a second each.\n",
		r.Names, r.Tags, r.Greedy, r.Sessions, r.Rate)
	fmt.Fprintf(w, "All taken within %.1f s: %d with exactly one winner, %d not as was answered.\n", r.Seconds, r.Winners, r.Lost)
	fmt.Fprintf(w, "Commands served: %d; of one registrar %d to %d, the most is %.1f %% of all. Names won: %d to %d.\n",
		r.Served, r.LeastServed, r.MostServed, 100*r.Share, r.LeastWon, r.MostWon)
	fmt.Fprintf(w, "Sessions ended for going over the limit: %d.\n", r.Refused)
	fmt.Fprintf(w, "Another registrar's check: p50 %.2f ms and p99 %.2f ms before, %.2f and %.2f during the drop (%d checks).\n",
		r.QuietP50, r.QuietP99, r.DropP50, r.DropP99, r.Checks)
}
