package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/backup"
	"github.com/namekeep/namekeep/registry/pg/cluster"
)

type dbBackup struct {
	Dir  string `placeholder:"DIR" help:"Folder of the backups. Default: backup.dir of the configuration."`
	Keep *int   `placeholder:"N" help:"How many backups stay there, this one included; 0 keeps all. Default: backup.keep."`
}

type backupView struct {
	File    string    `json:"file"`
	Taken   time.Time `json:"taken"`
	Bytes   int64     `json:"bytes"`
	SHA256  string    `json:"sha256"`
	Version int64     `json:"version"`
	Tables  int       `json:"tables"`
	Rows    int64     `json:"rows"`
	Removed []string  `json:"removed,omitempty"`
}

func viewBackup(dir string, m backup.Manifest, removed []string) backupView {
	v := backupView{File: filepath.Join(dir, m.File), Taken: m.Taken, Bytes: m.Bytes, SHA256: m.SHA256,
		Version: m.Version, Tables: len(m.Tables), Removed: removed}
	for _, t := range m.Tables {
		v.Rows += t.Rows
	}
	return v
}

func (c *dbBackup) Run(s *session) error {
	r, actor, err := s.staff()
	if err == nil {
		err = actor.MayKeep()
	}
	if err != nil {
		return err
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	dir, keep := cfg.Backup.Dir, cfg.Backup.Keep
	if c.Dir != "" {
		dir = c.Dir
	}
	if c.Keep != nil {
		keep = *c.Keep
	}
	if dir == "" {
		return usage("give --dir, or set backup.dir")
	}
	if keep < 0 {
		return usage("--keep: 0 or more")
	}
	step, end := s.progress("tables added up and dumped")
	m, removed, err := backup.Make(s.ctx, cfg.Database.URL, dir, backup.Options{Keep: keep, Progress: step})
	end()
	if err != nil {
		return err
	}
	err = r.RecordUpkeep(s.ctx, actor, "backup", m.File, m.SHA256)
	if err != nil {
		return err
	}
	v := viewBackup(dir, m, removed)
	return s.print(v, func() {
		s.fields("Backup", v.File, "Size", byteText(v.Bytes), "SHA-256", v.SHA256,
			"Holds", fmt.Sprintf("%d rows of %d tables, version %d", v.Rows, v.Tables, v.Version))
		for _, old := range removed {
			fmt.Fprintf(s.stdout, "Removed %s\n", old)
		}
	})
}

type dbRestore struct {
	File      string `arg:"" type:"existingfile" help:"Dump made by db backup; its manifest lies beside it."`
	To        string `required:"" placeholder:"URL" help:"Empty database that it goes into."`
	Unchecked bool   `help:"Restore a dump without a manifest, and compare nothing."`
}

func (c *dbRestore) Run(s *session) error {
	err := s.confirm("%s will be restored into %s, which must be empty.", c.File, withoutPassword(c.To))
	if err != nil {
		return err
	}
	step, end := s.progress("tables restored and compared")
	m, err := backup.Restore(s.ctx, c.To, c.File, backup.Options{Progress: step, Unchecked: c.Unchecked})
	end()
	switch {
	case errors.Is(err, backup.ErrNotEmpty), errors.Is(err, backup.ErrNoManifest):
		return registry.Refuse(registry.KindStatusProhibits, "", "Nothing was restored: %v", err)
	case err != nil:
		return err
	}
	err = s.noteRestore(c.To, m)
	if err != nil {
		return err
	}
	v := viewBackup(filepath.Dir(c.File), m, nil)
	if c.Unchecked && len(m.Tables) == 0 {
		return s.done(v, "Restored; there was no manifest to compare with.")
	}
	return s.done(v, "Restored and compared: %d rows of %d tables are what was backed up at %s.", v.Rows, v.Tables, clock(m.Taken))
}

// noteRestore writes the restore into the restored register's own history. A
// database of another version is left as it was.
func (s *session) noteRestore(address string, m backup.Manifest) error {
	db, err := pg.Open(s.ctx, pg.Config{URL: address, MaxConns: 2})
	if err != nil {
		return err
	}
	defer db.Close()
	if pg.CheckVersion(s.ctx, db) != nil {
		return nil
	}
	cfg, err := s.config()
	if err != nil {
		return err
	}
	r, err := registry.New(s.ctx, db, cfg.Registry())
	if err != nil {
		return err
	}
	return r.RecordUpkeep(s.ctx, registry.System(s.signed(registry.Actor{}).SvTRID), "restore", m.File, m.SHA256)
}

// withoutPassword is a database URL that may be shown.
func withoutPassword(address string) string {
	shown, err := backup.Address(address)
	if err != nil {
		return "the database given"
	}
	return shown
}

// byteText writes a size for people.
func byteText(n int64) string {
	const unit = 1024
	if n < unit {
		return strconv.FormatInt(n, 10) + " bytes"
	}
	value, names := float64(n)/unit, []string{"KiB", "MiB", "GiB"}
	for len(names) > 1 && value >= unit {
		value, names = value/unit, names[1:]
	}
	return fmt.Sprintf("%.1f %s", value, names[0])
}

// databaseView is what db status shows.
type databaseView struct {
	Version    int64       `json:"version"`
	Latest     int64       `json:"latest"`
	State      string      `json:"state"`
	Server     string      `json:"server"`
	Bytes      int64       `json:"bytes"`
	Archiving  string      `json:"archive_mode"`
	Standby    bool        `json:"standby"`
	Dump       string      `json:"pg_dump"` // "" where there is none
	LastBackup *backupView `json:"last_backup"`
	Backups    int         `json:"backups"`
}

// upkeep completes what db status shows with the server and the backups.
func (s *session) upkeep(db *pg.DB, dir string, v *databaseView) error {
	facts, err := backup.Look(s.ctx, db)
	if err != nil {
		return err
	}
	v.Server, v.Bytes, v.Archiving, v.Standby = facts.Server, facts.Bytes, facts.Archiving, facts.Standby
	v.Dump, err = cluster.Client("pg_dump", facts.Major)
	if err != nil && !errors.Is(err, cluster.ErrNoClient) {
		return err
	}
	if dir == "" {
		return nil
	}
	list, err := backup.List(dir)
	if err != nil {
		return err
	}
	v.Backups = len(list)
	if len(list) > 0 {
		last := viewBackup(dir, list[0], nil)
		v.LastBackup = &last
	}
	return nil
}
