package deposit

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
)

// Opened is a deposit that can be read: unpacked, decrypted, and its signature
// checked if there were keys to check it with.
type Opened struct {
	// Encrypted tells whether the file was, SignedBy whose signature holds; ""
	// where none was asked for.
	Encrypted bool
	SignedBy  string

	name string // as faults name it
	xml  string // the file with the envelope
	dir  string // the other files, "" where there can be none
	work string // to be removed
}

const (
	// maxFiles is how many files a deposit may have.
	maxFiles = 1000
	// maxLayers is how often a file may be packed into another.
	maxLayers = 6
)

// ErrDamaged says that a deposit cannot be unpacked.
var ErrDamaged = errors.New("the deposit is damaged or not whole")

// Open opens a deposit: XML, tar, either compressed with gzip, or encrypted
// with OpenPGP. With keys to check signatures the signature is required and
// looked at first; nothing of a file with a wrong one is read. The caller
// closes what was opened.
//
// Errors: ErrSignature, ErrDamaged, those of reading.
func Open(file string, keys Keys) (*Opened, error) {
	o := &Opened{name: filepath.Base(file), xml: file}
	if len(keys.Known) > 0 {
		by, err := checkSignature(file, signatureOf(file), keys.Known)
		if err != nil {
			return nil, err
		}
		o.SignedBy = by
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open the deposit: %w", err)
	}
	defer f.Close() // only read
	err = o.unpack(bufio.NewReaderSize(f, 64<<10), keys, 0)
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return o, nil
}

// signatureOf is the file with the signature over another.
func signatureOf(file string) string {
	for _, end := range []string{".ryde", ".tar.gz", ".xml.gz", ".tgz", ".tar", ".xml", ".gz"} {
		if base, ok := strings.CutSuffix(file, end); ok {
			return base + ".sig"
		}
	}
	return file + ".sig"
}

// Close removes what was unpacked.
func (o *Opened) Close() error {
	if o.work == "" {
		return nil
	}
	return os.RemoveAll(o.work)
}

// unpack takes off one layer after the other.
func (o *Opened) unpack(r *bufio.Reader, keys Keys, layer int) error {
	if layer > maxLayers {
		return fmt.Errorf("%w: packed more than %d times", ErrDamaged, maxLayers)
	}
	head, err := r.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	switch {
	case len(head) == 0:
		return fmt.Errorf("%w: the file is empty", ErrDamaged)
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(r)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		return o.unpack(bufio.NewReaderSize(z, 64<<10), keys, layer+1)
	case len(head) >= 262 && string(head[257:262]) == "ustar":
		return o.extract(r)
	case bytes.HasPrefix(text, []byte("<")):
		return o.keep(r, layer)
	case bytes.HasPrefix(text, []byte("-----BEGIN PGP MESSAGE")):
		block, err := armor.Decode(r)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		return o.decrypt(block.Body, keys, layer)
	case head[0]&0x80 != 0: // every packet of OpenPGP begins so
		return o.decrypt(r, keys, layer)
	}
	return fmt.Errorf("%w: it is neither XML nor tar, gzip or OpenPGP", ErrDamaged)
}

func (o *Opened) decrypt(r io.Reader, keys Keys, layer int) error {
	if len(keys.Own) == 0 {
		return errors.New("the deposit is encrypted: a private key is needed")
	}
	md, err := openpgp.ReadMessage(r, keys.Own, nil, nil)
	if err != nil {
		return fmt.Errorf("%w: decrypt: %w", ErrDamaged, err)
	}
	o.Encrypted = md.IsEncrypted
	err = o.unpack(bufio.NewReaderSize(md.UnverifiedBody, 64<<10), keys, layer+1)
	if err != nil {
		return err
	}
	// Only the end says whether the whole was left as it was.
	_, err = io.Copy(io.Discard, md.UnverifiedBody)
	if err != nil {
		return fmt.Errorf("%w: decrypt: %w", ErrDamaged, err)
	}
	return nil
}

func (o *Opened) folder() error {
	if o.work != "" {
		return nil
	}
	work, err := os.MkdirTemp("", "namekeep-deposit-*")
	if err != nil {
		return fmt.Errorf("unpack the deposit: %w", err)
	}
	o.work = work
	return nil
}

// keep stores an XML file that came out of another; the file itself is read
// where it is.
func (o *Opened) keep(r io.Reader, layer int) error {
	if layer == 0 {
		return nil
	}
	err := o.folder()
	if err != nil {
		return err
	}
	o.xml = filepath.Join(o.work, "deposit.xml")
	return store(o.xml, r)
}

func store(name string, r io.Reader) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("unpack the deposit: %w", err)
	}
	_, err = io.Copy(f, r)
	err = errors.Join(err, f.Close())
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// extract stores the files of an archive. Their folders are dropped: nothing is
// ever written outside of ours.
func (o *Opened) extract(r io.Reader) error {
	err := o.folder()
	if err != nil {
		return err
	}
	o.dir, o.xml = o.work, ""
	archive := tar.NewReader(r)
	for n := 0; ; n++ {
		h, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if h.Typeflag != tar.TypeReg {
			continue
		}
		name := filepath.Base(filepath.Clean("/" + strings.ReplaceAll(h.Name, `\`, "/")))
		if n >= maxFiles || name == "/" || name == "." {
			return fmt.Errorf("%w: the archive holds %q, or more than %d files", ErrDamaged, h.Name, maxFiles)
		}
		if strings.HasSuffix(name, ".xml") {
			if o.xml != "" {
				return fmt.Errorf("%w: there is more than one XML file in it", ErrDamaged)
			}
			o.xml = filepath.Join(o.work, name)
		}
		err = store(filepath.Join(o.work, name), archive)
		if err != nil {
			return err
		}
	}
	// What follows the archive belongs to the layers outside it: their ends say
	// whether they are whole.
	_, err = io.Copy(io.Discard, r)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if o.xml == "" {
		return fmt.Errorf("%w: there is no XML file in it", ErrDamaged)
	}
	return nil
}
