package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/deposit"
)

type escrowCommands struct {
	Deposit escrowDeposit `cmd:"" help:"Make a deposit of the register, or of what changed."`
	Verify  escrowVerify  `cmd:"" help:"Read a deposit and check all of it: signature, structure, counts, references."`
	List    escrowList    `cmd:"" help:"List the deposits that were made."`
	Key     escrowKey     `cmd:"" help:"Make an OpenPGP key pair for deposits."`
}

type escrowDeposit struct {
	Type       string   `enum:"full,diff,incr" default:"full" help:"full: everything; diff: since the last deposit; incr: since the last full one."`
	Format     string   `enum:"xml,csv" default:"xml" help:"xml or csv."`
	Out        string   `placeholder:"DIR" help:"Folder. Default: escrow.dir of the configuration."`
	Zone       []string `help:"Only this zone; may be repeated."`
	TLD        string   `name:"tld" help:"What the header calls the domain. Default: escrow.tld, or what the zones have in common."`
	Resend     bool     `help:"Make the last deposit of the type again: the agent could not use it."`
	AuthInfo   bool     `name:"auth-info" help:"Include the hashes of authInfos, as escrow.auth-info does."`
	Recipient  []string `placeholder:"FILE" help:"OpenPGP public key to encrypt to. Default: escrow.recipients."`
	SignKey    string   `placeholder:"FILE" help:"OpenPGP private key to sign with. Default: escrow.sign-key."`
	Passphrase string   `name:"passphrase-file" placeholder:"FILE" help:"Holds the passphrase of the private key. Default: escrow.passphrase-file."`
}

type depositView struct {
	File      string           `json:"file"`
	Signature string           `json:"signature,omitempty"`
	ID        string           `json:"id"`
	PrevID    string           `json:"prev_id,omitempty"`
	Type      string           `json:"type"`
	Resend    int              `json:"resend"`
	Watermark time.Time        `json:"watermark"`
	Bytes     int64            `json:"bytes"`
	SHA256    string           `json:"sha256"`
	Counts    map[string]int64 `json:"counts"`
	Deleted   int              `json:"deleted"`
}

func (c *escrowDeposit) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	o, err := c.options(s)
	if err != nil {
		return err
	}
	step, end := s.progress("objects written")
	o.Progress = step
	made, err := deposit.Make(s.ctx, r, actor, o)
	end()
	if err != nil {
		return err
	}
	gone := made.Gone
	v := depositView{File: made.File, Signature: made.Signature, ID: made.ID, PrevID: made.PrevID, Type: made.Type, Resend: made.Resend,
		Watermark: made.Watermark, Bytes: made.Bytes, SHA256: hex.EncodeToString(made.SHA256), Counts: made.Counts(),
		Deleted: len(gone.Domains) + len(gone.Hosts) + len(gone.Contacts) + len(gone.Reserved)}
	return s.print(v, func() {
		s.fields("Deposit", fmt.Sprintf("%s, %s", v.ID, v.Type), "Builds on", v.PrevID, "Watermark", clock(v.Watermark),
			"File", v.File, "Signature", v.Signature, "Size", byteText(v.Bytes), "SHA-256", v.SHA256,
			"Holds", fmt.Sprintf("%d names, %d hosts, %d contacts, %d registrars, %d labels nobody can have", v.Counts["domain"], v.Counts["host"],
				v.Counts["contact"], v.Counts["registrar"], v.Counts["reserved"]), "Deleted since", zeroEmpty(v.Deleted))
	})
}

// zeroEmpty writes a number, nothing for 0.
func zeroEmpty(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// options completes the flags with the configuration.
func (c *escrowDeposit) options(s *session) (deposit.Options, error) {
	o := deposit.Options{EscrowOptions: registry.EscrowOptions{Type: map[string]string{"full": registry.EscrowFull, "diff": registry.EscrowDifferential,
		"incr": registry.EscrowIncremental}[c.Type], Format: c.Format, Zones: c.Zone, Resend: c.Resend}}
	cfg, err := s.config()
	if err != nil {
		return o, err
	}
	e := cfg.Escrow
	o.Dir, o.TLD, o.AuthInfo = firstOf(c.Out, e.Dir), firstOf(c.TLD, e.TLD), c.AuthInfo || e.AuthInfo
	if o.Dir == "" {
		return o, usage("give --out, or set escrow.dir")
	}
	recipients := c.Recipient
	if len(recipients) == 0 {
		recipients = e.Recipients
	}
	o.Keys.Recipients, err = deposit.ReadKeys(recipients...)
	if err != nil {
		return o, err
	}
	if file := firstOf(c.SignKey, e.SignKey); file != "" {
		own, err := privateKeys(firstOf(c.Passphrase, e.PassphraseFile), file)
		if err != nil {
			return o, err
		}
		o.Keys.Signer = own.Own[0]
	}
	return o, nil
}

// firstOf is the first text that is not empty.
func firstOf(list ...string) string {
	for _, v := range list {
		if v != "" {
			return v
		}
	}
	return ""
}

// privateKeys reads and unlocks private keys.
func privateKeys(passphraseFile string, files ...string) (deposit.Keys, error) {
	var keys deposit.Keys
	own, err := deposit.ReadKeys(files...)
	if err != nil {
		return keys, err
	}
	var passphrase []byte
	if passphraseFile != "" {
		passphrase, err = os.ReadFile(passphraseFile)
		if err != nil {
			return keys, fmt.Errorf("read the passphrase: %w", err)
		}
		passphrase = bytes.TrimRight(passphrase, "\r\n")
	}
	keys.Own = own
	return keys, deposit.Unlock(own, passphrase)
}

// depositKeys are the flags of commands that read a deposit.
type depositKeys struct {
	Key        []string `placeholder:"FILE" help:"OpenPGP private key to decrypt a deposit with."`
	Passphrase string   `name:"passphrase-file" placeholder:"FILE" help:"Holds the passphrase of the private key."`
	Signer     []string `placeholder:"FILE" help:"OpenPGP public key that a deposit must be signed with; its signature lies beside it, ending in .sig."`
}

func (c *depositKeys) open(_ *session, file string) (*deposit.Opened, error) {
	keys, err := privateKeys(c.Passphrase, c.Key...)
	if err != nil {
		return nil, err
	}
	keys.Known, err = deposit.ReadKeys(c.Signer...)
	if err != nil {
		return nil, err
	}
	opened, err := deposit.Open(file, keys)
	if errors.Is(err, deposit.ErrSignature) || errors.Is(err, deposit.ErrDamaged) {
		return nil, registry.Refuse(registry.KindParamSyntax, "", "%s: %v", filepath.Base(file), err)
	}
	return opened, err
}

type escrowVerify struct {
	File string `arg:"" type:"existingfile" help:"Deposit: .ryde, .tar.gz, .tar, .xml or .xml.gz."`
	depositKeys
}

type verifyView struct {
	File      string                 `json:"file"`
	ID        string                 `json:"id"`
	PrevID    string                 `json:"prev_id,omitempty"`
	Type      string                 `json:"type"`
	Resend    int                    `json:"resend"`
	TLD       string                 `json:"tld"`
	Watermark time.Time              `json:"watermark"`
	Encrypted bool                   `json:"encrypted"`
	SignedBy  string                 `json:"signed_by,omitempty"`
	Kinds     []kindView             `json:"kinds"`
	Deleted   int64                  `json:"deleted"`
	Faults    []registry.ImportFault `json:"faults"`
	FaultSum  int                    `json:"fault_count"`
}

type kindView struct {
	URI    string `json:"uri"`
	Header int64  `json:"header"`
	Found  int64  `json:"found"`
}

func (c *escrowVerify) Run(s *session) error {
	opened, err := c.open(s, c.File)
	if err != nil {
		return err
	}
	rep, err := deposit.Verify(opened)
	err = errors.Join(err, opened.Close())
	if err != nil {
		return registry.Refuse(registry.KindParamSyntax, "", "The deposit cannot be read: %v", err)
	}
	v := verifyView{File: c.File, ID: rep.ID, PrevID: rep.PrevID, Type: rep.Type, Resend: rep.Resend, TLD: rep.TLD, Watermark: rep.Watermark,
		Encrypted: rep.Encrypted, SignedBy: rep.SignedBy, Kinds: []kindView{}, Deleted: rep.Deleted, Faults: append([]registry.ImportFault{}, rep.Faults...), FaultSum: rep.FaultCount}
	for _, k := range rep.Kinds {
		v.Kinds = append(v.Kinds, kindView(k))
	}
	err = s.print(v, func() { s.showVerified(v) })
	if err == nil && v.FaultSum > 0 {
		return registry.Refuse(registry.KindParamSyntax, "", "The deposit has faults: %d.", v.FaultSum)
	}
	return err
}

func (s *session) showVerified(v verifyView) {
	encrypted, signed := "no", "not checked: give --signer"
	if v.Encrypted {
		encrypted = "yes"
	}
	if v.SignedBy != "" {
		signed = "holds, by " + v.SignedBy
	}
	s.fields("Deposit", fmt.Sprintf("%s, %s, of .%s", v.ID, v.Type, v.TLD), "Builds on", v.PrevID, "Resend", zeroEmpty(v.Resend), "Watermark", clock(v.Watermark),
		"Encrypted", encrypted, "Signature", signed, "Deleted", zeroEmpty(int(v.Deleted)))
	rows := [][]string{}
	for _, k := range v.Kinds {
		rows = append(rows, []string{strings.TrimPrefix(k.URI, "urn:ietf:params:xml:ns:"), strconv.FormatInt(k.Header, 10), strconv.FormatInt(k.Found, 10)})
	}
	s.table([]string{"Kind", "Header", "Found"}, rows)
	for _, f := range v.Faults {
		fmt.Fprintln(s.stdout, f)
	}
	if v.FaultSum == 0 {
		fmt.Fprintln(s.stdout, "No faults were found.")
	}
}

type escrowList struct {
	Limit int `default:"20" help:"How many, the latest first."`
}

func (c *escrowList) Run(s *session) error {
	r, _, err := s.staff()
	if err != nil {
		return err
	}
	if c.Limit < 1 || c.Limit > 10_000 {
		return usage("--limit: 1 to 10000")
	}
	list, err := r.EscrowDeposits(s.ctx, c.Limit)
	if err != nil {
		return err
	}
	rows := [][]string{}
	for _, v := range list {
		state := ""
		if v.Replaced {
			state = "sent again"
		}
		rows = append(rows, []string{v.ID, v.Type, v.Format, clock(v.Watermark), v.PrevID, zeroEmpty(v.Resend), v.File, state})
	}
	return s.list(list, []string{"Deposit", "Type", "Format", "Watermark", "Builds on", "Resend", "File", "State"}, rows, "No deposit was made yet.")
}

type escrowKey struct {
	Dir        string `arg:"" help:"Folder for escrow.key and escrow.pub."`
	Name       string `required:"" help:"Whose key it is."`
	Email      string `required:"" help:"Address in the key."`
	Passphrase string `name:"passphrase-file" placeholder:"FILE" help:"Lock the private key with the passphrase in this file."`
}

func (c *escrowKey) Run(s *session) error {
	var passphrase []byte
	var err error
	if c.Passphrase != "" {
		passphrase, err = os.ReadFile(c.Passphrase)
		if err != nil {
			return fmt.Errorf("read the passphrase: %w", err)
		}
		passphrase = bytes.TrimRight(passphrase, "\r\n")
	}
	err = os.MkdirAll(c.Dir, 0o700)
	if err != nil {
		return err
	}
	fingerprint, err := deposit.NewKey(c.Dir, c.Name, c.Email, passphrase)
	if err != nil {
		return err
	}
	key, public := filepath.Join(c.Dir, "escrow.key"), filepath.Join(c.Dir, "escrow.pub")
	return s.done(map[string]string{"key": key, "public": public, "fingerprint": fingerprint},
		"Private key %s, public key %s for the other side.\nFingerprint %s", key, public, fingerprint)
}
