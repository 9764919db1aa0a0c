package registry

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// StaffUser is a named member of the registry's staff.
type StaffUser struct {
	Name    string
	Role    Role
	TAG     string // of RoleRegistrar
	Active  bool
	Created time.Time // UTC
	Updated time.Time // UTC; zero: never
}

// Roles returns the roles of the registry's staff, from least to most.
func Roles() []Role { return []Role{RoleSupport, RoleBilling, RoleOperator, RoleAdmin} }

var staffNameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// staffOnly refuses registrars, and staff who are neither admins nor have one
// of the roles.
func (a Actor) staffOnly(roles ...Role) error {
	if a.Kind == ActorRegistrar {
		return Refuse(KindAuthorization, "", "only the registry may do this")
	}
	return a.needRole(roles...)
}

// StaffActor returns the staff user as one who acts. Errors: KindAuthorization
// for a name that is not on the list, or no longer.
func (r *Registry) StaffActor(ctx context.Context, name string) (Actor, error) {
	return StaffActor(ctx, r.db, name)
}

// StaffActor is Registry.StaffActor for a database whose other tables may still
// have to be migrated.
func StaffActor(ctx context.Context, db *pg.DB, name string) (Actor, error) {
	var role Role
	err := db.Pool.QueryRow(ctx, `SELECT role FROM staff_user WHERE name = $1 AND active`, name).Scan(&role)
	if errors.Is(err, pgx.ErrNoRows) {
		return Actor{}, Refuse(KindAuthorization, "", "%s is not a staff user.", name).About("user", name)
	}
	if err != nil {
		return Actor{}, fmt.Errorf("read staff user %s: %w", name, err)
	}
	if role == RoleRegistrar {
		return Actor{}, Refuse(KindAuthorization, "", "%s works for a registrar, not for the registry.", name)
	}
	return Actor{Kind: ActorStaff, Staff: name, Role: role}, nil
}

// UserActor is StaffActor for what people of a registrar may do too: such a user
// acts as the registrar. Errors: also KindAuthorization for a registrar that is
// suspended or closed.
func (r *Registry) UserActor(ctx context.Context, name string) (Actor, error) {
	a := Actor{Kind: ActorRegistrar, Staff: name, Role: RoleRegistrar}
	var state RegistrarState
	err := r.db.Pool.QueryRow(ctx, `SELECT r.id, r.tag, r.state FROM staff_user u JOIN registrar r ON r.id = u.registrar_id
		WHERE u.name = $1 AND u.active`, name).Scan(&a.Registrar, &a.TAG, &state)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r.StaffActor(ctx, name)
	case err != nil:
		return Actor{}, fmt.Errorf("read staff user %s: %w", name, err)
	case state != RegistrarActive:
		return Actor{}, Refuse(KindAuthorization, "", "The registrar %s is %s.", a.TAG, state)
	}
	return a, nil
}

// HasStaff tells whether there is an admin yet. Until there is, whoever has the
// database's password sets the register up.
func HasStaff(ctx context.Context, db *pg.DB) (bool, error) {
	var any bool
	err := db.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM staff_user WHERE active AND role = 'admin')`).Scan(&any)
	if pg.SQLState(err) == undefinedTable {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read the staff users: %w", err)
	}
	return any, nil
}

// undefinedTable is the SQLSTATE of a table that is not there.
const undefinedTable = "42P01"

// StaffUsers returns all staff users, those whose role was revoked too, by name.
func (r *Registry) StaffUsers(ctx context.Context) ([]StaffUser, error) {
	rows, err := r.db.Pool.Query(ctx, `SELECT u.name, u.role, coalesce(r.tag, ''), u.active, u.created_at, u.updated_at
		FROM staff_user u LEFT JOIN registrar r ON r.id = u.registrar_id ORDER BY u.name`)
	if err != nil {
		return nil, fmt.Errorf("read the staff users: %w", err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (StaffUser, error) {
		var u StaffUser
		var updated *time.Time
		err := row.Scan(&u.Name, &u.Role, &u.TAG, &u.Active, &u.Created, &updated)
		u.Updated = timeOf(updated)
		return u, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the staff users: %w", err)
	}
	return list, nil
}

// GrantRole makes somebody a staff user with a role, or changes the role. The
// system may do it too: it makes the first admin of a new register. Errors:
// KindAuthorization, KindParamSyntax, KindParamRange, KindPolicy where no admin
// would be left.
func (r *Registry) GrantRole(ctx context.Context, actor Actor, name string, role Role) error {
	err := actor.staffOnly()
	if err != nil {
		return err
	}
	if !staffNameForm.MatchString(name) {
		return Refuse(KindParamSyntax, "", "%q is not a user name: small letters, digits, dot, hyphen, underscore.", name).About("user", name)
	}
	if !slices.Contains(Roles(), role) {
		return Refuse(KindParamRange, "", "%q is not a role.", role).About("role", string(role))
	}
	return r.grant(ctx, actor, name, role, nil, "")
}

// GrantRegistrar makes somebody a user who acts for a registrar. Errors:
// KindAuthorization, KindParamSyntax, KindNotFound for the tag, KindPolicy where
// no admin would be left.
func (r *Registry) GrantRegistrar(ctx context.Context, actor Actor, name, tag string) error {
	err := actor.staffOnly()
	if err != nil {
		return err
	}
	if !staffNameForm.MatchString(name) {
		return Refuse(KindParamSyntax, "", "%q is not a user name: small letters, digits, dot, hyphen, underscore.", name).About("user", name)
	}
	reg, err := r.Registrar(ctx, strings.ToUpper(tag))
	if err != nil {
		return err
	}
	if reg.Kind != "registrar" {
		return Refuse(KindPolicy, "", "%s is a tag of the registry.", reg.TAG).About("tag", reg.TAG)
	}
	return r.grant(ctx, actor, name, RoleRegistrar, &reg.ID, reg.TAG)
}

func (r *Registry) grant(ctx context.Context, actor Actor, name string, role Role, registrar *int32, tag string) error {
	return r.mutate(ctx, actor, func(tx *Tx) error {
		before, err := tx.lockStaff(ctx, name, role != RoleAdmin)
		if err != nil {
			return err
		}
		tx.Queue(`INSERT INTO staff_user (name, role, registrar_id, created_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (name) DO UPDATE SET role = excluded.role, registrar_id = excluded.registrar_id, active = true,
				updated_at = excluded.created_at`, name, role, registrar, tx.Now)
		c := changes{}.add("role", before, role)
		if tag != "" {
			c.add("tag", nil, tag)
		}
		tx.record("user", 0, name, "grant", c)
		return nil
	})
}

// RevokeRole ends a staff user's rights at once. Errors: KindAuthorization,
// KindNotFound, KindPolicy where no admin would be left.
func (r *Registry) RevokeRole(ctx context.Context, actor Actor, name string) error {
	err := actor.staffOnly()
	if err != nil {
		return err
	}
	return r.mutate(ctx, actor, func(tx *Tx) error {
		before, err := tx.lockStaff(ctx, name, true)
		if err != nil {
			return err
		}
		if before == nil {
			return Refuse(KindNotFound, "", "%s is not a staff user.", name).About("user", name)
		}
		tx.Queue(`UPDATE staff_user SET active = false, updated_at = $2 WHERE name = $1`, name, tx.Now)
		tx.record("user", 0, name, "revoke", changes{}.add("role", before, nil))
		return nil
	})
}

// lockStaff returns the role that name has, nil for none. With losing, it
// refuses to let the last admin go; all admins are locked, so that two cannot
// remove each other.
func (tx *Tx) lockStaff(ctx context.Context, name string, losing bool) (*Role, error) {
	rows, err := tx.Query(ctx, `SELECT name, role FROM staff_user
		WHERE active AND (name = $1 OR role = 'admin') ORDER BY name FOR UPDATE`, name)
	if err != nil {
		return nil, fmt.Errorf("read the staff users: %w", err)
	}
	var have *Role
	others := 0
	var n string
	var role Role
	_, err = pgx.ForEachRow(rows, []any{&n, &role}, func() error {
		if n == name {
			was := role
			have = &was
		} else {
			others++
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the staff users: %w", err)
	}
	if losing && have != nil && *have == RoleAdmin && others == 0 {
		return nil, Refuse(KindPolicy, "", "%s is the last admin.", name).About("user", name)
	}
	return have, nil
}
