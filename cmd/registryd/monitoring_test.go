package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namekeep/namekeep/cmd/registryd/config"
	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

const deploy = "../../deploy"

// exported lists the names of all metrics that a server serves, used or not.
func exported(t *testing.T) []string {
	t.Helper()
	db, dir := pgtest.New(t), demoDir(t)
	prepareDemo(t, db, dir)
	cfg, err := config.Load(serveConfig(t, db, dir, ""), nil)
	if err != nil {
		t.Fatal(err)
	}
	demo := loadDemo(t, dir)
	cfg.Certs.CACert = demo.CAFile
	cfg.Certs.ServerCert, cfg.Certs.ServerKey = filepath.Join(dir, "certs", "server.pem"), filepath.Join(dir, "certs", "server.key")
	s, err := open(t.Context(), cfg, newLog(t.Output(), cfg.Log))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	t.Cleanup(func() { // nothing of it may write to the test's log later
		err := s.epp.Shutdown(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Error(err)
		}
	})
	all := make(chan *prometheus.Desc)
	go func() {
		s.metrics.Describe(all)
		close(all)
	}()
	name := regexp.MustCompile(`fqName: "([^"]+)"`)
	var names []string
	for d := range all {
		names = append(names, name.FindStringSubmatch(d.String())[1])
	}
	// What the collectors of runtime and process have they do not describe.
	found, err := s.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		names = append(names, f.GetName())
	}
	return names
}

// words of an expression that are no metrics.
var notMetrics = []string{"by", "le", "absent", "rate", "increase", "delta", "sum", "min", "max", "time", "histogram_quantile", "or", "and"}

var (
	quotedText = regexp.MustCompile(`"[^"]*"`)
	labelList  = regexp.MustCompile(`\{[^}]*\}|by \([^)]*\)|\[[^\]]*\]`)
	word       = regexp.MustCompile(`[a-z_][a-z0-9_]*`)
)

// metricsOf lists the metrics that an expression asks for.
func metricsOf(expression string) []string {
	text := quotedText.ReplaceAllString(expression, "")
	text = labelList.ReplaceAllString(text, " ")
	var names []string
	for _, w := range word.FindAllString(text, -1) {
		if !slices.Contains(notMetrics, w) {
			names = append(names, strings.TrimSuffix(w, "_bucket"))
		}
	}
	return names
}

// Every metric that the dashboard and the alert rules name is one that a server
// exports; up is Prometheus's own.
func TestMonitoringNamesRealMetrics(t *testing.T) {
	have := append(exported(t), "up")
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	data, err := os.ReadFile(filepath.Join(deploy, "grafana", "namekeep.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err = json.Unmarshal(data, &board); err != nil {
		t.Fatalf("the dashboard does not load: %v", err)
	}
	if len(board.Panels) < 10 {
		t.Errorf("the dashboard has %d panels", len(board.Panels))
	}
	check := func(where, expression string) {
		t.Helper()
		names := metricsOf(expression)
		if len(names) == 0 {
			t.Errorf("%s asks for nothing: %s", where, expression)
		}
		for _, n := range names {
			if !slices.Contains(have, n) {
				t.Errorf("%s asks for %s, which no server exports", where, n)
			}
		}
	}
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			check("panel "+p.Title, target.Expr)
		}
	}
	rules, err := os.ReadFile(filepath.Join(deploy, "prometheus", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	runbook, err := os.ReadFile("../../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	alert := regexp.MustCompile(`(?s)- alert: (\w+)\s+expr: >-\s+([^\n]+)\n.*?runbook: docs/runbook\.md#(\w+)`)
	found := alert.FindAllStringSubmatch(string(rules), -1)
	if n := strings.Count(string(rules), "- alert:"); len(found) != n || n < 10 {
		t.Fatalf("%d alerts, of which %d are complete", n, len(found))
	}
	for _, a := range found {
		check("alert "+a[1], a[2])
		if !strings.EqualFold(a[1], a[3]) || !strings.Contains(string(runbook), "\n## "+a[1]+"\n") {
			t.Errorf("alert %s has no entry in the runbook", a[1])
		}
	}
	for _, heading := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(string(runbook), -1) {
		if !strings.Contains(string(rules), "- alert: "+heading[1]+"\n") {
			t.Errorf("the runbook speaks of %s, which no rule alerts", heading[1])
		}
	}
	jobs, err := os.ReadFile("jobs.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range regexp.MustCompile(`exported_job="([^"]+)"`).FindAllStringSubmatch(string(rules), -1) {
		if !strings.Contains(string(jobs), `"`+j[1]+`"`) {
			t.Errorf("an alert waits for the job %q, which nobody does", j[1])
		}
	}
}
