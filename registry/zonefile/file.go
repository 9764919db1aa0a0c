package zonefile

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/miekg/dns"
)

// File is a zone file that was written.
type File struct {
	Zone    string
	Path    string
	Serial  uint32
	Records int64 // with the SOA
	Bytes   int64
	At      time.Time // registry clock
}

// FilePath is where a zone's file is; the one before has ".previous" added.
func FilePath(dir, zone string) string { return filepath.Join(dir, zone+".zone") }

// WriteFile writes a published zone to its file, from one snapshot. It is
// written beside the old file, read back, and only then takes its place; the old
// one is kept. After an error the old file is untouched. Memory does not grow
// with the zone.
func (p *Publisher) WriteFile(ctx context.Context, dir, zone string) (File, error) {
	as, err := p.areas(ctx)
	if err != nil {
		return File{}, err
	}
	a := as.byName[zone]
	if a == nil {
		return File{}, fmt.Errorf("there is no zone %s", zone)
	}
	var f File
	err = p.reg.DB().InSnapshot(ctx, func(ctx context.Context, tx pgx.Tx) error {
		// One at a time: an older state must not replace a newer one.
		_, err := tx.Exec(ctx, `INSERT INTO zone_file (zone_id, serial, records, bytes, at) VALUES ($1, 0, 0, 0, $2)
			ON CONFLICT (zone_id) DO UPDATE SET at = zone_file.at`, a.id, p.reg.Now())
		if err != nil {
			return err
		}
		f, err = p.writeFile(ctx, tx, a, dir)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE zone_file SET serial = $2, records = $3, bytes = $4, at = $5 WHERE zone_id = $1`,
			a.id, int64(f.Serial), f.Records, f.Bytes, f.At)
		return err
	})
	if err != nil {
		return File{}, fmt.Errorf("write the file of zone %s: %w", zone, err)
	}
	return f, nil
}

func (p *Publisher) writeFile(ctx context.Context, tx pgx.Tx, a *area, dir string) (File, error) {
	z, err := scanPublication(tx.QueryRow(ctx, publicationSQL+` WHERE zone_id = $1`, a.id))
	if errors.Is(err, pgx.ErrNoRows) {
		return File{}, errors.New("it has not been published yet")
	}
	if err != nil {
		return File{}, err
	}
	path := FilePath(dir, a.name)
	err = removeLeftovers(path)
	if err != nil {
		return File{}, err
	}
	tmp, err := os.CreateTemp(dir, filepath.Base(path)+".*.new")
	if err != nil {
		return File{}, err
	}
	defer os.Remove(tmp.Name()) // nothing is there once it was renamed
	defer tmp.Close()
	f := File{Zone: a.name, Path: path, Serial: z.serial, At: p.reg.Now()}
	w := &fileWriter{out: bufio.NewWriterSize(tmp, 1<<20)}
	err = w.write(ctx, tx, a, &z)
	if err == nil {
		err = w.out.Flush()
	}
	if err == nil {
		err = tmp.Sync()
	}
	if err != nil {
		return f, err
	}
	f.Records, f.Bytes = w.records, w.bytes
	err = checkFile(ctx, tmp, a.name, f)
	if err != nil {
		return f, err
	}
	err = tmp.Chmod(0o644)
	if err == nil {
		err = replace(tmp.Name(), path)
	}
	return f, err
}

// removeLeftovers removes what a killed publication left.
func removeLeftovers(path string) error {
	old, err := filepath.Glob(path + ".*.new")
	for _, name := range old {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// replace puts a file in the place of another, which is kept as ".previous". At
// no moment is there none.
func replace(from, to string) error {
	previous := to + ".previous"
	err := os.Remove(previous + ".new") // of a killed publication
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		err = os.Link(to, previous+".new")
	}
	if err == nil {
		err = os.Rename(previous+".new", previous)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // the first one has none before it
		return err
	}
	err = os.Rename(from, to)
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// fileWriter writes a zone in presentation form (RFC 1035 section 5), every
// record on a line of its own with its full name and time.
type fileWriter struct {
	out     *bufio.Writer
	records int64
	bytes   int64
	line    []byte
}

func (w *fileWriter) write(ctx context.Context, tx pgx.Tx, a *area, z *publication) error {
	entries, err := declare(ctx, tx, "zone_file_entries", `SELECT owner, kind, records FROM zone_entry
		WHERE zone_id = `+strconv.Itoa(int(a.id))+` ORDER BY owner, kind`, scanEntry)
	if err != nil {
		return err
	}
	apex := Entry{Owner: a.name, Records: []string{z.head.soa(z.serial)}}
	for _, s := range z.head.NameServers {
		apex.Records = append(apex.Records, "NS "+s+".")
	}
	for e := apex; e.Owner != ""; {
		err = w.entry(e, z.head)
		if err != nil {
			return err
		}
		e, err = entries.next(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *fileWriter) entry(e Entry, h Head) error {
	for _, r := range e.Records {
		kind, _, _ := strings.Cut(r, " ")
		b := append(w.line[:0], e.Owner...)
		b = append(b, ".\t"...)
		b = strconv.AppendUint(b, uint64(h.ttl(kind)), 10)
		b = append(b, "\tIN\t"...)
		b = append(b, r...)
		b = append(b, '\n')
		w.line = b
		w.records++
		w.bytes += int64(len(b))
		_, err := w.out.Write(b)
		if err != nil {
			return err
		}
	}
	return nil
}

// errNotParsed is in the error of a zone file that is not what it should be.
var errNotParsed = errors.New("the zone file does not parse")

// checkFile reads a zone file back with a parser that is not ours: every record
// must lie in the zone, and there must be as many as were written, under the
// serial.
func checkFile(ctx context.Context, f io.ReadSeeker, zone string, want File) error {
	_, err := f.Seek(0, io.SeekStart)
	if err != nil {
		return err
	}
	origin := zone + "."
	zp := dns.NewZoneParser(bufio.NewReaderSize(f, 1<<20), origin, zone)
	zp.SetIncludeAllowed(false)
	var n int64
	for rr, ok := zp.Next(); ok; rr, ok = zp.Next() {
		n++
		name := rr.Header().Name
		if name != origin && !strings.HasSuffix(name, "."+origin) {
			return fmt.Errorf("%w: %s does not lie in %s", errNotParsed, name, zone)
		}
		soa, isSOA := rr.(*dns.SOA)
		if isSOA != (n == 1) || isSOA && (soa.Serial != want.Serial || name != origin) {
			return fmt.Errorf("%w: record %d, %s: there is one SOA, the first record, with serial %d", errNotParsed, n, rr, want.Serial)
		}
		if n%fetchRows == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if err = zp.Err(); err != nil {
		return fmt.Errorf("%w: record %d: %w", errNotParsed, n+1, err)
	}
	if n != want.Records {
		return fmt.Errorf("%w: it has %d records, %d were written", errNotParsed, n, want.Records)
	}
	return nil
}
