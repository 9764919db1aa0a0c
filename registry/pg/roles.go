package pg

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Database roles beside the owner of the tables: what a program may do to each
// table, so that one that was taken over cannot rewrite what has happened. Each
// is named by a prefix that the operator chooses and one of these endings.
const (
	RoleServer   = "_server"   // registryd
	RoleStaff    = "_staff"    // registryctl
	RoleReadOnly = "_readonly" // reports and support: no secrets
)

// DefaultRolePrefix is the prefix of the roles' names where none is given.
const DefaultRolePrefix = "namekeep"

// serverReads are tables that only staff write.
var serverReads = []string{"bank_file", "installation", "notification_schedule", "payment_system", "plan", "plan_price", "price",
	"promotion", "reserved_name", "service_terms", "staff_user", "terms_document", "vendor", "vendor_rule", "zone_apex"}

// columnRights stand in place of a table's usual rights.
var columnRights = map[string]struct{ server, staff string }{
	// What is fixed about a charge a trigger guards as well.
	"charge": {"SELECT, INSERT, UPDATE (invoice_id, reversed_at)", "SELECT, INSERT, UPDATE (invoice_id, reversed_at)"},
	// A lock on an account needs the right to update something: owner is
	// computed and can be set to nothing else.
	"ledger_account": {"SELECT, INSERT, UPDATE (owner)", "SELECT, INSERT, UPDATE (owner)"},
	// The test bed's clock is all that moves.
	"installation":     {"SELECT", "SELECT, INSERT, UPDATE (clock_offset)"},
	"goose_db_version": {"SELECT", "SELECT"},
	// A server stores passwords; terms, limits and states are the staff's.
	"registrar": {"SELECT, UPDATE (password_hash, password_changed_at, password_expires_at, updated_at)", "SELECT, INSERT, UPDATE"},
}

// secretColumn names what no report needs: hashes of passwords and codes,
// tokens, and texts that hold links. Every bytea column is secret too, but for
// those listed.
var (
	secretColumn = regexp.MustCompile(`hash|token|secret|totp|password`)
	secretText   = map[string][]string{"outbox": {"payload"}}
	openBytes    = []string{"audit_block.digests", "audit_block.previous", "audit_block.hash", "bank_file.sha256",
		"domain_ds.digest", "domain_ds.public_key"}
	rolePrefix = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)
)

// tableShape is what the rights of a table depend on.
type tableShape struct {
	Name      string
	OnlyGrows bool // a trigger refuses updates
	KeepsRows bool // a trigger refuses deletes
	Columns   []string
	Bytes     []string // of the columns, those of type bytea
}

// RoleStatements are the statements that make the roles, where they are
// missing, and give them exactly the rights they should have on the tables that
// are there now. It changes nothing.
func RoleStatements(ctx context.Context, db *DB, prefix string) ([]string, error) {
	if !rolePrefix.MatchString(prefix) {
		return nil, fmt.Errorf("the prefix %q: small letters, digits and underscores, a letter first", prefix)
	}
	tables, err := shapes(ctx, db)
	if err != nil {
		return nil, err
	}
	var database string
	var have []string
	err = db.ReadBatch(ctx, func(b *pgx.Batch) {
		b.Queue(`SELECT current_database()::text`).QueryRow(func(r pgx.Row) error { return r.Scan(&database) })
		b.Queue(`SELECT array(SELECT rolname::text FROM pg_roles WHERE starts_with(rolname, $1))`, prefix+"_").
			QueryRow(func(r pgx.Row) error { return r.Scan(&have) })
	})
	if err != nil {
		return nil, fmt.Errorf("read the roles: %w", err)
	}
	var list []string
	var quoted []string
	for _, ending := range []string{RoleServer, RoleStaff, RoleReadOnly} {
		role := pgx.Identifier{prefix + ending}.Sanitize()
		quoted = append(quoted, role)
		if !slices.Contains(have, prefix+ending) {
			list = append(list, "CREATE ROLE "+role+" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION")
		}
	}
	all := strings.Join(quoted, ", ")
	server, staff, reader := quoted[0], quoted[1], quoted[2]
	base := pgx.Identifier{database}.Sanitize()
	list = append(list,
		"REVOKE ALL ON DATABASE "+base+" FROM PUBLIC",
		"GRANT CONNECT ON DATABASE "+base+" TO "+all,
		"REVOKE ALL ON SCHEMA public FROM PUBLIC",
		"GRANT USAGE ON SCHEMA public TO "+all,
		"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, "+all,
		"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, "+all,
		"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO "+server+", "+staff)
	for _, t := range tables {
		table := pgx.Identifier{t.Name}.Sanitize()
		list = append(list, "GRANT "+t.rights(true)+" ON "+table+" TO "+server, "GRANT "+t.rights(false)+" ON "+table+" TO "+staff)
		if open := t.open(); len(open) > 0 {
			list = append(list, "GRANT SELECT ("+strings.Join(open, ", ")+") ON "+table+" TO "+reader)
		}
	}
	return list, nil
}

// SetRoles carries RoleStatements out in one transaction. Making roles needs
// CREATEROLE, the rest the owner of the tables.
func SetRoles(ctx context.Context, db *DB, prefix string) error {
	list, err := RoleStatements(ctx, db, prefix)
	if err != nil {
		return err
	}
	return db.InTx(ctx, func(tx *Tx) error {
		for _, sql := range list {
			_, err := tx.Exec(ctx, sql)
			if err != nil {
				return fmt.Errorf("%s: %w", sql, err)
			}
		}
		return nil
	})
}

// RolePrefixes lists the prefixes whose roles have rights in this database, so
// that a migration can give them theirs on new tables.
func RolePrefixes(ctx context.Context, db *DB) ([]string, error) {
	rows, err := db.Pool.Query(ctx, `SELECT DISTINCT left(g.rolname, -length($1)) FROM pg_class c, aclexplode(c.relacl) a
		JOIN pg_roles g ON g.oid = a.grantee
		WHERE c.relname = 'history' AND c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner
			AND right(g.rolname, length($1)) = $1 ORDER BY 1`, RoleServer)
	if err != nil {
		return nil, fmt.Errorf("read the roles: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("read the roles: %w", err)
	}
	return list, nil
}

// RefreshRoles gives the roles that work on this database their rights on tables
// that a migration has added. Where there are none it does nothing.
func RefreshRoles(ctx context.Context, db *DB) error {
	prefixes, err := RolePrefixes(ctx, db)
	if err != nil {
		return err
	}
	for _, prefix := range prefixes {
		err = SetRoles(ctx, db, prefix)
		if err != nil {
			return err
		}
	}
	return nil
}

// rights are those of the server or the staff.
func (t tableShape) rights(server bool) string {
	if c, ok := columnRights[t.Name]; ok {
		if server {
			return c.server
		}
		return c.staff
	}
	switch {
	case t.OnlyGrows:
		return "SELECT, INSERT"
	case server && slices.Contains(serverReads, t.Name):
		return "SELECT"
	case t.KeepsRows:
		return "SELECT, INSERT, UPDATE"
	}
	return "SELECT, INSERT, UPDATE, DELETE"
}

// open are the columns that a reader may see.
func (t tableShape) open() []string {
	var list []string
	for _, c := range t.Columns {
		secret := slices.Contains(t.Bytes, c) || secretColumn.MatchString(c) || slices.Contains(secretText[t.Name], c)
		if !secret || slices.Contains(openBytes, t.Name+"."+c) {
			list = append(list, pgx.Identifier{c}.Sanitize())
		}
	}
	return list
}

// shapes reads all tables.
func shapes(ctx context.Context, db *DB) ([]tableShape, error) {
	rows, err := db.Pool.Query(ctx, `SELECT c.relname::text,
			EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
				WHERE g.tgrelid = c.oid AND p.proname = 'refuse_change' AND g.tgtype & 16 <> 0),
			EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
				WHERE g.tgrelid = c.oid AND p.proname = 'refuse_change' AND g.tgtype & 8 <> 0),
			array(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum),
			array(SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
				AND atttypid = 'bytea'::regtype ORDER BY attnum)
		FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v') AND c.relnamespace = 'public'::regnamespace ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[tableShape])
	if err != nil {
		return nil, fmt.Errorf("read the tables: %w", err)
	}
	return list, nil
}
