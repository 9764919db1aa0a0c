package deposit

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/namekeep/namekeep/xml/escrow"
)

// Object is one thing that a deposit holds, and where it stands. Value is one
// of the objects of package escrow; objects of the CSV model are put together
// from their tables.
type Object struct {
	File  string
	Line  int
	Value any
}

// Read hands all objects of a deposit to fn, in the order they are in, and
// returns its envelope. An object that cannot be understood comes as
// *escrow.Invalid, and the reading goes on; a file that cannot be is an error.
func (o *Opened) Read(fn func(Object) error) (escrow.Deposit, error) {
	f, err := os.Open(o.xml)
	if err != nil {
		return escrow.Deposit{}, fmt.Errorf("read the deposit: %w", err)
	}
	defer f.Close() // only read
	name := o.fileName()
	r, err := escrow.NewReader(bufio.NewReaderSize(f, 64<<10))
	if err != nil {
		return escrow.Deposit{}, fmt.Errorf("%s: %w", name, err)
	}
	var tables []definition
	for {
		item, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return r.Deposit, fmt.Errorf("%s: %w", name, err)
		}
		if t, ok := item.Object.(*escrow.CSV); ok {
			tables = append(tables, definition{t, item.Line})
			continue
		}
		err = fn(Object{name, item.Line, item.Object})
		if err != nil {
			return r.Deposit, err
		}
	}
	if len(tables) == 0 {
		return r.Deposit, nil
	}
	c := &csvReader{o: o, fn: fn, tables: map[string]definition{}}
	return r.Deposit, c.read(tables, name)
}

// fileName is the name of the file with the envelope, as faults name it.
func (o *Opened) fileName() string {
	if o.dir != "" {
		return filepath.Base(o.xml)
	}
	return o.name
}
