package xml

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func BenchmarkParseCheck(b *testing.B)  { benchParse(b, checkXML, "") }
func BenchmarkParseCreate(b *testing.B) { c, x := named("domain create"); benchParse(b, c, x) }

func benchParse(b *testing.B, command, ext string) {
	// As clients write it: only the namespaces in use are bound.
	s := frame(command, ext)
	for uri, p := range prefixes {
		if !strings.Contains(s, "<"+p+":") {
			s = strings.Replace(s, fmt.Sprintf("xmlns:%s=\"%s\" ", p, uri), "", 1)
		}
	}
	f := []byte(s)
	b.SetBytes(int64(len(f)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseCommand(f, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncodeInfo(b *testing.B) {
	r := &Response{Results: []Result{{Code: CodeOK}}, ResData: &domainGolden,
		Ext: extGolden["domain-nom"], ClTRID: "ABC-1", SvTRID: "SV-1"}
	var buf bytes.Buffer
	b.ReportAllocs()
	for b.Loop() {
		buf.Reset()
		r.Encode(&buf)
	}
	b.SetBytes(int64(buf.Len()))
}
