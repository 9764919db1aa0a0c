package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// print tells what runs where, and lines to paste. All of it is in demo.json
// too.
func (d *demo) print() {
	w, j := d.p.stdout, d.json
	fmt.Fprintf(w, "\nA demo register is running. Ctrl-C stops it; the data stays in %s.\n\n", d.Dir)
	line := func(what, where string) {
		if where != "" {
			fmt.Fprintf(w, "  %-12s %s\n", what, where)
		}
	}
	line("EPP uk", j.EPP["uk"]+"   zones co.demo, org.demo and, referred, trust.demo")
	line("EPP gtld", j.EPP["gtld"]+"   zone shop")
	line("EPP plain", j.PlainEPP)
	line("mailbox", j.Mailbox+"   what the register mails, sent to "+j.SMTP)
	line("pages", j.Pages+"   where the links of that mail lead")
	line("RDAP", j.Pages+"rdap/")
	line("WHOIS", j.Whois)
	line("letters", d.shown("post"))
	line("zones", d.shown(j.ZoneDir)+"   transfers from "+j.DNS+" with "+d.shown(j.ZoneKey))
	line("metrics", j.Metrics+"   also /healthz and /readyz")
	line("database", j.DatabaseURL)
	line("CA", d.shown(j.CAFile))
	line("log", d.shown("registryd.log"))
	line("all of this", d.shown("demo.json"))
	fmt.Fprintln(w)
	for _, r := range j.Registrars {
		fmt.Fprintf(w, "  %-7s password %s   %s, %s\n", r.Tag, r.Password, d.shown(r.CertFile), d.shown(r.KeyFile))
	}
	fmt.Fprintf(w, "\nAs a registrar:\n\n")
	d.paste(w, "eppc", []string{
		"check free-name.co.demo bakery.co.demo",
		"info bakery.co.demo",
		"create free-name.co.demo --years 2 --registrant A-BAKER --ns ns1.hosting.example",
		"update free-name.co.demo --auto-bill 10",
		"renew " + leftForPasting[1],
		"--tag DEMO-B poll",
		"--profile gtld info tulip.shop",
		"shell",
	})
	fmt.Fprintf(w, "\nAs anybody:\n\n")
	fmt.Fprintf(w, "  curl -s %srdap/domain/bakery.co.demo\n", j.Pages)
	fmt.Fprintf(w, "  printf 'bakery.co.demo\\r\\n' | curl -s telnet://%s\n", j.Whois)
	fmt.Fprintf(w, "\nAs registry staff:\n\n")
	d.paste(w, "registryctl", []string{
		"registrar list",
		"domain show bakery.co.demo",
		"domain list --tag DEMO-A",
		`--yes --reason "court order 12/7" domain lock bakery.co.demo`,
		"price list",
		"audit list",
	})
	fmt.Fprintln(w)
}

// paste prints command lines that work from the present folder.
func (d *demo) paste(w io.Writer, program string, lines []string) {
	prefix := programLine(program)
	if d.Dir != "demo" {
		prefix += " --demo " + quoted(d.Dir)
	}
	for _, l := range lines {
		fmt.Fprintf(w, "  %s %s\n", prefix, l)
	}
}

// programLine is how another program of ours is started: as the file beside
// this one, or from the source.
func programLine(name string) string {
	exe, err := os.Executable()
	if err == nil {
		beside := filepath.Join(filepath.Dir(exe), name)
		if runtime.GOOS == "windows" {
			beside += ".exe"
		}
		_, err = os.Stat(beside)
		if err == nil {
			return quoted(beside)
		}
	}
	return "go run ./cmd/" + name
}

// shown is a file of the demo as it is named from the present folder.
func (d *demo) shown(name string) string { return filepath.Join(d.Dir, name) }

// quoted is a word for a shell.
func quoted(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-:@%+=,") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
