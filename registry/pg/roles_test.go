package pg_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// denied is SQLSTATE insufficient_privilege.
const denied = "42501"

// as runs a statement as one of the roles.
func as(t *testing.T, db *pg.DB, role, sql string) error {
	t.Helper()
	return pgx.BeginFunc(t.Context(), db.Pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `SET LOCAL ROLE `+role)
		if err != nil {
			t.Fatal(err)
		}
		_, err = tx.Exec(t.Context(), sql)
		return err
	})
}

// Neither server nor staff can rewrite what has happened, whatever the triggers
// say, nor take the triggers off.
func TestRolesCannotRewrite(t *testing.T) {
	db := pgtest.New(t)
	prefix := fmt.Sprintf("nkroles_%d", os.Getpid())
	for range 2 { // the second time the roles are there
		if err := pg.SetRoles(t.Context(), db, prefix); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, ending := range []string{pg.RoleServer, pg.RoleStaff, pg.RoleReadOnly} {
			_, err := db.Pool.Exec(context.Background(), `DROP OWNED BY `+prefix+ending+`; DROP ROLE `+prefix+ending)
			if err != nil {
				t.Error(err)
			}
		}
	})
	found, err := pg.RolePrefixes(t.Context(), db)
	if err != nil || len(found) != 1 || found[0] != prefix {
		t.Errorf("prefixes %v, %v", found, err)
	}
	rewritten := []string{"allocation", "audit_block", "credit_note", "credit_note_line", "entry", "history", "invoice", "journal",
		"payment", "receipt"}
	for _, role := range []string{prefix + pg.RoleServer, prefix + pg.RoleStaff, prefix + pg.RoleReadOnly} {
		refuse := func(sql string) {
			t.Helper()
			if err := as(t, db, role, sql); pg.SQLState(err) != denied {
				t.Errorf("%s: %s: %v", role, sql, err)
			}
		}
		for _, table := range append([]string{"charge", "ledger_account"}, rewritten...) {
			refuse(`DELETE FROM ` + table)
			refuse(`TRUNCATE ` + table)
			if err := as(t, db, role, `ALTER TABLE `+table+` DISABLE TRIGGER ALL`); pg.SQLState(err) != denied {
				t.Errorf("%s: triggers of %s: %v", role, table, err)
			}
			refuse(`DROP TABLE ` + table + ` CASCADE`)
		}
		for _, table := range rewritten {
			var column string
			err := db.Pool.QueryRow(t.Context(), `SELECT attname FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0
				AND attidentity = '' ORDER BY attnum DESC LIMIT 1`, table).Scan(&column)
			if err != nil {
				t.Fatal(err)
			}
			refuse(`UPDATE ` + table + ` SET ` + column + ` = ` + column)
		}
		refuse(`UPDATE charge SET amount = amount + 1`)
		refuse(`UPDATE ledger_account SET currency = 'EUR'`)
		refuse(`UPDATE goose_db_version SET version_id = 0`)
		refuse(`SET LOCAL session_replication_role = replica`)
		refuse(`CREATE TABLE mine (a integer)`)
		refuse(`CREATE FUNCTION f() RETURNS integer LANGUAGE sql AS 'SELECT 1'`)
		refuse(`SELECT setval('history_id_seq', 1)`)
		refuse(`COPY history TO PROGRAM 'cat'`)
	}
	reader := prefix + pg.RoleReadOnly
	for _, sql := range []string{`SELECT password_hash FROM registrar`, `SELECT auth_hash FROM domain`, `SELECT * FROM page_token`,
		`SELECT payload FROM outbox`, `SELECT token FROM subscription`, `INSERT INTO lease VALUES ('a', 'b', '2026-01-01')`} {
		if err := as(t, db, reader, sql); pg.SQLState(err) != denied {
			t.Errorf("reader: %s: %v", sql, err)
		}
	}
	server := prefix + pg.RoleServer
	for _, sql := range []string{`UPDATE registrar SET credit_limit = 1`, `UPDATE price SET amount = 0`, `INSERT INTO staff_user
		(name, role, created_at) VALUES ('me', 'admin', '2026-01-01')`, `UPDATE installation SET clock_offset = '1 day'`} {
		if err := as(t, db, server, sql); pg.SQLState(err) != denied {
			t.Errorf("server: %s: %v", sql, err)
		}
	}
	for role, sql := range map[string]string{
		reader:                `SELECT name, sponsor FROM domain; SELECT tag, name FROM registrar; SELECT * FROM history`,
		server:                `INSERT INTO history (at, object, object_id, object_name, action) VALUES ('2026-01-01', 'x', 1, 'x', 'x')`,
		prefix + pg.RoleStaff: `UPDATE registrar SET credit_limit = 1; UPDATE price SET amount = 0`,
	} {
		if err := as(t, db, role, sql); err != nil {
			t.Errorf("%s: %s: %v", role, sql, err)
		}
	}
}

// What a reader may see is a list that grows with the tables: nothing that
// looks like a secret is in it.
func TestReaderSeesNoSecrets(t *testing.T) {
	db := pgtest.New(t)
	list, err := pg.RoleStatements(t.Context(), db, "some")
	if err != nil {
		t.Fatal(err)
	}
	for _, sql := range list {
		if strings.Contains(sql, `"some_readonly"`) && strings.HasPrefix(sql, "GRANT SELECT (") &&
			strings.Contains(sql, "hash") && !strings.Contains(sql, "audit_block") {
			t.Error(sql)
		}
	}
	if _, err := pg.RoleStatements(t.Context(), db, `x"; DROP`); err == nil {
		t.Error("a prefix that is no name was taken")
	}
}
