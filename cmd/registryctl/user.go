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
	Role string `required:"" enum:"support,billing,operator,admin" help:"support, billing, operator or admin."`
}

func (c *userGrant) Run(s *session) error {
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
	err = r.GrantRole(s.ctx, actor, c.Name, registry.Role(c.Role))
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
		views = append(views, userView{u.Name, string(u.Role), u.Active, u.Created, optional(u.Updated)})
		state := "active"
		if !u.Active {
			state = "revoked"
		}
		rows = append(rows, []string{u.Name, string(u.Role), state})
	}
	return s.list(views, []string{"Name", "Role", "State"}, rows, "No staff users.")
}
