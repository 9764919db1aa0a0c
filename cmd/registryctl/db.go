package main

import (
	"fmt"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/pg"
)

type dbCommands struct {
	Migrate dbMigrate `cmd:"" help:"Bring the tables to this program's version; sets up an empty database."`
	Status  dbStatus  `cmd:"" help:"Show the version of the tables."`
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

type dbStatus struct{}

func (c *dbStatus) Run(s *session) error {
	db, _, err := s.database()
	if err != nil {
		return err
	}
	current, latest, err := pg.Status(s.ctx, db)
	if err != nil {
		return err
	}
	state := "up to date"
	switch {
	case current == 0:
		state = "empty: run registryctl db migrate"
	case current < latest:
		state = "behind: run registryctl db migrate"
	case current > latest:
		state = "ahead: install the newer program"
	}
	return s.print(map[string]any{"version": current, "latest": latest, "state": state}, func() {
		s.fields("Database", fmt.Sprintf("version %d", current), "Program", fmt.Sprintf("version %d", latest), "State", state)
	})
}
