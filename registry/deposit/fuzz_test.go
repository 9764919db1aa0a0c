package deposit

import (
	"archive/tar"
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/namekeep/namekeep/xml/escrow"
)

// csvDeposit packs one table with statuses, as a deposit of the CSV model.
func csvDeposit(domains, statuses []byte) []byte {
	var b bytes.Buffer
	w := escrow.NewWriter(&b, escrow.Deposit{Type: escrow.Full, ID: "1", Watermark: time.Unix(0, 0)})
	def := func(name string, data []byte) escrow.CSV {
		return tables[name].definition(name+".csv", fmt.Sprintf("%08X", crc32.ChecksumIEEE(data)), false)
	}
	w.CSV(def("domain", domains), def("domainStatuses", statuses))
	w.Header(escrow.Header{TLD: "test"})
	if err := w.Close(); err != nil {
		panic(err)
	}
	var out bytes.Buffer
	archive := tar.NewWriter(&out)
	for _, f := range []struct {
		name string
		data []byte
	}{{"deposit.xml", b.Bytes()}, {"domain.csv", domains}, {"domainStatuses.csv", statuses}} {
		if err := archive.WriteHeader(&tar.Header{Name: f.name, Mode: 0o600, Size: int64(len(f.data))}); err != nil {
			panic(err)
		}
		if _, err := archive.Write(f.data); err != nil {
			panic(err)
		}
	}
	if err := archive.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

const csvDomain = "a.test,D1-UK,,,,C-1,ALPHA,ALPHA,2026-01-01T00:00:00Z,,,,2027-01-01T00:00:00Z\n"

// Rows of children are found whatever their order; rows without their object
// are faults.
func TestChildrenInAnyOrder(t *testing.T) {
	two := csvDomain + "b.test,D2-UK,,,,C-1,ALPHA,ALPHA,2026-01-01T00:00:00Z,,,,2027-01-01T00:00:00Z\n"
	file := filepath.Join(t.TempDir(), "deposit.tar")
	must(t, os.WriteFile(file, csvDeposit([]byte(two), []byte("b.test,ok,\na.test,clientHold,\nc.test,ok,\nb.test,,addPeriod\n")), 0o600))
	var got []string
	_, err := open(t, file, Keys{}).Read(func(o Object) error {
		switch v := o.Value.(type) {
		case *escrow.Domain:
			got = append(got, fmt.Sprint(v.Name, v.Statuses, v.RGP))
		case *escrow.Invalid:
			got = append(got, v.Err.Error())
		}
		return nil
	})
	must(t, err)
	if want := `[a.test[clientHold] [] b.test[ok] [addPeriod] domainStatuses: there is no "c.test" that the row belongs to]`; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

// Whatever the files hold, reading them does not panic, and ends.
func FuzzCSV(f *testing.F) {
	f.Add([]byte(csvDomain), []byte("a.test,ok,\n"))
	f.Add([]byte("\"a\nb\",,\n"), []byte("a.test,,addPeriod\nz.test,ok,\n"))
	f.Fuzz(func(t *testing.T, domains, statuses []byte) {
		file := filepath.Join(t.TempDir(), "deposit.tar")
		must(t, os.WriteFile(file, csvDeposit(domains, statuses), 0o600))
		o, err := Open(file, Keys{})
		must(t, err)
		_, _ = Verify(o) // an error is as good as a report
		must(t, o.Close())
	})
}
