package deposit

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/namekeep/namekeep/registry"
)

// Options say what deposit to make and how.
type Options struct {
	registry.EscrowOptions
	Dir  string // where it goes
	TLD  string // for the header; "" is what the zones have in common
	Keys Keys
}

// Result is a deposit that was made.
type Result struct {
	registry.EscrowContents
	File      string // tar.gz, or ryde if encrypted
	Signature string // "" without a key to sign with
	SHA256    []byte
	Bytes     int64
}

// Make makes a deposit: reads the register, writes the files to a temporary
// folder beside the result, packs, encrypts and signs them, and puts the result
// in place when it is whole. Only then is it recorded. Memory does not grow with
// the register; the temporary files do.
//
// Errors: those of registry.Escrow and RecordEscrow, and of writing.
func Make(ctx context.Context, r *registry.Registry, actor registry.Actor, o Options) (Result, error) {
	err := actor.MayKeep()
	if err != nil {
		return Result{}, err
	}
	err = os.MkdirAll(o.Dir, 0o700)
	if err != nil {
		return Result{}, fmt.Errorf("deposit: %w", err)
	}
	work, err := os.MkdirTemp(o.Dir, ".making-*")
	if err != nil {
		return Result{}, fmt.Errorf("deposit: %w", err)
	}
	m := &making{o: o, work: work}
	res, err := m.run(ctx, r, actor)
	return res, errors.Join(err, os.RemoveAll(work))
}

type making struct {
	o     Options
	work  string
	files []string
}

func (m *making) run(ctx context.Context, r *registry.Registry, actor registry.Actor) (Result, error) {
	var res Result
	c, tld, err := m.write(ctx, r, actor)
	if err != nil {
		return res, err
	}
	res.EscrowContents = c
	// TLD_DATE_TYPE_S1_R0, as escrow agents want it.
	base := fmt.Sprintf("%s_%s_%s_S1_R%d", tld, c.Watermark.UTC().Format("2006-01-02"), strings.ToLower(c.Type), c.Resend)
	if len(m.o.Zones) == 0 && tld == "" {
		base = "register" + base
	}
	base += "_" + c.ID
	end := ".tar.gz"
	if len(m.o.Keys.Recipients) > 0 {
		end = ".ryde"
	}
	packed := filepath.Join(m.work, base+end)
	res.SHA256, res.Bytes, err = m.pack(packed)
	if err == nil && m.o.Keys.Signer != nil {
		res.Signature = filepath.Join(m.o.Dir, base+".sig")
		err = m.sign(packed, filepath.Join(m.work, base+".sig"))
	}
	if err != nil {
		return res, fmt.Errorf("deposit: %w", err)
	}
	res.File = filepath.Join(m.o.Dir, base+end)
	// The signature first: whoever sees the deposit finds it signed.
	if res.Signature != "" {
		err = os.Rename(filepath.Join(m.work, base+".sig"), res.Signature)
	}
	if err == nil {
		err = os.Rename(packed, res.File)
	}
	if err != nil {
		return res, fmt.Errorf("deposit: %w", err)
	}
	return res, r.RecordEscrow(ctx, actor, c, filepath.Base(res.File), res.SHA256)
}

// write writes the deposit's files and notes their names in order.
func (m *making) write(ctx context.Context, r *registry.Registry, actor registry.Actor) (registry.EscrowContents, string, error) {
	// The snapshot may be taken again; each time begins with an empty folder.
	for attempt := 0; ; attempt++ {
		dir := filepath.Join(m.work, fmt.Sprintf("files-%d", attempt))
		err := os.Mkdir(dir, 0o700)
		if err != nil {
			return registry.EscrowContents{}, "", fmt.Errorf("deposit: %w", err)
		}
		s := &sink{tld: m.o.TLD}
		var out *os.File
		var tables *csvWriter
		if m.o.Format == "csv" {
			tables = newCSVWriter(dir, "deposit")
			s.w, s.menu = tables, csvMenu
		} else {
			out, err = os.OpenFile(filepath.Join(dir, "deposit.xml"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return registry.EscrowContents{}, "", fmt.Errorf("deposit: %w", err)
			}
			s.w, s.menu = &xmlWriter{out: out}, xmlMenu
		}
		once := &onceSink{sink: s}
		c, err := r.Escrow(ctx, actor, m.o.EscrowOptions, once)
		if err == nil {
			err = s.w.close()
		}
		if out != nil {
			err = errors.Join(err, out.Close())
		}
		if errors.Is(err, errAgain) && attempt < 3 {
			continue
		}
		if err != nil {
			return c, "", err
		}
		m.files = []string{filepath.Join(dir, "deposit.xml")}
		if tables != nil {
			m.files = nil
			for _, name := range tables.names {
				m.files = append(m.files, filepath.Join(dir, name))
			}
		}
		return c, s.tld, nil
	}
}

// errAgain says that the register was read again from the beginning: what was
// written is to be thrown away.
var errAgain = errors.New("the register was read again")

// onceSink refuses a second beginning.
type onceSink struct {
	*sink
	begun bool
}

func (s *onceSink) Begin(c registry.EscrowContents) error {
	if s.begun {
		return errAgain
	}
	s.begun = true
	return s.sink.Begin(c)
}

// pack puts the files into one, compressed, and encrypted where there are
// recipients. It returns the SHA-256 and the length.
func (m *making) pack(name string) ([]byte, int64, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, 0, err
	}
	h := sha256.New()
	counted := &counter{w: io.MultiWriter(f, h)}
	var w io.WriteCloser
	if len(m.o.Keys.Recipients) > 0 {
		w, err = openpgp.Encrypt(counted, m.o.Keys.Recipients, nil, &openpgp.FileHints{IsBinary: true, FileName: "deposit.tar"}, pgpConfig())
	} else {
		w = gzip.NewWriter(counted)
	}
	if err == nil {
		err = errors.Join(m.archive(w), w.Close())
	}
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	return h.Sum(nil), counted.n, err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// archive writes the files as tar, the definitions first.
func (m *making) archive(w io.Writer) error {
	t := tar.NewWriter(w)
	for _, name := range m.files {
		err := addFile(t, name)
		if err != nil {
			return err
		}
	}
	return t.Close()
}

func addFile(t *tar.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	info, err := f.Stat()
	if err != nil {
		return err
	}
	err = t.WriteHeader(&tar.Header{Name: filepath.Base(name), Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()})
	if err != nil {
		return err
	}
	_, err = io.Copy(t, f)
	return err
}

func (m *making) sign(file, signature string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close() // only read
	out, err := os.OpenFile(signature, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = openpgp.DetachSign(out, m.o.Keys.Signer, in, pgpConfig())
	if err == nil {
		err = out.Sync()
	}
	return errors.Join(err, out.Close())
}
