package eppserver

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// Every refusal the register knows has a code, and only a fault of ours is 2400.
func TestEveryKindHasACode(t *testing.T) {
	for _, kind := range registry.Kinds() {
		r, fault := resultOf(fmt.Errorf("wrapped: %w", &registry.Error{Kind: kind, Code: "V999", Reason: "why"}))
		if internal := kind == registry.KindInternal; fault != internal || (r.Code == xml.CodeFailed) != internal {
			t.Errorf("%s: %d, fault %t", kind, r.Code, fault)
		}
	}
}

// E7: the offending element and the reason; nothing of a fault of ours.
func TestResultOf(t *testing.T) {
	r, _ := resultOf(registry.Refuse(registry.KindPolicy, "V904", "The expiry date differs.").About("domain:curExpDate", "2027-01-01"))
	want := xml.ExtValue{Element: &xml.Element{NS: xml.NSDomain, Tag: "curExpDate", Text: "2027-01-01"}, Reason: "V904 The expiry date differs."}
	if r.Code != xml.CodePolicy || len(r.Values) != 1 || fmt.Sprint(*r.Values[0].Element) != fmt.Sprint(*want.Element) || r.Values[0].Reason != want.Reason {
		t.Errorf("result %+v", r)
	}
	r, _ = resultOf(registry.Refuse(registry.KindAuthorization, registry.CodeNotYours, "It is not yours.").About("domain-nom-ext:notes", "x"))
	if e := r.Values[0].Element; e.NS != xml.NSDomainNom || e.Tag != "notes" {
		t.Errorf("element %+v", e)
	}
	r, fault := resultOf(errors.New("password of the database is wrong"))
	if r.Code != xml.CodeFailed || len(r.Values) != 0 || r.Msg != "" || !fault {
		t.Errorf("fault %+v", r)
	}
	r, fault = resultOf(registry.FaultWrongPassword)
	if r.Code != xml.CodeAuthentication || len(r.Values) != 0 || fault {
		t.Errorf("login %+v", r)
	}
}

// RFC 9038: what the client did not announce.
func TestHideUnannounced(t *testing.T) {
	rgp := &xml.RGPInfoData{}
	answerOf := func() *xml.Response {
		return &xml.Response{Results: []xml.Result{{Code: 1000}}, ResData: &xml.DomainInfoData{}, Ext: []xml.Payload{rgp}}
	}
	with := func(p xml.Profile, services ...string) *session {
		s := &session{l: &ListenerConfig{Profile: p}, login: &registry.Login{}, services: map[string]bool{}}
		for _, uri := range services {
			s.services[uri] = true
		}
		return s
	}
	for _, tc := range []struct {
		name          string
		s             *session
		resData       bool
		ext, extValue int
	}{
		{"uk", with(xml.ProfileUK), true, 1, 0},
		{"gtld, announced", with(xml.ProfileGTLD, xml.NSDomain, xml.NSRGP), true, 1, 0},
		{"gtld, dropped", with(xml.ProfileGTLD, xml.NSDomain), true, 0, 0},
		{"gtld, moved", with(xml.ProfileGTLD, xml.NSDomain, xml.NSUnhandled), true, 0, 1},
		{"gtld, object moved", with(xml.ProfileGTLD, xml.NSRGP, xml.NSUnhandled), false, 1, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := answerOf()
			tc.s.hideUnannounced(r, nil)
			if (r.ResData != nil) != tc.resData || len(r.Ext) != tc.ext || len(r.Results[0].Values) != tc.extValue {
				t.Errorf("response %+v", r)
			}
			for _, v := range r.Results[0].Values {
				if v.Element.Payload == nil || !strings.HasSuffix(v.Reason, " not in login services") {
					t.Errorf("value %+v", v)
				}
			}
		})
	}
}

// No password or authInfo in a logged frame, whatever the prefix or the tricks.
func TestMaskSecrets(t *testing.T) {
	for _, frame := range []string{
		`<login><clID>A</clID><pw>s3cret</pw><newPW>s3cret</newPW><options/></login>`,
		`<l:pw xmlns:l="x">s3cret</l:pw>`,
		`<d:authInfo><d:pw roid="A-B">s3cret</d:pw></d:authInfo><d:name>a</d:name>`,
		`<pw><!-- </pw> -->s3cret</pw>`,
		`<pw><![CDATA[</pw>s3cret]]></pw>`,
		`<pw>s3cret`,
		`<newPw>s3cret</newPw >`,
		`<pw a=">">s3cret</pw>`,
		"<pw\n>s3cret</pw\n>",
	} {
		if got := string(maskSecrets([]byte(frame))); strings.Contains(got, "s3cret") {
			t.Errorf("%s: %s", frame, got)
		}
	}
	if got := string(maskSecrets([]byte(`<a><pw>x</pw><b/></a>`))); got != `<a><pw>[redacted]</pw><b/></a>` {
		t.Errorf("masked: %s", got)
	}
}

func TestWithoutVersion(t *testing.T) {
	for uri, want := range map[string]string{
		"urn:ietf:params:xml:ns:domain-1.0": "urn:ietf:params:xml:ns:domain", "a-1.0.9": "a", "a": "a", "a-": "a-", "a-b": "a-b",
	} {
		if got := withoutVersion(uri); got != want {
			t.Errorf("%s: %s", uri, got)
		}
	}
}

// E4: a server allows its share, holds back, and then refuses.
func TestRateBook(t *testing.T) {
	var b rateBook
	now := time.Now()
	for range 10 {
		if wait, ok := b.take(1, 10, 2, now); wait > 0 || !ok {
			t.Fatalf("within the burst: %s, %t", wait, ok)
		}
	}
	if wait, ok := b.take(1, 10, 2, now); !ok || wait != 200*time.Millisecond {
		t.Errorf("share of two servers: %s, %t", wait, ok)
	}
	for range 24 {
		b.take(1, 10, 2, now)
	}
	if _, ok := b.take(1, 10, 2, now); ok {
		t.Error("more than five seconds behind, and let in")
	}
	if wait, ok := b.take(2, 10, 2, now); wait > 0 || !ok {
		t.Error("another registrar waits")
	}
	if wait, ok := b.take(1, 10, 2, now.Add(10*time.Second)); wait > 0 || !ok {
		t.Errorf("later: %s, %t", wait, ok)
	}
}

func TestSvTRID(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		id := newSvTRID(time.Now())
		if len(id) > 64 || seen[id] {
			t.Fatalf("identifier %s", id)
		}
		seen[id] = true
	}
}

// E1, E2: frames come out as they went in, whatever the pieces they come in.
func TestFrameReader(t *testing.T) {
	docs := []string{`<epp/>`, `<a><epp></epp>`, `<?xml version="1.0"?><epp a='>'><b/><![CDATA[</epp>]]><!-- <x> --></epp>`,
		`<!DOCTYPE epp [<!ENTITY a "b">]><epp>&a;</epp>`, strings.Repeat(`<x>`, 50) + `</e:epp>`}
	var in bytes.Buffer
	for i, d := range docs {
		if i%2 == 0 {
			in.WriteString(" \r\n" + d)
		} else {
			in.Write(binary.BigEndian.AppendUint32(nil, uint32(len(d)+headerLen)))
			in.WriteString(d)
		}
	}
	f := frameReader{r: bufio.NewReaderSize(iotest.OneByteReader(&in), readerSize), max: 4096, unframed: true}
	for _, d := range docs {
		if err := f.wait(); err != nil {
			t.Fatal(err)
		}
		got, err := f.read(nil)
		if err != nil || string(got) != d {
			t.Fatalf("got %q, %v, want %q", got, err, d)
		}
	}
}

// FuzzFrameReader: no input makes the reader panic, take more than the limit
// or give a frame that is none.
func FuzzFrameReader(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x0a<epp/>"), true)
	f.Add([]byte(" <epp><a/></epp>\r\n<epp/>"), true)
	f.Add([]byte("\xff\xff\xff\xff"), false)
	f.Add([]byte("\x00\x00\x00\x04\x00\x00\x00\x03"), false)
	f.Add([]byte("<!DOCTYPE a [<!--]]>"), true)
	f.Fuzz(func(t *testing.T, data []byte, unframed bool) {
		const limit = 256
		r := frameReader{r: bufio.NewReaderSize(bytes.NewReader(data), readerSize), max: limit, unframed: unframed}
		taken := 0
		for r.wait() == nil {
			ready := r.ready()
			frame, err := r.read(nil)
			if len(frame) > limit {
				t.Fatalf("%d bytes", len(frame))
			}
			if err != nil {
				var fe *frameError
				if !errors.As(err, &fe) && !errors.Is(err, errTruncated) {
					t.Fatalf("error %v", err)
				}
				if ready && !errors.As(err, &fe) {
					t.Fatalf("ready, and then %v", err)
				}
				return
			}
			taken += len(frame)
			if taken > len(data) {
				t.Fatal("more out than in")
			}
		}
	})
}
