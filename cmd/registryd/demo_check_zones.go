package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"

	"github.com/namekeep/namekeep/registry/zonefile"
)

// zones transfers a zone as a secondary does, and looks at its file. The first
// publication may not have come yet.
func (c *checkRun) zones() {
	var n int
	var err error
	for range 60 {
		n, err = c.transfer("co.demo")
		if err == nil || c.ctx.Err() != nil {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	if err != nil {
		c.line(false, "AXFR co.demo", err.Error())
		return
	}
	c.line(n > 10, "AXFR co.demo", fmt.Sprint(n, " records"))
	file := zonefile.FilePath(c.d.zoneDir(), "co.demo")
	for range 60 { // a turn that came before the first publication is repeated after ten seconds
		_, err = os.Stat(file)
		if err == nil || c.ctx.Err() != nil {
			break
		}
		time.Sleep(500 * time.Millisecond)
	}
	c.line(err == nil, "zone file co.demo", c.d.shown("zones/co.demo.zone"))
}

// transfer asks for a zone and returns the number of its records.
func (c *checkRun) transfer(zone string) (int, error) {
	secret, err := os.ReadFile(c.d.secretFile())
	if err != nil {
		return 0, err
	}
	m := new(dns.Msg).SetAxfr(zone + ".")
	m.SetTsig(demoKeyName+".", dns.HmacSHA256, 300, time.Now().Unix())
	tr := &dns.Transfer{TsigSecret: map[string]string{demoKeyName + ".": strings.TrimSpace(string(secret))}}
	ch, err := tr.In(m, c.d.json.DNS)
	if err != nil {
		return 0, err
	}
	n := 0
	for e := range ch {
		if e.Error != nil && err == nil {
			err = e.Error
		}
		n += len(e.RR)
	}
	return n, err
}
