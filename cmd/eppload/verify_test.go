package main

import (
	"strings"
	"testing"
)

const renewAnswer = `<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response>` +
	`<result code="1000"><msg>Command completed successfully</msg></result><resData>` +
	`<domain:renData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:name>a.co.uk</domain:name>` +
	`<domain:exDate>2028-03-20T00:00:00Z</domain:exDate></domain:renData></resData>` +
	`<trID><clTRID>L1</clTRID><svTRID>NK-1</svTRID></trID></response></epp>`

func TestVerification(t *testing.T) {
	want := expectation{codes: []string{"1000"}, clTRID: "L1",
		parts: []string{"<domain:renData", "<domain:name>a.co.uk</domain:name>", "<domain:exDate>2028-03-20"}}
	for _, test := range []struct{ name, old, new, says string }{
		{"as expected", "", "", ""},
		{"another code", `code="1000"`, `code="2400"`, "expected code"},
		{"a code that begins alike", `code="1000"`, `code="10000"`, "expected code"},
		{"two results", `</result>`, `</result><result code="1000"><msg>x</msg></result>`, "expected code"},
		{"another clTRID", "<clTRID>L1<", "<clTRID>L2<", "expected clTRID L1"},
		{"a clTRID that begins alike", "<clTRID>L1<", "<clTRID>L12<", "expected clTRID L1"},
		{"no clTRID", "<clTRID>L1</clTRID>", "", "expected clTRID L1"},
		{"no svTRID", "<svTRID>NK-1</svTRID>", "", "no svTRID"},
		{"an empty svTRID", "<svTRID>NK-1<", "<svTRID><", "no svTRID"},
		{"another name", "a.co.uk", "b.co.uk", "a.co.uk"},
		{"a longer name", ">a.co.uk", ">aa.co.uk", "a.co.uk"},
		{"the old expiry", "2028-03-20", "2027-03-20", "2028-03-20"},
		{"cut short", "</epp>", "", "no EPP answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := renewAnswer
			if test.old != "" {
				answer = strings.Replace(answer, test.old, test.new, 1)
				if answer == renewAnswer {
					t.Fatal("nothing was replaced")
				}
			}
			err := want.check([]byte(answer))
			switch {
			case test.says == "" && err != nil:
				t.Error(err)
			case test.says != "" && (err == nil || !strings.Contains(err.Error(), test.says)):
				t.Errorf("expected %q, got %v", test.says, err)
			}
		})
	}
}
