package eppserver_test

import (
	"testing"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// E3, E6: greeting, login, logout and the closed connection, in both profiles.
func TestLoginAndLogout(t *testing.T) {
	h := epptest.New(t)
	for name, connect := range map[string]func(string) *epptest.Client{"uk": h.Connect, "gtld": h.ConnectGTLD} {
		t.Run(name, func(t *testing.T) {
			c := connect("DEMO-A")
			r := c.Want(eppclient.Login(c.Greeting(), "DEMO-A", epptest.Password, eppclient.LoginOptions{ClTRID: " a b "}), xml.CodeOK)
			if r.SvTRID == "" {
				t.Error("no svTRID")
			}
			c.Want(eppclient.Logout("bye"), xml.CodeOKEndSession)
			c.WantClosed()
		})
	}
}
