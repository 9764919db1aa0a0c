package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/namekeep/namekeep/registry"
)

type batchCommands struct {
	Run    batchRun    `cmd:"" help:"Run the batch of every civil day that has begun and was not run."`
	Status batchStatus `cmd:"" help:"What the last nights did, and what they could not do."`
}

// Help shows examples.
func (batchCommands) Help() string {
	return `  registryctl batch run
  registryctl batch run --date 2027-03-01 --step invoices
  registryctl batch status --days 7`
}

type batchRun struct {
	Date    string        `placeholder:"YYYY-MM-DD" help:"Up to and with this day. Default: today."`
	Step    string        `placeholder:"STEP" help:"Only this step of the day: renewals, invoices, life, transfers, handshakes, confirmations or notices."`
	Chunk   int           `default:"1000" help:"Names in one transaction."`
	Workers int           `default:"2" help:"Transactions at once."`
	Pause   time.Duration `help:"Of a worker after each transaction, to leave room for others."`
}

func (c *batchRun) Run(s *session) error {
	if c.Chunk < 1 || c.Chunk > 100_000 || c.Workers < 1 || c.Workers > 64 || c.Pause < 0 {
		return usage("--chunk is 1 to 100000, --workers 1 to 64, --pause not negative")
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = actor.Needs(registry.RoleOperator, registry.RoleBilling)
	if err != nil {
		return err
	}
	var day registry.Date
	if c.Date != "" {
		day, err = registry.ParseDate(c.Date)
		if err != nil {
			return usage("--date: %v", err)
		}
	}
	o := registry.BatchOptions{Chunk: c.Chunk, Workers: c.Workers, Pause: c.Pause, Progress: s.batchProgress()}
	if c.Step == "" {
		err = r.RunUntil(s.ctx, day, o)
	} else {
		if day.IsZero() {
			day = r.Today()
		}
		err = r.RunStep(s.ctx, day, registry.Step(c.Step), o)
	}
	if err != nil {
		return err
	}
	return s.showBatch(r, 1)
}

type batchStatus struct {
	Days int `default:"7" help:"How many days."`
}

func (c *batchStatus) Run(s *session) error {
	if c.Days < 1 || c.Days > 3660 {
		return usage("--days is 1 to 3660")
	}
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	return s.showBatch(r, c.Days)
}

// showBatch shows the runs of the last days and what they could not do.
func (s *session) showBatch(r *registry.Registry, days int) error {
	st, err := r.BatchStatus(s.ctx, days)
	if err != nil {
		return err
	}
	rows := make([][]string, len(st.Runs))
	for i, b := range st.Runs {
		state := "done"
		if b.Finished.IsZero() {
			state = fmt.Sprintf("%d of %d left", b.Left, b.Names)
		}
		rows[i] = []string{b.Day.String(), string(b.Step), state, strconv.FormatInt(b.Names, 10), counts(b.Counts), strconv.FormatInt(b.Failures, 10)}
	}
	err = s.list(st, []string{"Day", "Step", "State", "Names", "Did", "Failed"}, rows, "The batch has never run.")
	if err != nil || s.g.JSON {
		return err
	}
	for _, f := range st.Failures {
		fmt.Fprintf(s.stdout, "%s %s %s (%s): %s\n", f.Day, f.Event, f.Name, f.Tag, f.Reason)
	}
	return nil
}

// batchProgress shows progress on a terminal as one line that is written over,
// elsewhere as a line every ten seconds and at the end of each step.
func (s *session) batchProgress() func(registry.BatchProgress) {
	f, isFile := s.stderr.(*os.File)
	live := isFile && term.IsTerminal(int(f.Fd()))
	last, before := time.Now(), ""
	shown := make(chan struct{}, 1) // workers report at once
	return func(p registry.BatchProgress) {
		shown <- struct{}{}
		defer func() { <-shown }()
		every := 10 * time.Second
		if live {
			every = 100 * time.Millisecond
		}
		if !p.Finished && time.Since(last) < every || p.Finished && p.Total == 0 {
			return
		}
		last = time.Now()
		line := fmt.Sprintf("%s %s: %d of %d", p.Day, p.Step, p.Done, p.Total)
		if line == before {
			return // each worker says that a step has ended
		}
		before = line
		switch {
		case live && p.Finished:
			fmt.Fprintf(s.stderr, "\r%-60s\n", line)
		case live:
			fmt.Fprintf(s.stderr, "\r%-60s", line)
		default:
			fmt.Fprintln(s.stderr, line)
		}
	}
}

// counts writes "12 renew, 3 suspend" in the order of the words.
func counts(m map[string]int64) string {
	var parts []string
	for _, event := range sortedKeys(m) {
		parts = append(parts, fmt.Sprintf("%d %s", m[event], event))
	}
	return strings.Join(parts, ", ")
}
