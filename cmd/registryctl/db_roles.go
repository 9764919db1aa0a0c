package main

import (
	"fmt"
	"strings"

	"github.com/namekeep/namekeep/registry/pg"
)

type dbRoles struct {
	Prefix string `default:"namekeep" placeholder:"NAME" help:"The roles are NAME_server, NAME_staff and NAME_readonly. Default: ${default}."`
	Print  bool   `help:"Print the SQL and do nothing."`
}

// Run gives the roles their rights, or prints how. It is for an admin who is
// connected as the owner of the tables.
func (c *dbRoles) Run(s *session) error {
	db, _, err := s.database()
	if err == nil {
		err = pg.CheckVersion(s.ctx, db)
	}
	if err != nil {
		return err
	}
	list, err := pg.RoleStatements(s.ctx, db, c.Prefix)
	if err != nil {
		return usage("%v", err)
	}
	if c.Print {
		return s.print(list, func() { fmt.Fprintln(s.stdout, strings.Join(list, ";\n")+";") })
	}
	err = s.needAdminFor(db)
	if err != nil {
		return err
	}
	names := []string{c.Prefix + pg.RoleServer, c.Prefix + pg.RoleStaff, c.Prefix + pg.RoleReadOnly}
	err = s.confirm("The roles %s get exactly the rights that --print shows, and PUBLIC loses its own.", strings.Join(names, ", "))
	if err != nil {
		return err
	}
	err = pg.SetRoles(s.ctx, db, c.Prefix)
	if err != nil {
		return err
	}
	return s.done(map[string]any{"roles": names}, "Done. New roles have no password yet: \\password %s in psql gives one.", names[0])
}
