package registry

import (
	"testing"
	"time"
)

// meanwhile runs a command while another transaction, which did change, has not
// committed yet: it commits when the command waits for it, or has ended without.
func (r *register) meanwhile(command func() error, change ...string) error {
	r.t.Helper()
	tx, err := r.db.Pool.Begin(r.ctx)
	must(r.t, err)
	defer tx.Rollback(r.ctx)
	for _, sql := range change {
		_, err = tx.Exec(r.ctx, sql)
		must(r.t, err)
	}
	done := make(chan error, 1)
	go func() { done <- command() }()
	for {
		select {
		case err := <-done:
			must(r.t, tx.Commit(r.ctx))
			return err
		case <-time.After(2 * time.Millisecond):
		}
		if one[bool](r, `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')`) {
			must(r.t, tx.Commit(r.ctx))
			return <-done
		}
	}
}

const bTwo = `(SELECT id FROM registrar WHERE tag = 'B-TWO')`

// A name never gets a contact that another tag has taken over meanwhile: what it
// refers to is read under a lock.
func TestContactThatLeavesMeanwhileIsRefused(t *testing.T) {
	leaves := []string{`SELECT FROM contact WHERE handle = 'a-owner' FOR UPDATE`, `UPDATE contact SET sponsor = ` + bTwo + ` WHERE handle = 'a-owner'`}
	r := newRegister(t)
	r.exec(`INSERT INTO contact (handle, sponsor, postal, email, natural_person, creator, created_at)
		SELECT 'a-other', sponsor, '[]', email, true, creator, created_at FROM contact WHERE handle = 'a-owner'`)
	_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "here.co.test", Registrant: "a-other"})
	must(t, err)
	err = r.meanwhile(func() error {
		_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "new.co.test", Registrant: "a-owner"})
		return err
	}, leaves...)
	refused(t, err, KindAuthorization, "")
	r.exec(`UPDATE contact SET sponsor = (SELECT id FROM registrar WHERE tag = 'A-ONE') WHERE handle = 'a-owner'`)
	err = r.meanwhile(func() error {
		_, err := r.UpdateDomain(r.ctx, r.as("A-ONE"), UpdateDomainParams{Name: "here.co.test",
			AddContacts: []DomainContact{{Role: "tech", Handle: "a-owner"}}})
		return err
	}, leaves...)
	refused(t, err, KindAuthorization, "")
}

// A name server that is renamed meanwhile is not the one that was asked for.
func TestHostThatIsRenamedMeanwhileIsRefused(t *testing.T) {
	r := newRegister(t)
	err := r.meanwhile(func() error {
		_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: "new.co.test", Registrant: "a-owner",
			Hosts: []HostSpec{{Name: "ns1.example.net"}}})
		return err
	}, `UPDATE host SET name = 'ns9.example.net' WHERE name = 'ns1.example.net'`)
	refused(t, err, KindNotFound, "")
}

// Hosts go with the name above them: the tag that had it can neither change one
// nor make another.
func TestHostsOfANameThatLeavesMeanwhile(t *testing.T) {
	r := newRegister(t)
	r.create("A-ONE", "up.co.test")
	_, _, err := r.CreateHost(r.ctx, r.as("A-ONE"), CreateHostParams{Name: "ns1.up.co.test", Addresses: []HostAddress{{Text: "192.0.2.1"}}})
	must(t, err)
	for what, command := range map[string]func() error{
		"update": func() error {
			_, err := r.UpdateHost(r.ctx, r.as("A-ONE"), UpdateHostParams{Name: "ns1.up.co.test", AddAddresses: []HostAddress{{Text: "192.0.2.2"}}})
			return err
		},
		"create": func() error {
			_, _, err := r.CreateHost(r.ctx, r.as("A-ONE"), CreateHostParams{Name: "ns2.up.co.test", Addresses: []HostAddress{{Text: "192.0.2.1"}}})
			return err
		},
	} {
		t.Run(what, func(t *testing.T) {
			r.exec(`UPDATE domain SET sponsor = (SELECT id FROM registrar WHERE tag = 'A-ONE') WHERE name = 'up.co.test'`)
			err := r.meanwhile(command, `UPDATE domain SET sponsor = `+bTwo+` WHERE name = 'up.co.test'`,
				`UPDATE host SET sponsor = `+bTwo+` WHERE name = 'ns1.up.co.test'`)
			refused(t, err, KindAuthorization, CodeNotYours)
		})
	}
}
