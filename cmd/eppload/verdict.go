package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// machine says where a comparison was run.
type machine struct {
	OS         string `json:"os"`
	Processor  string `json:"processor"`
	Cores      int    `json:"cores"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgresql"`
}

func describeMachine() machine {
	m := machine{OS: runtime.GOOS + "/" + runtime.GOARCH, Processor: "unknown", Cores: runtime.NumCPU(), Go: runtime.Version()}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return m
	}
	for line := range strings.Lines(string(info)) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == "model name" {
			m.Processor = strings.TrimSpace(value)
			break
		}
	}
	return m
}

// comparison is the outcome of eppload compare.
type comparison struct {
	Start     time.Time    `json:"start"`
	Dir       string       `json:"dir"` // of the certificates and, unless moved, the database
	Machine   machine      `json:"machine"`
	Generated []generated  `json:"generated"`
	Runs      []measured   `json:"runs"`
	Idle      []idleMemory `json:"idle"`
	Verdicts  []verdict    `json:"verdicts"`
}

// verdict is one figure against its target.
type verdict struct {
	What   string  `json:"what"`
	Value  float64 `json:"value"`
	Unit   string  `json:"unit"`
	Target float64 `json:"target"`
	// Above says that the target is a minimum; otherwise it is a maximum.
	Above bool `json:"above"`
	Met   bool `json:"met"`
}

// failed is how many answers were wrong in all runs.
func (c *comparison) failed() uint64 {
	var n uint64
	for _, m := range c.Runs {
		n += m.Report.Failed
	}
	return n
}

// median is the median of a figure over the rounds; 0 without any.
func (c *comparison) median(part, server string, op operation, sessions int, figure func(*report) float64) float64 {
	var list []float64
	for _, m := range c.Runs {
		if m.Part == part && m.Server == server && m.Report.Sessions == sessions && m.Report.Mix == (mix{{op, 1}}).String() {
			list = append(list, figure(m.Report))
		}
	}
	return median(list)
}

func median(list []float64) float64 {
	if len(list) == 0 {
		return 0
	}
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}

func rate(r *report) float64 { return r.PerSecond }

func (c *comparison) rate(server string, op operation, sessions int) float64 {
	return c.median(partRounds, server, op, sessions, rate)
}

// ratio is 0 when there is nothing to divide by.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

func (c *comparison) add(what string, value float64, unit string, target float64, above bool) {
	met := value <= target && value > 0
	if above {
		met = value >= target
	}
	c.Verdicts = append(c.Verdicts, verdict{what, value, unit, target, above, met})
}

// flatTarget is how much of its rate the big register may lose.
const flatTarget = 0.9

// judge compares the medians with the targets. A target whose load was not run
// is left out.
func (c *comparison) judge(cmd *CompareCommand) {
	if slices.Contains(cmd.Sessions, 8) {
		for _, t := range []struct {
			op     operation
			bare   operation
			target float64
		}{{opCheck, opBareQuery, 0.6}, {opInfo, opBareQuery, 0.5}, {opRenew, opBareRenew, 0.7}, {opUpdate, opBareRenew, 0.7}, {opCreate, opBareRenew, 0.7}} {
			c.add(fmt.Sprintf("%s, 8 sessions, to %s", t.op, t.bare), ratio(c.rate(serverBig, t.op, 8), c.rate(serverBare, t.bare, 8)), "ratio", t.target, true)
		}
		c.add("login a session each, 8 at once", c.rate(serverBig, opLogin, 8), "a second", 200, true)
	}
	if slices.Contains(cmd.Sessions, 64) {
		c.add("check, 64 sessions, to bare-query", ratio(c.rate(serverBig, opCheck, 64), c.rate(serverBare, opBareQuery, 64)), "ratio", 1, true)
	}
	p99ms := func(r *report) float64 { return r.p99() / 1000 }
	c.add("check, lone session, p99", c.median(partLone, serverBig, opCheck, 1, p99ms), "ms", 5, false)
	c.add("renew, lone session, p99", c.median(partLone, serverBig, opRenew, 1, p99ms), "ms", 15, false)
	for _, m := range c.Idle {
		c.add(fmt.Sprintf("memory of an idle session, %d of them", m.Sessions), m.Resident, "KiB", 64, false)
	}
	for _, op := range []operation{opCheck, opInfo, opUpdate, opRenew} {
		big, small := c.median(partFlatness, serverBig, op, 8, rate), c.median(partFlatness, serverSmall, op, 8, rate)
		c.add(fmt.Sprintf("%s, %d names to %d", op, cmd.Names, cmd.SmallNames), ratio(big, small), "ratio", flatTarget, true)
	}
}

// writeMarkdown writes the tables for docs/performance.md.
func (c *comparison) writeMarkdown(w io.Writer) error {
	m := c.Machine
	_, err := fmt.Fprintf(w, "%s, %s, %d cores, %s, PostgreSQL %s; client, server and database on it; commits durable; %s.\n\n",
		m.Processor, m.OS, m.Cores, m.Go, m.PostgreSQL, c.Start.Format(time.DateOnly))
	fmt.Fprint(w, "| load | sessions | per second | p50 ms | p99 ms | processor us a command: server | PostgreSQL | client |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n")
	seen := map[string]bool{}
	for _, run := range c.Runs {
		r := run.Report
		key := run.Part + run.Server + r.Mix + fmt.Sprint(r.Sessions)
		if run.Part == partFlatness || seen[key] || len(r.Operations) == 0 {
			continue
		}
		seen[key] = true
		op := operation(r.Operations[0].Operation)
		of := func(figure func(*report) float64) float64 {
			return c.median(run.Part, run.Server, op, r.Sessions, figure)
		}
		first := func(get func(opReport) float64) func(*report) float64 {
			return func(r *report) float64 {
				if len(r.Operations) == 0 {
					return 0
				}
				return get(r.Operations[0]) / 1000
			}
		}
		cpu := func(name string) float64 { return of(func(r *report) float64 { return r.ProcessorTime[name] }) }
		fmt.Fprintf(w, "| %s | %d | %.0f | %.2f | %.2f | %.0f | %.0f | %.0f |\n", op, r.Sessions, of(rate),
			of(first(func(o opReport) float64 { return o.P50 })), of(first(func(o opReport) float64 { return o.P99 })),
			cpu("server"), cpu("PostgreSQL"), cpu("client"))
	}
	fmt.Fprint(w, "\n| target | wanted | measured | met |\n| --- | --- | --- | --- |\n")
	for _, v := range c.Verdicts {
		bound, met := "at most", "no"
		if v.Above {
			bound = "at least"
		}
		if v.Met {
			met = "yes"
		}
		fmt.Fprintf(w, "| %s | %s %g %s | %.3g | %s |\n", v.What, bound, v.Target, v.Unit, v.Value, met)
	}
	for _, g := range c.Generated {
		fmt.Fprintf(w, "\n%d names were loaded by COPY into the indexed tables in %.0f s, %.0f a second.\n", g.Names, g.Seconds, g.PerSecond)
	}
	for _, run := range c.Runs {
		for _, f := range run.Report.Failures {
			fmt.Fprintf(w, "\nFAILED %s\n", f)
		}
	}
	_, lastErr := fmt.Fprintf(w, "\n%d answers were wrong.\n", c.failed())
	if err == nil {
		err = lastErr
	}
	return err
}
