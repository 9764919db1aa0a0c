package deposit

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Keys are OpenPGP keys: to sign and encrypt deposits, or to check and decrypt
// them.
type Keys struct {
	Signer     *openpgp.Entity    // with its private key, unlocked; nil: do not sign
	Recipients openpgp.EntityList // nil: do not encrypt
	Known      openpgp.EntityList // public keys that signatures are checked with
	Own        openpgp.EntityList // private keys to decrypt with, unlocked
}

// ReadKeys reads OpenPGP keys from files, armoured or not.
func ReadKeys(files ...string) (openpgp.EntityList, error) {
	var out openpgp.EntityList
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the key: %w", err)
		}
		list, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(data))
		if err != nil {
			list, err = openpgp.ReadKeyRing(bytes.NewReader(data))
		}
		if err != nil {
			return nil, fmt.Errorf("%s is no OpenPGP key: %w", name, err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// Unlock makes private keys usable; passphrase may be empty for those without.
func Unlock(list openpgp.EntityList, passphrase []byte) error {
	for _, e := range list {
		if e.PrivateKey == nil {
			return errors.New("there is no private key in the file")
		}
		err := e.DecryptPrivateKeys(passphrase)
		if err != nil {
			return fmt.Errorf("unlock the private key: %w", err)
		}
	}
	return nil
}

// NewKey makes a key pair for deposits and writes it, armoured, into dir:
// escrow.key, for its owner only, and escrow.pub. With a passphrase the private
// key is locked.
func NewKey(dir, name, email string, passphrase []byte) (fingerprint string, err error) {
	e, err := openpgp.NewEntity(name, "", email, &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, DefaultHash: crypto.SHA512})
	if err != nil {
		return "", fmt.Errorf("make the key: %w", err)
	}
	var public, private bytes.Buffer
	err = armoured(&public, openpgp.PublicKeyType, e.Serialize)
	if err == nil && len(passphrase) > 0 {
		err = e.EncryptPrivateKeys(passphrase, nil)
	}
	if err == nil {
		err = armoured(&private, openpgp.PrivateKeyType, func(w io.Writer) error { return e.SerializePrivateWithoutSigning(w, nil) })
	}
	if err != nil {
		return "", fmt.Errorf("write the key: %w", err)
	}
	for _, f := range []struct {
		name string
		data []byte
		mode os.FileMode
	}{{"escrow.key", private.Bytes(), 0o600}, {"escrow.pub", public.Bytes(), 0o644}} {
		out, err := os.OpenFile(filepath.Join(dir, f.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, f.mode)
		if err != nil {
			return "", fmt.Errorf("write the key: %w", err)
		}
		_, err = out.Write(f.data)
		err = errors.Join(err, out.Close())
		if err != nil {
			return "", fmt.Errorf("write the key: %w", err)
		}
	}
	return fmt.Sprintf("%X", e.PrimaryKey.Fingerprint), nil
}

func armoured(out io.Writer, kind string, write func(io.Writer) error) error {
	w, err := armor.Encode(out, kind, nil)
	if err != nil {
		return err
	}
	return errors.Join(write(w), w.Close())
}

// pgpConfig is how we encrypt: AES-256, and compressed, as deposits are mostly
// markup. The signature is a file of its own.
func pgpConfig() *packet.Config {
	return &packet.Config{DefaultCipher: packet.CipherAES256, DefaultHash: crypto.SHA256,
		DefaultCompressionAlgo: packet.CompressionZLIB, CompressionConfig: &packet.CompressionConfig{Level: 6}}
}

// ErrSignature says that a deposit's signature is missing or wrong.
var ErrSignature = errors.New("the signature of the deposit does not hold")

// checkSignature checks a detached signature over a file.
func checkSignature(file, signature string, known openpgp.EntityList) (by string, err error) {
	sig, err := os.ReadFile(signature)
	if errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%w: there is none (%s)", ErrSignature, filepath.Base(signature))
	}
	if err != nil {
		return "", fmt.Errorf("read the signature: %w", err)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", fmt.Errorf("read the deposit: %w", err)
	}
	defer f.Close() // only read
	check := openpgp.CheckDetachedSignature
	if bytes.HasPrefix(bytes.TrimSpace(sig), []byte("-----BEGIN")) {
		check = openpgp.CheckArmoredDetachedSignature
	}
	e, err := check(known, f, bytes.NewReader(sig), nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return identity(e), nil
}

// identity is whose key it is, for people.
func identity(e *openpgp.Entity) string {
	text := fmt.Sprintf("%X", e.PrimaryKey.Fingerprint)
	if id := e.PrimaryIdentity(); id != nil {
		text = id.Name + " " + text
	}
	return text
}
