package main

import (
	"bytes"
	"fmt"
)

// Answers are verified by searching their bytes, not by parsing: a parser
// would cost the client more than a command costs the server. That suffices
// because the server writes EPP as the default namespace and the prefixes of
// the RFCs, always (rule E7), and because everything searched for includes its
// tags.

// expectation is what an answer must say.
type expectation struct {
	codes  []string // any of these; none for a greeting
	clTRID string   // echoed exactly; "" for a greeting
	parts  []string // each somewhere in the answer, in this order
}

// check returns nil if the answer is as expected, otherwise an error that says
// what is missing.
func (e *expectation) check(answer []byte) error {
	if !bytes.Contains(answer, []byte("</epp>")) {
		return fmt.Errorf("no EPP answer: %s", excerpt(answer))
	}
	if len(e.codes) > 0 && !hasCode(answer, e.codes) {
		return fmt.Errorf("expected code %v: %s", e.codes, excerpt(answer))
	}
	if e.clTRID != "" {
		got, ok := between(answer, "<clTRID>", "</clTRID>")
		if !ok || string(got) != e.clTRID {
			return fmt.Errorf("expected clTRID %s, got %q", e.clTRID, got)
		}
		sv, ok := between(answer, "<svTRID>", "</svTRID>")
		if !ok || len(sv) == 0 {
			return fmt.Errorf("no svTRID: %s", excerpt(answer))
		}
	}
	rest := answer
	for _, part := range e.parts {
		i := bytes.Index(rest, []byte(part))
		if i < 0 {
			return fmt.Errorf("expected %s: %s", part, excerpt(answer))
		}
		rest = rest[i+len(part):]
	}
	return nil
}

// hasCode reports whether the answer has exactly one result, with one of these
// codes.
func hasCode(answer []byte, codes []string) bool {
	const start = `<result code="`
	i := bytes.Index(answer, []byte(start))
	if i < 0 {
		return false
	}
	rest := answer[i+len(start):]
	if bytes.Contains(rest, []byte(start)) {
		return false
	}
	for _, c := range codes {
		if bytes.HasPrefix(rest, []byte(c+`"`)) {
			return true
		}
	}
	return false
}

// between returns what stands between two texts, the first time.
func between(b []byte, before, after string) ([]byte, bool) {
	i := bytes.Index(b, []byte(before))
	if i < 0 {
		return nil, false
	}
	b = b[i+len(before):]
	j := bytes.Index(b, []byte(after))
	if j < 0 {
		return nil, false
	}
	return b[:j], true
}

// excerpt makes an answer fit into an error.
func excerpt(answer []byte) string {
	const most = 1500
	if len(answer) > most {
		answer = answer[:most]
	}
	return string(answer)
}
