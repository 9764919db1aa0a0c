package seal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/registry/pg"
)

// Finding is one thing that is not as it was sealed.
type Finding struct {
	Block  int64
	Source string // the table; "" for the chain itself
	ID     int64  // of the row; 0 for the block as a whole
	What   string // edited, removed, inserted, or what is wrong with the block
}

// Report is the result of Verify.
type Report struct {
	Blocks   int64
	Rows     int64 // that were compared
	Head     Head
	Tail     int64     // rows that are not sealed yet
	TailFrom time.Time // when the oldest row of the tail's history was written; zero without
	Findings []Finding // the first MaxFindings
	Found    int64     // how many there are
}

// MaxFindings is how many findings a report holds.
const MaxFindings = 1000

// verifyBlocks is how many blocks are read at a time.
const verifyBlocks = 50

// verifier goes through the chain.
type verifier struct {
	db       *pg.DB
	report   Report
	previous []byte
	ends     map[string]int64 // table → the last id that is sealed
	heads    map[int64]string // noted elsewhere, still to be met
	progress func(blocks int64)
}

// Verify recomputes the whole chain from the rows. heads are such that were
// noted elsewhere (number → hash); each must be in the chain. progress, if not
// nil, is told the number of blocks now and then.
func Verify(ctx context.Context, db *pg.DB, heads map[int64]string, progress func(blocks int64)) (Report, error) {
	v := &verifier{db: db, previous: make([]byte, sha256.Size), ends: map[string]int64{}, heads: map[int64]string{}, progress: progress}
	for number, hash := range heads {
		v.heads[number] = hash
	}
	var err error
	v.report.Head, err = ReadHead(ctx, db)
	if err != nil {
		return v.report, err
	}
	for {
		blocks, err := readBlocks(ctx, db, v.report.Blocks, v.report.Head.Number)
		if err != nil {
			return v.report, err
		}
		for _, b := range blocks {
			err = v.block(ctx, b)
			if err != nil {
				return v.report, err
			}
		}
		if v.progress != nil {
			v.progress(v.report.Blocks)
		}
		if len(blocks) < verifyBlocks {
			break
		}
	}
	for number := range v.heads {
		v.found(Finding{Block: number, What: "is missing, though its hash was noted"})
	}
	return v.report, v.tail(ctx)
}

// readBlocks returns the blocks behind the one numbered skip, up to last.
func readBlocks(ctx context.Context, db *pg.DB, skip, last int64) ([]block, error) {
	rows, err := db.Pool.Query(ctx, `SELECT number, source, form, after_id, last_id, rows, digests, sealed_at, previous, hash
		FROM audit_block WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3`, skip, last, verifyBlocks)
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[block])
	if err != nil {
		return nil, fmt.Errorf("read the audit log: %w", err)
	}
	return list, nil
}

func (v *verifier) found(f Finding) {
	v.report.Found++
	if len(v.report.Findings) < MaxFindings {
		v.report.Findings = append(v.report.Findings, f)
	}
}

// block checks one block: its place, its link to the one before, its rows.
func (v *verifier) block(ctx context.Context, b block) error {
	bad := func(format string, args ...any) {
		v.found(Finding{Block: b.Number, Source: b.Source, What: fmt.Sprintf(format, args...)})
	}
	for n := v.report.Blocks + 1; n < b.Number; n++ {
		v.found(Finding{Block: n, What: "block removed"})
		if n-v.report.Blocks > MaxFindings {
			break
		}
	}
	if !bytes.Equal(b.Previous, v.previous) {
		bad("does not follow from the block before")
	}
	v.report.Blocks, v.previous = b.Number, b.Hash
	if noted, ok := v.heads[b.Number]; ok {
		delete(v.heads, b.Number)
		if noted != hex.EncodeToString(b.Hash) {
			bad("has another hash than was noted")
		}
	}
	end, known := v.ends[b.Source]
	if !known {
		end = math.MinInt64
	}
	if b.AfterID != end {
		bad("begins after row %d, but the rows up to %d were sealed", b.AfterID, end)
	}
	v.ends[b.Source] = max(end, b.LastID)
	s, ok := sourceOf(b.Source)
	if !ok || int(b.Form) < 1 || int(b.Form) > s.form() {
		bad("seals %s in form %d, which this program does not know", b.Source, b.Form)
		return nil
	}
	rows, err := v.rows(ctx, s, b)
	if err != nil {
		return err
	}
	v.report.Rows += int64(len(rows))
	v.compare(b, rows)
	return nil
}

func (v *verifier) rows(ctx context.Context, s Source, b block) ([]row, error) {
	found, err := v.db.Pool.Query(ctx, s.selectSQL(int(b.Form)), b.AfterID, b.LastID)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", b.Source, err)
	}
	rows, err := pgx.CollectRows(found, scanRow)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", b.Source, err)
	}
	return rows, nil
}

// compare recomputes the block's hash. If it is another, the digests tell which
// rows it is.
func (v *verifier) compare(b block, rows []row) {
	now := digests(rows)
	right := bytes.Equal(b.sum(rows), b.Hash)
	if right && bytes.Equal(now, b.Digests) {
		return
	}
	before := v.report.Found
	if !right {
		v.compareRows(b, rows)
	}
	if v.report.Found == before {
		v.found(Finding{Block: b.Number, Source: b.Source, What: "block edited"})
	}
}

// compareRows tells which rows of a block are not those that were sealed.
func (v *verifier) compareRows(b block, rows []row) {
	sealed := map[int64][]byte{}
	for d := range slices.Chunk(b.Digests, digestSize) {
		sealed[idOf(d)] = d
	}
	tell := func(id int64, what string) {
		v.found(Finding{Block: b.Number, Source: b.Source, ID: id, What: what})
	}
	for _, r := range rows {
		was, ok := sealed[r.id]
		d := r.digest()
		switch {
		case !ok:
			tell(r.id, "row inserted")
		case !bytes.Equal(was, d[:]):
			tell(r.id, "row edited")
		}
		delete(sealed, r.id)
	}
	for d := range slices.Chunk(b.Digests, digestSize) {
		if _, gone := sealed[idOf(d)]; gone {
			tell(idOf(d), "row removed")
		}
	}
}

// tail counts what is not sealed yet.
func (v *verifier) tail(ctx context.Context) error {
	for _, s := range Sources {
		end, ok := v.ends[s.Table]
		if !ok {
			end = math.MinInt64
		}
		var n int64
		err := v.db.Pool.QueryRow(ctx, `SELECT count(*) FROM `+s.Table+` WHERE id > $1`, end).Scan(&n)
		if err != nil {
			return fmt.Errorf("read the tail of %s: %w", s.Table, err)
		}
		v.report.Tail += n
		if s.Table != "history" || n == 0 {
			continue
		}
		err = v.db.Pool.QueryRow(ctx, `SELECT at FROM history WHERE id > $1 ORDER BY id LIMIT 1`, end).Scan(&v.report.TailFrom)
		if err != nil {
			return fmt.Errorf("read the tail of %s: %w", s.Table, err)
		}
	}
	return nil
}
