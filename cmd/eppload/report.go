package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
)

// report is the outcome of one run. Times are microseconds unless the name
// says otherwise.
type report struct {
	Target   string  `json:"target"`
	Profile  string  `json:"profile"`
	Mix      string  `json:"mix"`
	Sessions int     `json:"sessions"`
	Pipeline int     `json:"pipeline"`
	Seconds  float64 `json:"seconds"`
	Commands uint64  `json:"commands"`
	// PerSecond is the throughput: verified and failed commands alike.
	PerSecond float64 `json:"per_second"`
	// AnswerBytes is the mean length of an answer.
	AnswerBytes int        `json:"answer_bytes"`
	Operations  []opReport `json:"operations"`
	// ProcessorTime is that of each process per command.
	ProcessorTime map[string]float64 `json:"processor_us_per_command,omitempty"`
	Failed        uint64             `json:"failed"`
	Failures      []string           `json:"failures,omitempty"` // the first few
	// Effects is how many changes were looked up afterwards; those missing are
	// among the failures.
	Effects int `json:"effects_looked_up,omitempty"`
	// NamesTaken is how many names of a tag, the most of any, this run and those
	// before it took for renewal.
	NamesTaken int64 `json:"names_taken,omitempty"`
	// Exhausted says that names to renew ran out before the time.
	Exhausted bool `json:"exhausted,omitempty"`
}

type opReport struct {
	Operation string  `json:"operation"`
	Count     uint64  `json:"count"`
	PerSecond float64 `json:"per_second"`
	Min       float64 `json:"min_us"`
	Mean      float64 `json:"mean_us"`
	P50       float64 `json:"p50_us"`
	P90       float64 `json:"p90_us"`
	P99       float64 `json:"p99_us"`
	P999      float64 `json:"p999_us"`
	Max       float64 `json:"max_us"`
}

const reportedFailures = 10

func (l *load) report(workers []*worker, elapsed time.Duration, before, after map[string]time.Duration) *report {
	r := &report{Target: l.target.addr, Profile: l.target.profile, Mix: l.mix.String(), Sessions: l.sessions,
		Pipeline: l.pipeline, Seconds: elapsed.Seconds()}
	byOp := map[operation]*histogram{}
	var bytesIn, answers uint64
	for _, w := range workers {
		for op, h := range w.byOp {
			if byOp[op] == nil {
				byOp[op] = &histogram{}
			}
			byOp[op].merge(h)
			answers += h.count
		}
		bytesIn += w.bytesIn
		r.addFailures(w.failed, w.first)
		r.Exhausted = r.Exhausted || w.exhausted
	}
	for tag := range l.stock.renewed {
		r.NamesTaken = max(r.NamesTaken, l.stock.renewed[tag].Load())
	}
	for _, op := range slices.Sorted(maps.Keys(byOp)) {
		h := byOp[op]
		r.Commands += h.count
		r.Operations = append(r.Operations, opReport{Operation: string(op), Count: h.count,
			PerSecond: float64(h.count) / elapsed.Seconds(), Min: micros(h.min), Mean: micros(h.mean()),
			P50: micros(h.quantile(0.5)), P90: micros(h.quantile(0.9)), P99: micros(h.quantile(0.99)),
			P999: micros(h.quantile(0.999)), Max: micros(h.max)})
	}
	r.PerSecond = float64(r.Commands) / elapsed.Seconds()
	if l.warmup == 0 && answers > 0 {
		r.AnswerBytes = int(bytesIn / answers)
	}
	if r.Commands > 0 {
		r.ProcessorTime = map[string]float64{}
		for name, t := range after {
			r.ProcessorTime[name] = micros(t-before[name]) / float64(r.Commands)
		}
	}
	return r
}

func (r *report) addFailures(n uint64, texts []string) {
	r.Failed += n
	for _, s := range texts {
		if len(r.Failures) < reportedFailures {
			r.Failures = append(r.Failures, s)
		}
	}
}

func (r *report) addEffects(looked int, wrong []string) {
	r.Effects += looked
	r.addFailures(uint64(len(wrong)), wrong)
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

// writeJSON writes v indented.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// writeText writes the report for people; latencies in milliseconds.
func (r *report) writeText(w io.Writer) error {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"operation", "count", "per second", "mean ms", "p50", "p90", "p99", "p99.9", "max"})
	ms := func(us float64) string { return fmt.Sprintf("%.2f", us/1000) }
	for _, o := range r.Operations {
		t.AppendRow(table.Row{o.Operation, o.Count, fmt.Sprintf("%.0f", o.PerSecond), ms(o.Mean), ms(o.P50), ms(o.P90), ms(o.P99), ms(o.P999), ms(o.Max)})
	}
	t.Render()
	_, err := fmt.Fprintf(w, "%d commands in %.1f s: %.0f a second, %d sessions, pipelining %d; %d failed\n",
		r.Commands, r.Seconds, r.PerSecond, r.Sessions, r.Pipeline, r.Failed)
	for _, name := range slices.Sorted(maps.Keys(r.ProcessorTime)) {
		fmt.Fprintf(w, "processor time of the %s: %.1f us a command\n", name, r.ProcessorTime[name])
	}
	if r.Effects > 0 {
		fmt.Fprintf(w, "%d changes looked up afterwards\n", r.Effects)
	}
	if r.Exhausted {
		fmt.Fprintln(w, "names to renew ran out before the time did")
	}
	for _, f := range r.Failures {
		fmt.Fprintln(w, "FAILED", f)
	}
	return err
}
