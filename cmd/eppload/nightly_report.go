package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// nightlyResult is the outcome of eppload nightly.
type nightlyResult struct {
	Start    time.Time     `json:"start"`
	Machine  machine       `json:"machine"`
	Filled   *generated    `json:"filled"`
	Bare     bareResult    `json:"bare_statement"`
	Alone    dayResult     `json:"busy_day"`
	Load     loadResult    `json:"busy_day_under_load"`
	Empty    []float64     `json:"empty_days_seconds"`
	Invoices invoiceResult `json:"invoices"`
	Verify   float64       `json:"billing_verify_seconds"`
}

type bareResult struct {
	Names   int64   `json:"names"`
	Seconds float64 `json:"seconds"`
}

type dayResult struct {
	Seconds float64               `json:"seconds"` // all steps, invoices excepted
	Steps   map[string]stepResult `json:"steps"`
}

type stepResult struct {
	Seconds  float64          `json:"seconds"`
	Names    int64            `json:"names"` // that were looked at
	Counts   map[string]int64 `json:"did,omitempty"`
	Failures int64            `json:"failures"`
}

type loadResult struct {
	Sessions int       `json:"sessions"`
	Idle     *report   `json:"idle"`
	Busy     *report   `json:"busy"`
	Day      dayResult `json:"day"`
	Seconds  float64   `json:"seconds"`
	Memory   int64     `json:"registryd_peak_bytes"` // VmRSS
}

type invoiceResult struct {
	Seconds    float64 `json:"seconds"`
	Invoices   int     `json:"invoices"`
	Lines      int     `json:"lines"`
	PDFLines   int     `json:"pdf_lines"`
	PDFPages   int     `json:"pdf_pages"`
	PDFSeconds float64 `json:"pdf_seconds"`
	PDFBytes   int     `json:"pdf_bytes"`
	PDFMemory  int64   `json:"pdf_peak_bytes"` // VmRSS of the whole process
}

// row is a line of the table: a figure, and its target if it has one.
type nightlyRow struct{ what, value, wanted, met string }

func (r *nightlyResult) rows() []nightlyRow {
	yes := func(ok bool) string { return map[bool]string{true: "yes", false: "no"}[ok] }
	renewals := r.Alone.Steps["renewals"]
	rows := []nightlyRow{
		{fmt.Sprintf("bare statement, %d renewals, rolled back", r.Bare.Names), fmt.Sprintf("%.1f s", r.Bare.Seconds), "", ""},
		{fmt.Sprintf("the same renewals by the batch (%s)", did(renewals)), fmt.Sprintf("%.1f s", renewals.Seconds), "20 s", yes(renewals.Seconds <= 20)},
		{fmt.Sprintf("the rest of that day (%s)", did(r.Alone.Steps["life"])), fmt.Sprintf("%.1f s", r.Alone.Seconds-renewals.Seconds), "", ""},
		{"the whole day, invoices excepted", fmt.Sprintf("%.1f s", r.Alone.Seconds), "120 s", yes(r.Alone.Seconds <= 120)},
	}
	if l := r.Load; l.Idle != nil && l.Busy != nil {
		ratio := l.Busy.p99() / l.Idle.p99()
		rows = append(rows,
			nightlyRow{fmt.Sprintf("such a day by registryd while %d sessions check names", l.Sessions), fmt.Sprintf("%.1f s", l.Seconds), "120 s", yes(l.Seconds <= 120)},
			nightlyRow{"its renewals", fmt.Sprintf("%.1f s", l.Day.Steps["renewals"].Seconds), "", ""},
			nightlyRow{"check p99, idle", fmt.Sprintf("%.2f ms at %.0f a second", l.Idle.p99()/1000, l.Idle.PerSecond), "", ""},
			nightlyRow{"check p99 meanwhile", fmt.Sprintf("%.2f ms at %.0f a second, %.1f times", l.Busy.p99()/1000, l.Busy.PerSecond, ratio), "below 5 times", yes(ratio < 5)},
			nightlyRow{"wrong answers", fmt.Sprint(l.Idle.Failed + l.Busy.Failed), "0", yes(l.Idle.Failed+l.Busy.Failed == 0)},
			nightlyRow{"memory of registryd, peak", fmt.Sprintf("%d MiB", l.Memory>>20), "500 MiB", yes(l.Memory < 500<<20)})
	}
	if len(r.Empty) > 0 {
		slowest := slices.Max(r.Empty)
		rows = append(rows, nightlyRow{"a day with nothing due, with moving the clock to it", fmt.Sprintf("%.2f s", slowest), "1 s", yes(slowest < 1)})
	}
	i := r.Invoices
	return append(rows,
		nightlyRow{fmt.Sprintf("invoice run, %d lines on %d invoices", i.Lines, i.Invoices), fmt.Sprintf("%.1f s", i.Seconds), "", ""},
		nightlyRow{fmt.Sprintf("PDF of %d lines, %d pages, %d KiB", i.PDFLines, i.PDFPages, i.PDFBytes>>10),
			fmt.Sprintf("%.1f s, process %d MiB", i.PDFSeconds, i.PDFMemory>>20), "", ""},
		nightlyRow{"`billing verify` after it", fmt.Sprintf("%.1f s", r.Verify), "", ""})
}

// did writes what a step did, in the order of the words.
func did(s stepResult) string {
	var parts []string
	for _, event := range slices.Sorted(maps.Keys(s.Counts)) {
		parts = append(parts, fmt.Sprintf("%d %s", s.Counts[event], event))
	}
	return strings.Join(parts, ", ")
}

// writeMarkdown writes the table of docs/performance.md.
func (r *nightlyResult) writeMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %s, %s, %d cores, %s", r.Start.Format(time.DateOnly), r.Machine.Processor, r.Machine.OS, r.Machine.Cores, r.Machine.Go)
	if r.Filled != nil {
		fmt.Fprintf(&b, "; %d names, filled at %.0f a second", r.Filled.Names, r.Filled.PerSecond)
	}
	b.WriteString(".\n\n| what | measured | wanted | met |\n| --- | --- | --- | --- |\n")
	for _, row := range r.rows() {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", row.what, row.value, row.wanted, row.met)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
