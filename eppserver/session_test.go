package eppserver_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

func loginFrame(c *epptest.Client, tag, password string, o eppclient.LoginOptions) []byte {
	return eppclient.Login(c.Greeting(), tag, password, o)
}

// E3, E6: greeting, login, logout and the closed connection, in both profiles.
func TestLoginAndLogout(t *testing.T) {
	h := epptest.New(t)
	for name, connect := range map[string]func(string) *epptest.Client{"uk": h.Connect, "gtld": h.ConnectGTLD} {
		t.Run(name, func(t *testing.T) {
			c := connect("DEMO-A")
			c.LogIn("DEMO-A")
			if n := h.Count(`SELECT count(*) FROM epp_session WHERE address = '127.0.0.1'`); n != 1 {
				t.Errorf("%d session rows", n)
			}
			c.Want(loginFrame(c, "DEMO-A", epptest.Password, eppclient.LoginOptions{}), xml.CodeUse)
			c.Want(eppclient.Logout("bye"), xml.CodeOKEndSession)
			if n := h.Count(`SELECT count(*) FROM epp_session`); n != 0 {
				t.Errorf("%d session rows after logout", n)
			}
			c.WantClosed()
		})
	}
}

// E3: before login only hello, login and logout.
func TestBeforeLogin(t *testing.T) {
	h := epptest.New(t)
	c := h.Connect("DEMO-A")
	for _, f := range [][]byte{eppclient.Poll("ppp"), eppclient.DomainCheck("ccc", "a.uk.test"), eppclient.PollAck("aaa", "1")} {
		c.Want(f, xml.CodeUse)
	}
	if r := c.Send(eppclient.Hello()); r.Greeting == nil {
		t.Errorf("hello: %+v", r)
	}
	c.Want(eppclient.Logout("xxx"), xml.CodeOKEndSession)
	c.WantClosed()
}

// E3: two failures leave the connection open, the third closes it; the client
// is not told why.
func TestFailedLogins(t *testing.T) {
	h := epptest.New(t)
	c := h.Connect("DEMO-A")
	wrong := loginFrame(c, "DEMO-A", "wrong-password", eppclient.LoginOptions{ClTRID: "www"})
	for range 2 {
		if r := c.Want(wrong, xml.CodeAuthentication); epptest.Reason(r) != "" {
			t.Errorf("reason %q", epptest.Reason(r))
		}
	}
	c.Want(wrong, xml.CodeAuthClosing)
	c.WantClosed()
	if n := h.Count(`SELECT count FROM login_failure WHERE key = 'tag:DEMO-A'`); n != 3 {
		t.Errorf("%d failures counted", n)
	}
	h.Login("DEMO-A")
	if n := h.Count(`SELECT count(*) FROM login_failure`); n != 0 {
		t.Errorf("%d counters after a success", n)
	}
}

// E3 and "Certificates": who is let in.
func TestWhoMayLogIn(t *testing.T) {
	h := epptest.New(t)
	h.Exec(`UPDATE registrar SET state = 'suspended' WHERE tag = 'DEMO-C'`)
	h.AddRegistrar("DEMO-D")
	for _, tc := range []struct {
		name, cert, tag, password string
		reason                    string // in the log
		counted                   bool   // against the tag
	}{
		{"unknown tag", "DEMO-A", "NOBODY", epptest.Password, "unknown tag", false},
		{"wrong password", "DEMO-A", "DEMO-A", "wrong-password", "wrong password", true},
		{"another's certificate", "DEMO-B", "DEMO-A", epptest.Password, "certificate of another", false},
		{"suspended", "DEMO-C", "DEMO-C", epptest.Password, "not active", true},
		{"the registry's own", "DEMO-A", "REGISTRY", epptest.Password, "certificate of another", false},
		{"unregistered certificate", "DEMO-X", "DEMO-A", epptest.Password, "certificate of another", false},
		{"revoked since the handshake", "DEMO-D", "DEMO-D", epptest.Password, "revoked or expired", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h.Exec(`DELETE FROM login_failure`)
			c := h.Connect(tc.cert)
			if tc.cert == "DEMO-D" {
				h.Exec(`UPDATE registrar_certificate SET revoked_at = $1 WHERE registrar_id = $2`, h.DB.Now(), h.RegistrarID("DEMO-D"))
			}
			r := c.Want(loginFrame(c, tc.tag, tc.password, eppclient.LoginOptions{}), xml.CodeAuthentication)
			if epptest.Reason(r) != "" {
				t.Errorf("the client is told %q", epptest.Reason(r))
			}
			lines := strings.Split(h.Log(), "\n")
			if !strings.Contains(strings.Join(lines, "\n"), tc.reason) {
				t.Errorf("%q is not in the log", tc.reason)
			}
			if n := h.Count(`SELECT count(*) FROM login_failure WHERE key = $1`, "tag:"+tc.tag); n == 1 != tc.counted {
				t.Errorf("counted against the tag: %d", n)
			}
			if n := h.Count(`SELECT count(*) FROM login_failure WHERE key = 'addr:127.0.0.1'`); n != 1 {
				t.Errorf("counted against the address: %d", n)
			}
		})
	}
}

// E3: version, language and services.
func TestLoginOptions(t *testing.T) {
	h := epptest.New(t)
	obj := []string{xml.NSDomain, xml.NSContact, xml.NSHost}
	for _, tc := range []struct {
		name     string
		gtld     bool
		o        eppclient.LoginOptions
		code     xml.ResultCode
		contains string
	}{
		{"version", false, eppclient.LoginOptions{Version: "1.1"}, xml.CodeUnimplementedVersion, ""},
		{"language", true, eppclient.LoginOptions{Lang: "fr"}, xml.CodeUnimplementedOption, ""},
		{"unknown object, uk", false, eppclient.LoginOptions{ObjectURIs: append(obj, "urn:nobody:knows-1.0")}, xml.CodeOK, ""},
		{"unknown object, gtld", true, eppclient.LoginOptions{ObjectURIs: append(obj, "urn:nobody:knows-1.0")}, xml.CodeUnimplementedService, ""},
		{"wrong list, uk", false, eppclient.LoginOptions{ObjectURIs: append(obj, xml.NSSecDNS), ExtensionURIs: []string{xml.NSHost}}, xml.CodeOK, ""},
		{"wrong list, gtld", true, eppclient.LoginOptions{ObjectURIs: append(obj, xml.NSSecDNS)}, xml.CodeUnimplementedService, ""},
		{"uk extension, gtld", true, eppclient.LoginOptions{ExtensionURIs: []string{xml.NSDomainNom}}, xml.CodeUnimplementedService, ""},
		{"two versions, uk", false, eppclient.LoginOptions{ExtensionURIs: []string{xml.NSDomainNom,
			"http://www.nominet.org.uk/epp/xml/domain-nom-ext-1.1"}}, xml.CodeSyntax, "V221 "},
		{"two versions, gtld", true, eppclient.LoginOptions{ExtensionURIs: []string{xml.NSSecDNS,
			"urn:ietf:params:xml:ns:secDNS-1.0"}}, xml.CodeSyntax, "V221 "},
		{"the same twice", true, eppclient.LoginOptions{ExtensionURIs: []string{xml.NSSecDNS, xml.NSSecDNS}}, xml.CodeOK, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			connect := h.Connect
			if tc.gtld {
				connect = h.ConnectGTLD
			}
			c := connect("DEMO-A")
			r := c.Want(loginFrame(c, "DEMO-A", epptest.Password, tc.o), tc.code)
			if !strings.HasPrefix(epptest.Reason(r), tc.contains) {
				t.Errorf("reason %q", epptest.Reason(r))
			}
			if tc.code != xml.CodeOK {
				c.LogIn("DEMO-A") // and no harm is done
			}
		})
	}
}

// Services that were not announced are refused: objects in both profiles,
// extensions in gtld (RFC 5730 section 2.9.1.1).
func TestUnannounced(t *testing.T) {
	h := epptest.New(t)
	c := h.ConnectGTLD("DEMO-A")
	c.Want(loginFrame(c, "DEMO-A", epptest.Password, eppclient.LoginOptions{
		ObjectURIs: []string{xml.NSDomain}, ExtensionURIs: []string{}}), xml.CodeOK)
	c.Want(eppclient.ContactCheck("", "abc"), xml.CodeUnimplementedService)
	c.Want([]byte(`<epp xmlns="`+xml.NSEPP+`"><command><check><domain:check xmlns:domain="`+xml.NSDomain+
		`"><domain:name>a.gtld.test</domain:name></domain:check></check><extension><fee:check xmlns:fee="`+xml.NSFee+
		`"><fee:command name="create"/></fee:check></extension></command></epp>`), xml.CodeUnimplementedExt)
}

// E3: newPW, in the schema's length and beyond it (RFC 8807).
func TestNewPassword(t *testing.T) {
	h := epptest.New(t)
	password := epptest.Password
	for _, next := range []string{"another-one", "a very much longer password than sixteen characters", "short-again"} {
		c := h.Connect("DEMO-A")
		c.Want(loginFrame(c, "DEMO-A", password, eppclient.LoginOptions{NewPassword: next}), xml.CodeOK)
		c.Want(eppclient.Logout(""), xml.CodeOKEndSession)
		c = h.Connect("DEMO-A")
		c.Want(loginFrame(c, "DEMO-A", password, eppclient.LoginOptions{}), xml.CodeAuthentication)
		c.Want(loginFrame(c, "DEMO-A", next, eppclient.LoginOptions{UserAgent: "a test"}), xml.CodeOK)
		password = next
	}
	if n := h.Count(`SELECT count(*) FROM history WHERE object = 'registrar' AND action = 'password' AND svtrid LIKE 'NK-%'`); n != 3 {
		t.Errorf("%d changes in the history", n)
	}
	c := h.Connect("DEMO-A")
	r := c.Want(loginFrame(c, "DEMO-A", password, eppclient.LoginOptions{NewPassword: "simple"}), xml.CodePolicy)
	if !strings.Contains(epptest.Reason(r), "at least 8") {
		t.Errorf("reason %q", epptest.Reason(r))
	}
	c.Want(loginFrame(c, "DEMO-A", password, eppclient.LoginOptions{NewPassword: password}), xml.CodePolicy)
	c.Want(loginFrame(c, "DEMO-A", password, eppclient.LoginOptions{}), xml.CodeOK)
	if strings.Contains(h.Log(), password) {
		t.Error("a password is in the log")
	}
}

// RFC 8807: the answer warns of a certificate or password that expires soon,
// if the client announced the extension.
func TestLoginEvents(t *testing.T) {
	h := epptest.New(t)
	events := func(o eppclient.LoginOptions) []string {
		c := h.Connect("DEMO-A")
		r := c.Want(loginFrame(c, "DEMO-A", epptest.Password, o), xml.CodeOK)
		var types []string
		for _, e := range r.Ext {
			for _, ev := range e.Children {
				for _, a := range ev.Attrs {
					if a.Key == "type" {
						types = append(types, a.Value)
					}
				}
			}
		}
		return types
	}
	if got := events(eppclient.LoginOptions{}); got != nil {
		t.Errorf("events without a cause: %v", got)
	}
	h.Exec(`UPDATE registrar SET password_expires_at = $1 WHERE tag = 'DEMO-A'`, h.DB.Now().Add(29*24*time.Hour))
	h.Exec(`UPDATE registrar_certificate SET not_after = $1 WHERE registrar_id = $2`,
		time.Now().Add(29*24*time.Hour), h.RegistrarID("DEMO-A"))
	if got := fmt.Sprint(events(eppclient.LoginOptions{})); got != "[certificate password]" {
		t.Errorf("events %s", got)
	}
	if got := events(eppclient.LoginOptions{ExtensionURIs: []string{}}); got != nil {
		t.Errorf("events unasked: %v", got)
	}
	h.Advance(30 * 24 * time.Hour)
	c := h.Connect("DEMO-A")
	c.Want(loginFrame(c, "DEMO-A", epptest.Password, eppclient.LoginOptions{}), xml.CodeAuthentication)
	c.Want(loginFrame(c, "DEMO-A", epptest.Password, eppclient.LoginOptions{NewPassword: "a-new-one"}), xml.CodeOK)
}

// E3: the delay grows with the failures, on whichever server, and holds up
// nobody else.
func TestLoginDelay(t *testing.T) {
	t.Parallel()
	h := epptest.New(t)
	second := h.Start()
	h.Login("DEMO-B") // so that its password is known
	h.Exec(`INSERT INTO login_failure (key, count, last_at) VALUES ('tag:DEMO-A', 5, $1)`, time.Now())
	slow := make(chan time.Duration)
	go func() {
		began := time.Now()
		c, err := eppclient.Dial(t.Context(), second.UK, h.ClientTLS("DEMO-A"))
		if err == nil {
			_, err = c.Login("DEMO-A", epptest.Password, eppclient.LoginOptions{})
			_ = c.Close()
		}
		if err != nil {
			t.Error(err)
		}
		slow <- time.Since(began)
	}()
	h.Login("DEMO-B")
	select {
	case took := <-slow:
		t.Errorf("the login after 5 failures took %s", took)
	default:
	}
	if took := <-slow; took < 1400*time.Millisecond {
		t.Errorf("the login after 5 failures took %s", took)
	}
}

// E3: logins at the same time share the cores and all succeed.
func TestLoginStorm(t *testing.T) {
	h := epptest.New(t)
	var wg sync.WaitGroup
	for i := range 60 {
		tag := epptest.Tags[i%3]
		cfg := h.ClientTLS(tag)
		wg.Go(func() {
			c, err := eppclient.Dial(t.Context(), h.UK, cfg)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			if _, err = c.Login(tag, epptest.Password, eppclient.LoginOptions{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// RFC 8807: the marker without the extension's password.
func TestLoginSecurityMarker(t *testing.T) {
	h := epptest.New(t)
	c := h.Connect("DEMO-A")
	c.Want(loginFrame(c, "DEMO-A", xml.LoginSecurityPW, eppclient.LoginOptions{}), xml.CodeMissingParameter)
	c.LogIn("DEMO-A")
}
