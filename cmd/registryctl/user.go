package main

import (
	"time"

	"github.com/namekeep/namekeep/registry"
)

type userCommands struct {
	List   userList   `cmd:"" help:"List the staff users."`
	Grant  userGrant  `cmd:"" help:"Make somebody a staff user, or give another role. The first one becomes admin."`
	Revoke userRevoke `cmd:"" help:"End a staff user's rights at once."`
}

type userList struct{}

func (c *userList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	return s.listUsers(r)
}

type userGrant struct {
	Name string `arg:"" help:"Name, as on the system or given with --user."`
	Role string `required:"" enum:"support,billing,operator,admin,registrar" help:"support, billing, operator or admin; or registrar, with --tag."`
	Tag  string `help:"With the role registrar: whom the user acts for."`
}

func (c *userGrant) Run(s *session) error {
	if (registry.Role(c.Role) == registry.RoleRegistrar) != (c.Tag != "") {
		return usage("--tag TAG goes with the role registrar")
	}
	db, _, err := s.database()
	if err != nil {
		return err
	}
	found, err := registry.HasStaff(s.ctx, db)
	if err != nil {
		return err
	}
	var r *registry.Registry
	var actor registry.Actor
	if found {
		r, actor, err = s.staff()
	} else {
		// A new register: whoever has the database's password sets it up.
		if registry.Role(c.Role) != registry.RoleAdmin {
			return registry.Refuse(registry.KindPolicy, "", "There is no admin yet: the first staff user must be one.").About("role", c.Role)
		}
		r, err = s.register()
		actor = s.signed(registry.System(""))
	}
	if err != nil {
		return err
	}
	if c.Tag != "" {
		err = r.GrantRegistrar(s.ctx, actor, c.Name, c.Tag)
	} else {
		err = r.GrantRole(s.ctx, actor, c.Name, registry.Role(c.Role))
	}
	if err != nil {
		return err
	}
	return s.listUsers(r)
}

type userRevoke struct {
	Name string `arg:"" help:"Staff user."`
}

func (c *userRevoke) Run(s *session) error {
	err := s.confirm("%s will not be able to do anything here.", c.Name)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.RevokeRole(s.ctx, actor, c.Name)
	if err != nil {
		return err
	}
	return s.listUsers(r)
}

type userView struct {
	Name    string     `json:"name"`
	Role    string     `json:"role"`
	Tag     string     `json:"tag,omitempty"`
	Active  bool       `json:"active"`
	Created time.Time  `json:"created"`
	Updated *time.Time `json:"updated,omitempty"`
}

func (s *session) listUsers(r *registry.Registry) error {
	list, err := r.StaffUsers(s.ctx)
	if err != nil {
		return err
	}
	views, rows := []userView{}, [][]string{}
	for _, u := range list {
		views = append(views, userView{u.Name, string(u.Role), u.TAG, u.Active, u.Created, optional(u.Updated)})
		state := "active"
		if !u.Active {
			state = "revoked"
		}
		role := string(u.Role)
		if u.TAG != "" {
			role += " " + u.TAG
		}
		rows = append(rows, []string{u.Name, role, state})
	}
	return s.list(views, []string{"Name", "Role", "State"}, rows, "No staff users.")
}
