package deposit

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/namekeep/namekeep/registry"
)

// keyPair makes a key pair and reads it back from its files.
func keyPair(t *testing.T, passphrase string) (private, public Keys) {
	t.Helper()
	dir := t.TempDir()
	_, err := NewKey(dir, "Test", "test@example.net", []byte(passphrase))
	must(t, err)
	own, err := ReadKeys(filepath.Join(dir, "escrow.key"))
	must(t, err)
	if passphrase != "" && Unlock(own, []byte("wrong")) == nil {
		t.Error("a wrong passphrase unlocks the key")
	}
	must(t, Unlock(own, []byte(passphrase)))
	known, err := ReadKeys(filepath.Join(dir, "escrow.pub"))
	must(t, err)
	if known[0].PrivateKey != nil {
		t.Error("the public file holds the private key")
	}
	return Keys{Own: own, Signer: own[0]}, Keys{Known: known, Recipients: known}
}

// Encrypted to the agent and signed by the registry; whoever changes a byte is
// found out before anything is read.
func TestSignedAndEncrypted(t *testing.T) {
	r := populated(t)
	registryKey, registryPub := keyPair(t, "secret")
	agentKey, agentPub := keyPair(t, "")
	for _, format := range []string{"xml", "csv"} {
		made := r.make(Options{Keys: Keys{Signer: registryKey.Signer, Recipients: agentPub.Recipients}, EscrowOptions: registry.EscrowOptions{Format: format}})
		if !strings.HasSuffix(made.File, ".ryde") || made.Signature == "" {
			t.Fatalf("made %+v", made)
		}
		reader := Keys{Own: agentKey.Own, Known: registryPub.Known}
		rep, err := Verify(open(t, made.File, reader))
		must(t, err)
		if rep.FaultCount != 0 || !rep.Encrypted || !strings.HasPrefix(rep.SignedBy, "Test ") {
			t.Errorf("verify %+v", rep)
		}
		data, err := os.ReadFile(made.File)
		must(t, err)
		if strings.Contains(string(data), "first.co.test") {
			t.Error("the deposit can be read without a key")
		}
		_, err = Open(made.File, Keys{Known: registryPub.Known})
		if err == nil || !strings.Contains(err.Error(), "private key is needed") {
			t.Errorf("without a key: %v", err)
		}
		_, err = Open(made.File, Keys{Own: registryKey.Own})
		if err == nil {
			t.Error("another key opens it")
		}
		_, err = Open(made.File, Keys{Own: agentKey.Own, Known: agentPub.Known})
		if !errors.Is(err, ErrSignature) {
			t.Errorf("another signer: %v", err)
		}
		for what, change := range map[string]func([]byte) []byte{
			"changed": func(d []byte) []byte { d[len(d)/2] ^= 1; return d }, "cut": func(d []byte) []byte { return d[:len(d)-7] },
		} {
			must(t, os.WriteFile(made.File, change(append([]byte{}, data...)), 0o600))
			_, err = Open(made.File, reader)
			if !errors.Is(err, ErrSignature) {
				t.Errorf("%s: %v", what, err)
			}
			_, err = Open(made.File, Keys{Own: agentKey.Own}) // nobody looks at the signature: the encryption tells
			if err == nil {
				t.Errorf("%s, no signature asked for: it opens", what)
			}
		}
		must(t, os.WriteFile(made.File, data, 0o600))
		must(t, os.Remove(made.Signature))
		_, err = Open(made.File, reader)
		if !errors.Is(err, ErrSignature) {
			t.Errorf("no signature: %v", err)
		}
	}
}

// A deposit that is damaged, cut or wrong is refused, and changes nothing.
func TestDamagedDeposits(t *testing.T) {
	r := populated(t)
	to := empty(t)
	before := to.state()
	dir := t.TempDir()
	refuse := func(what, file, says string) {
		t.Helper()
		o, err := Open(file, Keys{})
		if err == nil {
			_, err = to.load(t.Context(), o, registry.ImportOptions{Restore: true})
			must(t, o.Close())
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v, want %q", what, err, says)
		}
		if to.state() != before {
			t.Fatalf("%s: something was loaded", what)
		}
	}
	for _, format := range []string{"xml", "csv"} {
		made := r.make(Options{EscrowOptions: registry.EscrowOptions{Format: format}})
		data, err := os.ReadFile(made.File)
		must(t, err)
		for what, changed := range map[string][]byte{"cut": data[:len(data)*2/3], "empty": nil, "no deposit": []byte("hello"), "a byte": flip(data)} {
			file := filepath.Join(dir, "deposit.tar.gz")
			must(t, os.WriteFile(file, changed, 0o600))
			refuse(format+" "+what, file, "")
		}
	}
	xmlFile := open(t, r.make(Options{}).File, Keys{}).xml
	data, err := os.ReadFile(xmlFile)
	must(t, err)
	text := string(data)
	for _, tt := range []struct{ name, from, to, says string }{
		{"cut XML", text[len(text)-200:], "", "ends too early"},
		{"a document type", "<rde:deposit", "<!DOCTYPE x [<!ENTITY a \"b\">]><rde:deposit", "document type"},
		{"an unknown element", "<rdeDomain:roid>", "<rdeDomain:colour>red</rdeDomain:colour><rdeDomain:roid>", "is not expected"},
		{"a wrong date", "<rdeDomain:exDate>20", "<rdeDomain:exDate>soon20", "is not a date and time"},
		{"an unknown status", `<rdeDomain:status s="clientHold"/>`, `<rdeDomain:status s="lost"/>`, "lost"},
		{"a contact that is not there", "<rdeDomain:registrant>UK-1<", "<rdeDomain:registrant>UK-9<", "UK-9"},
		{"a name twice", "<rdeDomain:name>suspended.co.test<", "<rdeDomain:name>first.co.test<", "is in line"},
		{"not JSON", `<nk:value name="autoBill">30<`, `<nk:value name="autoBill">thirty<`, "is not JSON"},
		{"not FULL", `type="FULL"`, `type="DIFF" prevId="1"`, "only a full one"},
		{"not a deposit", "rde-1.0", "rde-2.0", "not a deposit"},
		{"a bad address", `ip="v4">192.0.2.1<`, `ip="v4">10.0.0.1<`, "not a public address"},
	} {
		changed := strings.Replace(text, tt.from, tt.to, 1)
		if changed == text {
			t.Fatalf("%s: the text does not occur", tt.name)
		}
		if tt.name == "not a deposit" {
			changed = strings.ReplaceAll(text, tt.from, tt.to)
		}
		file := filepath.Join(dir, "deposit.xml")
		must(t, os.WriteFile(file, []byte(changed), 0o600))
		refuse(tt.name, file, tt.says)
	}
	// Every fault is listed, with its line.
	changed := strings.ReplaceAll(strings.Replace(text, "<rdeDomain:registrant>UK-1<", "<rdeDomain:registrant>UK-9<", 1), "<rdeDomain:exDate>2026", "<rdeDomain:exDate>soon2026")
	file := filepath.Join(dir, "deposit.xml")
	must(t, os.WriteFile(file, []byte(changed), 0o600))
	_, err = to.load(t.Context(), open(t, file, Keys{}), registry.ImportOptions{Restore: true})
	var faults registry.ImportFaults
	if !errors.As(err, &faults) || len(faults) < 2 || faults[0].Line == 0 {
		t.Errorf("faults: %v", err)
	}
}

func flip(data []byte) []byte {
	out := append([]byte{}, data...)
	out[len(out)/3] ^= 0x10
	return out
}

// What verify must find in a deposit that can be read.
func TestVerifyFindsFaults(t *testing.T) {
	r := populated(t)
	data, err := os.ReadFile(open(t, r.make(Options{}).File, Keys{}).xml)
	must(t, err)
	text := string(data)
	for _, tt := range []struct{ name, from, to, says string }{
		{"a count", `<rdeHeader:count uri="urn:ietf:params:xml:ns:rdeDomain-1.0">7<`, `<rdeHeader:count uri="urn:ietf:params:xml:ns:rdeDomain-1.0">8<`, "the header says 8"},
		{"a registrar", "<rdeHost:clID>ALPHA<", "<rdeHost:clID>OMEGA<", `"OMEGA", which is not in the deposit`},
		{"a host", "<domain:hostObj>ns2.dns.example<", "<domain:hostObj>ns3.dns.example<", "ns3.dns.example"},
		{"twice", "<rdeContact:id>UK-2<", "<rdeContact:id>UK-1<", "UK-1 is there twice"},
		{"a status", `<rdeHost:status s="ok"/>`, `<rdeHost:status s="fine"/>`, "fine"},
		{"no header", "<rdeHeader:tld>test</rdeHeader:tld>", "", "does not say what"},
	} {
		changed := strings.Replace(text, tt.from, tt.to, 1)
		if changed == text {
			t.Fatalf("%s: the text does not occur", tt.name)
		}
		file := filepath.Join(t.TempDir(), "deposit.xml")
		must(t, os.WriteFile(file, []byte(changed), 0o600))
		rep, err := Verify(open(t, file, Keys{}))
		must(t, err)
		found := false
		for _, f := range rep.Faults {
			found = found || strings.Contains(f.String(), tt.says)
		}
		if !found {
			t.Errorf("%s: faults %v, want %q", tt.name, rep.Faults, tt.says)
		}
	}
}
