package deposit

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/xml/escrow"
)

// definition is a table as the deposit defines it, and where.
type definition struct {
	*escrow.CSV
	line int
}

// csvReader puts the objects of the CSV model together. The rows of a child
// table are taken as they come where they are in the order of the objects;
// otherwise the table is held in memory.
type csvReader struct {
	o      *Opened
	fn     func(Object) error
	tables map[string]definition // by kind and name
}

func (c *csvReader) read(list []definition, where string) error {
	for _, t := range list {
		key := t.Name
		if t.Deletes {
			key = "delete-" + t.Name
		}
		if _, twice := c.tables[key]; twice {
			return fmt.Errorf("%s: %w", where, &escrow.SyntaxError{Line: t.line, Reason: "the table " + t.Name + " is defined twice"})
		}
		c.tables[key] = t
		for _, f := range t.Files {
			err := c.checkSum(f)
			if err != nil {
				return err
			}
		}
	}
	for object, t := range deleteTables {
		err := c.gone(object, "delete-"+t.name)
		if err != nil {
			return err
		}
	}
	for _, part := range []func() error{c.registrars, c.idnTables, c.nndns, c.contacts, c.hosts, c.domains, c.extras} {
		err := part()
		if err != nil {
			return err
		}
	}
	return nil
}

// path finds a file of the deposit; nothing outside its folder.
func (c *csvReader) path(name string) (string, error) {
	if c.o.dir == "" || name != filepath.Base(name) || strings.ContainsAny(name, `/\`) || name == "." || name == ".." {
		return "", fmt.Errorf("%w: there is no file %q in it", ErrDamaged, name)
	}
	return filepath.Join(c.o.dir, name), nil
}

// open opens a file, decompressed.
func (c *csvReader) open(f escrow.CSVFile) (io.Reader, io.Closer, error) {
	path, err := c.path(f.Name)
	if err != nil {
		return nil, nil, err
	}
	if f.Encoding != "" && !strings.EqualFold(f.Encoding, "UTF-8") {
		return nil, nil, fmt.Errorf("%s: the encoding %q is not UTF-8", f.Name, f.Encoding)
	}
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w: the file %s is missing", ErrDamaged, f.Name)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the deposit: %w", err)
	}
	buf := bufio.NewReaderSize(file, 64<<10)
	switch f.Compression {
	case "":
		return buf, file, nil
	case "gzip":
		z, err := gzip.NewReader(buf)
		if err != nil {
			return nil, nil, errors.Join(fmt.Errorf("%w: %s: %w", ErrDamaged, f.Name, err), file.Close())
		}
		return z, file, nil
	}
	return nil, nil, errors.Join(fmt.Errorf("%s: the compression %q is not gzip", f.Name, f.Compression), file.Close())
}

// checkSum compares a file with its checksum before anything of it is used.
func (c *csvReader) checkSum(f escrow.CSVFile) error {
	r, file, err := c.open(f)
	if err != nil {
		return err
	}
	defer file.Close() // only read
	h := crc32.NewIEEE()
	_, err = io.Copy(h, r)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, f.Name, err)
	}
	want, err := strconv.ParseUint(f.Sum, 16, 32)
	if err != nil {
		return fmt.Errorf("%w: the checksum %q of %s is not a CRC-32", ErrDamaged, f.Sum, f.Name)
	}
	if uint32(want) != h.Sum32() {
		return fmt.Errorf("%w: the checksum of %s is %08X, not %s", ErrDamaged, f.Name, h.Sum32(), f.Sum)
	}
	return nil
}

// row is a row of a table.
type row struct {
	t      *definition
	file   string
	line   int
	fields []string
}

// get returns a column by the name of its element, "" where the table has none.
// index is that of street lines.
func (r row) get(space, name string, index ...string) string {
	for i, f := range r.t.Fields {
		if f.Space == space && f.Name == name && (len(index) == 0 || f.Index == index[0]) && i < len(r.fields) {
			return strings.TrimSpace(r.fields[i])
		}
	}
	return ""
}

// rows reads all rows of a table.
type rows struct {
	c    *csvReader
	t    definition
	next int // file
	r    *csv.Reader
	file io.Closer
	name string
}

func (c *csvReader) rows(key string) (*rows, bool) {
	t, ok := c.tables[key]
	return &rows{c: c, t: t}, ok
}

// read returns the next row; io.EOF after the last.
func (r *rows) read() (row, error) {
	for {
		if r.r == nil {
			if r.next == len(r.t.Files) {
				return row{}, io.EOF
			}
			f := r.t.Files[r.next]
			in, file, err := r.c.open(f)
			if err != nil {
				return row{}, err
			}
			r.next++
			r.file, r.name, r.r = file, f.Name, csv.NewReader(in)
			r.r.Comma, r.r.FieldsPerRecord, r.r.ReuseRecord = rune(r.t.Sep[0]), len(r.t.Fields), false
		}
		fields, err := r.r.Read()
		if errors.Is(err, io.EOF) {
			r.r = nil
			err = r.file.Close()
			if err != nil {
				return row{}, fmt.Errorf("read the deposit: %w", err)
			}
			continue
		}
		if err != nil {
			return row{}, errors.Join(fmt.Errorf("%s: %w", r.name, err), r.file.Close())
		}
		line, _ := r.r.FieldPos(0)
		return row{&r.t, r.name, line, fields}, nil
	}
}

// each calls fn for every row.
func (c *csvReader) each(key string, fn func(row) error) error {
	in, ok := c.rows(key)
	if !ok {
		return nil
	}
	for {
		v, err := in.read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = fn(v)
		}
		if err != nil {
			return err
		}
	}
}

// children are the rows of a child table, by the key of their object.
type children struct {
	in   *rows
	key  func(row) string
	head *row
	done bool
	held map[string][]row // where the rows are in another order
}

// children opens a child table of an object's table.
func (c *csvReader) children(parent, name string, parentKey, key func(row) string) (*children, error) {
	in, ok := c.rows(name)
	out := &children{in: in, key: key, done: !ok}
	if !ok {
		return out, nil
	}
	ordered, err := c.ordered(parent, name, parentKey, key)
	if err != nil || ordered {
		return out, err
	}
	out.done, out.held = true, map[string][]row{}
	return out, c.each(name, func(v row) error {
		k := key(v)
		out.held[k] = append(out.held[k], v)
		return nil
	})
}

// ordered tells whether the rows of a child come in the order of their objects,
// all of them.
func (c *csvReader) ordered(parent, name string, parentKey, key func(row) string) (bool, error) {
	probe := &children{key: key}
	probe.in, _ = c.rows(name)
	err := c.each(parent, func(v row) error {
		_, err := probe.take(parentKey(v))
		return err
	})
	if err != nil {
		return false, err
	}
	_, err = probe.peek()
	return probe.done, err
}

func (c *children) peek() (*row, error) {
	if c.head == nil && !c.done {
		v, err := c.in.read()
		if errors.Is(err, io.EOF) {
			c.done = true
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		c.head = &v
	}
	return c.head, nil
}

// take returns the rows of an object.
func (c *children) take(key string) ([]row, error) {
	if c.held != nil {
		list := c.held[key]
		delete(c.held, key)
		return list, nil
	}
	var list []row
	for {
		v, err := c.peek()
		if err != nil || v == nil || c.key(*v) != key {
			return list, err
		}
		list, c.head = append(list, *v), nil
	}
}

// orphans are faults for the rows whose object is not in the deposit.
func (c *csvReader) orphans(list map[string]*children) error {
	for name, child := range list {
		for key, left := range child.held {
			err := c.fn(Object{left[0].file, left[0].line, &escrow.Invalid{Err: fmt.Errorf("%s: there is no %q that the row belongs to", name, key)}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
