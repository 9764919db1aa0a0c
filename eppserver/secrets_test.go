package eppserver_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// Neither the log, with every frame in it, nor any table holds a password or an
// authInfo as it was sent: right or wrong, in whole frames and broken ones.
func TestSecretsStayNowhere(t *testing.T) {
	h := epptest.New(t)
	secrets := []string{epptest.Password}
	secret := func(what string) string {
		s := fmt.Sprintf("secret-%s-0123456789", what)
		secrets = append(secrets, s)
		return s
	}
	c := h.ConnectGTLD("DEMO-A")
	c.Want(loginFrame(c, "DEMO-A", secret("wrong"), eppclient.LoginOptions{}), xml.CodeAuthentication)
	c.Want(loginFrame(c, "DEMO-A", epptest.Password, eppclient.LoginOptions{NewPassword: secret("new")}), xml.CodeOK)
	auth := secret("auth")
	c.Want(eppclient.ContactCreate("S-1", eppclient.ContactCreateOptions{ID: "SECRET-1", Email: "a@example.net", AuthInfo: secret("contact"),
		Postal: []eppclient.Postal{{Type: "int", HasAddr: true, Name: new("An Owner"), Street: []string{"1 High St"}, City: "London", Country: "GB"}}}), xml.CodeOK)
	name := "secret." + epptest.ZoneGTLD
	c.Want(eppclient.DomainCreate("S-2", eppclient.DomainCreateOptions{Name: name, Years: 1, Registrant: "SECRET-1", AuthInfo: auth}), xml.CodeOK)
	changed := secret("changed")
	c.Want(eppclient.DomainUpdate("S-3", eppclient.DomainUpdateOptions{Name: name, AuthInfo: &changed}), xml.CodeOK)
	guess := secret("guess")
	other := h.LoginGTLD("DEMO-B")
	other.Want(eppclient.DomainInfo("S-4", eppclient.DomainInfoOptions{Name: name, AuthInfo: &guess}), xml.CodeBadAuthInfo)
	other.Want(eppclient.DomainTransfer("S-5", "request", name, &guess, 0), xml.CodeBadAuthInfo)
	other.Want(eppclient.DomainTransfer("S-6", "request", name, &changed, 0), xml.CodeOKPending)
	for _, broken := range []string{
		`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login><clID>DEMO-A</clID><pw>%s</pw></login>`,
		`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><login><clID>DEMO-A</clID><pw><![CDATA[%s]]></pw></login></command></epp>`,
		`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><info><x:info xmlns:x="urn:ietf:params:xml:ns:domain-1.0"><x:authInfo><x:pw roid="a">%s`,
	} {
		if r := other.Send(fmt.Appendf(nil, broken, secret("broken"))); epptest.Code(r) < 2000 {
			t.Errorf("%s was taken", broken)
		}
	}
	log := h.Log()
	if !strings.Contains(log, "direction=in") || !strings.Contains(log, "S-6") {
		t.Fatal("the log has no frames: this tests nothing")
	}
	rows, err := h.DB.Pool.Query(t.Context(), `SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range secrets {
		if strings.Contains(log, s) {
			t.Errorf("the log has %s", s)
		}
		for _, table := range tables {
			var found int
			err = h.DB.Pool.QueryRow(t.Context(), `SELECT count(*) FROM `+pgx.Identifier{table}.Sanitize()+` t WHERE position($1 IN t::text) > 0`, s).Scan(&found)
			if err != nil {
				t.Fatal(err)
			}
			if found > 0 {
				t.Errorf("table %s has %s", table, s)
			}
		}
	}
}
