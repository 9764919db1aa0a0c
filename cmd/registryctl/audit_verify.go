package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/seal"
)

type auditHead struct{}

type headView struct {
	Number   int64     `json:"number"`
	Hash     string    `json:"hash"`
	SealedAt time.Time `json:"sealed_at"`
}

func (c *auditHead) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	h, err := seal.ReadHead(s.ctx, r.DB())
	if err != nil {
		return err
	}
	if h.Number == 0 {
		return registry.Refuse(registry.KindNotFound, "", "Nothing is sealed yet.")
	}
	return s.print(headView(h), func() { fmt.Fprintf(s.stdout, "%d %s %s\n", h.Number, h.Hash, clock(h.SealedAt)) })
}

type auditSeal struct{}

func (c *auditSeal) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	n, err := seal.Seal(s.ctx, r.DB())
	if err != nil {
		return err
	}
	h, err := seal.ReadHead(s.ctx, r.DB())
	if err != nil {
		return err
	}
	return s.done(map[string]any{"rows": n, "head": headView(h)}, "%d rows sealed; the head is block %d, %s.", n, h.Number, h.Hash)
}

type auditVerify struct {
	Heads []string `placeholder:"FILE" help:"Heads that were noted before, a line each as 'audit head' prints it; every one must be in the chain."`
}

type auditFinding struct {
	Block int64  `json:"block"`
	Table string `json:"table,omitempty"`
	ID    int64  `json:"id,omitempty"`
	What  string `json:"what"`
}

type auditReport struct {
	Blocks   int64          `json:"blocks"`
	Rows     int64          `json:"rows"`
	Head     headView       `json:"head"`
	Noted    int            `json:"noted_heads"`
	Tail     int64          `json:"unsealed_rows"`
	TailFrom *time.Time     `json:"unsealed_since,omitempty"`
	Found    int64          `json:"found"`
	Findings []auditFinding `json:"findings"`
}

func (c *auditVerify) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	noted := map[int64]string{}
	for _, file := range c.Heads {
		err = readHeads(file, noted)
		if err != nil {
			return err
		}
	}
	rep, err := seal.Verify(s.ctx, r.DB(), noted, s.auditProgress())
	if err != nil {
		return err
	}
	view := auditReport{Blocks: rep.Blocks, Rows: rep.Rows, Head: headView(rep.Head), Noted: len(noted), Tail: rep.Tail,
		TailFrom: optional(rep.TailFrom), Found: rep.Found, Findings: []auditFinding{}}
	for _, f := range rep.Findings {
		view.Findings = append(view.Findings, auditFinding{f.Block, f.Source, f.ID, f.What})
	}
	err = s.print(view, func() { s.printAudit(view) })
	if err == nil && rep.Found > 0 {
		return registry.Refuse(registry.KindPolicy, "", "The audit log is not as it was sealed: %d findings.", rep.Found)
	}
	return err
}

// auditProgress tells a person now and then how far the check is.
func (s *session) auditProgress() func(int64) {
	if s.g.JSON {
		return nil
	}
	const every = 10_000
	next := int64(every)
	return func(blocks int64) {
		if blocks >= next {
			fmt.Fprintf(s.stderr, "%d blocks\n", blocks)
			next = blocks + every
		}
	}
}

func (s *session) printAudit(v auditReport) {
	for _, f := range v.Findings {
		where := fmt.Sprintf("block %d", f.Block)
		if f.Table != "" {
			where += ", " + f.Table
		}
		if f.ID != 0 {
			where += fmt.Sprintf(" %d", f.ID)
		}
		fmt.Fprintf(s.stdout, "WRONG  %s: %s\n", where, f.What)
	}
	if rest := v.Found - int64(len(v.Findings)); rest > 0 {
		fmt.Fprintf(s.stdout, "WRONG  and %d more\n", rest)
	}
	if v.Found == 0 {
		fmt.Fprintf(s.stdout, "ok     %d rows in %d blocks; %d noted heads met\n", v.Rows, v.Blocks, v.Noted)
	}
	if v.Blocks > 0 {
		fmt.Fprintf(s.stdout, "head   %d %s %s\n", v.Head.Number, v.Head.Hash, clock(v.Head.SealedAt))
	}
	switch {
	case v.TailFrom != nil:
		fmt.Fprintf(s.stdout, "tail   %d rows are not sealed yet, since %s\n", v.Tail, clock(*v.TailFrom))
	case v.Tail > 0:
		fmt.Fprintf(s.stdout, "tail   %d rows are not sealed yet\n", v.Tail)
	}
}

// readHeads reads lines of a number, a hash and whatever else.
func readHeads(file string, noted map[int64]string) error {
	f, err := os.Open(file)
	if err != nil {
		return usage("--heads: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		number, err := strconv.ParseInt(fields[0], 10, 64)
		ok := err == nil && number > 0 && len(fields) > 1
		if ok {
			sum, err := hex.DecodeString(fields[1])
			ok = err == nil && len(sum) == 32
		}
		if !ok {
			return usage("--heads: %s, line %d: a head is a number and 64 hexadecimal digits", file, n)
		}
		hash := strings.ToLower(fields[1])
		if was, twice := noted[number]; twice && was != hash {
			return usage("--heads: %s, line %d: block %d was noted with another hash before", file, n, number)
		}
		noted[number] = hash
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
