package main

import (
	"cmp"
	"fmt"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
)

type dbCommands struct {
	Migrate dbMigrate `cmd:"" help:"Bring the tables to this program's version; sets up an empty database."`
	Status  dbStatus  `cmd:"" help:"Show the version of the tables, the server and the last backup."`
	Backup  dbBackup  `cmd:"" help:"Dump the whole database into a file, with the sums of every table beside it."`
	Restore dbRestore `cmd:"" help:"Restore a dump into an empty database and compare every table with its sums."`
	Roles   dbRoles   `cmd:"" help:"Make the database roles of server, staff and readers, with no more rights than each needs."`
}

type dbMigrate struct{}

func (c *dbMigrate) Run(s *session) error {
	db, cfg, err := s.database()
	if err != nil {
		return err
	}
	current, latest, err := pg.Status(s.ctx, db)
	if err != nil {
		return err
	}
	// A database with staff is migrated by an admin; in an empty one nobody is.
	if current > 0 {
		err = s.needAdminFor(db)
		if err != nil {
			return err
		}
	}
	if current < latest {
		err = s.confirm("The database will be brought from version %d to %d. There is no way back but a backup.", current, latest)
		if err != nil {
			return err
		}
	}
	steps := []string{}
	err = pg.Migrate(s.ctx, db, func(step string) {
		steps = append(steps, step)
		if !s.g.JSON {
			fmt.Fprintln(s.stderr, step)
		}
	})
	if err != nil {
		return err
	}
	err = registry.Install(s.ctx, db, cfg.Install())
	if err == nil {
		err = pg.RefreshRoles(s.ctx, db)
	}
	if err != nil {
		return err
	}
	current, latest, err = pg.Status(s.ctx, db)
	if err != nil {
		return err
	}
	return s.done(map[string]any{"version": current, "latest": latest, "applied": steps}, "The database is at version %d.", current)
}

// needAdminFor asks for an admin, whatever the version of the tables. Before
// there is one, anybody with the database's password may go on.
func (s *session) needAdminFor(db *pg.DB) error {
	found, err := registry.HasStaff(s.ctx, db)
	if err != nil || !found {
		return err
	}
	name, err := s.userName()
	if err != nil {
		return err
	}
	actor, err := registry.StaffActor(s.ctx, db, name)
	if err == nil && actor.Role != registry.RoleAdmin {
		err = registry.Refuse(registry.KindAuthorization, "", "the role %s may not do this", actor.Role)
	}
	return err
}

type dbStatus struct {
	Dir string `placeholder:"DIR" help:"Folder of the backups. Default: backup.dir of the configuration."`
}

func (c *dbStatus) Run(s *session) error {
	db, cfg, err := s.database()
	if err != nil {
		return err
	}
	v := databaseView{State: "up to date"}
	v.Version, v.Latest, err = pg.Status(s.ctx, db)
	if err != nil {
		return err
	}
	switch {
	case v.Version == 0:
		v.State = "empty: run registryctl db migrate"
	case v.Version < v.Latest:
		v.State = "behind: run registryctl db migrate"
	case v.Version > v.Latest:
		v.State = "ahead: install the newer program"
	}
	dir := cfg.Backup.Dir
	if c.Dir != "" {
		dir = c.Dir
	}
	err = s.upkeep(db, dir, &v)
	if err != nil {
		return err
	}
	return s.print(v, func() {
		last, standby := "none", ""
		if v.LastBackup != nil {
			last = fmt.Sprintf("%s, %s, %s (%d in all)", clock(v.LastBackup.Taken), byteText(v.LastBackup.Bytes), v.LastBackup.File, v.Backups)
		}
		if dir == "" {
			last = "not looked for: give --dir, or set backup.dir"
		}
		if v.Standby {
			standby = "yes: it takes no changes"
		}
		s.fields("Database", fmt.Sprintf("version %d, %s", v.Version, byteText(v.Bytes)), "Program", fmt.Sprintf("version %d", v.Latest),
			"State", v.State, "Server", "PostgreSQL "+v.Server, "Standby", standby, "WAL archiving", v.Archiving, "pg_dump", cmp.Or(v.Dump, "not installed"),
			"Last backup", last)
	})
}
