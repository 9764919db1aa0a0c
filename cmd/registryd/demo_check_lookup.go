package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

// lookups asks what anybody may ask: RDAP and WHOIS.
func (c *checkRun) lookups() {
	for _, path := range []string{"rdap/help", "rdap/domain/bakery.co.demo", "rdap/nameserver/ns1.bakery.co.demo", "rdap/entity/DEMO-A",
		"rdap/domain/nowhere.example"} {
		want := http.StatusOK
		if strings.HasSuffix(path, ".example") {
			want = http.StatusNotFound
		}
		req, err := http.NewRequestWithContext(c.ctx, http.MethodGet, c.d.json.Pages+path, nil)
		if err != nil {
			c.line(false, "GET /"+path, err.Error())
			continue
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			c.line(false, "GET /"+path, err.Error())
			continue
		}
		resp.Body.Close()
		c.line(resp.StatusCode == want, "GET /"+path, resp.Status)
	}
	answer, err := c.whois("bakery.co.demo")
	if err != nil {
		answer = err.Error()
	}
	first, _, _ := strings.Cut(answer, "\r\n")
	c.line(first == "Domain Name: bakery.co.demo", "WHOIS bakery.co.demo", first)
}

// whois asks one question (RFC 3912).
func (c *checkRun) whois(query string) (string, error) {
	conn, err := (&net.Dialer{}).DialContext(c.ctx, "tcp", c.d.json.Whois)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_, err = fmt.Fprint(conn, query+"\r\n")
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(conn, 1<<20))
	return string(text), err
}
