package xml

import (
	"reflect"
	"testing"
	"time"
)

// TestParseResponse reads back what a poll answer says.
func TestParseResponse(t *testing.T) {
	r := *partsGolden["poll"]
	r.ClTRID = "ABC-1"
	r.Ext = []Payload{&WarnIgnoredField{Field: "authInfo", Text: "t"}}
	p, err := ParseResponse(r.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	rel := Node{NS: NSNotifications, Tag: "relData", Children: []Node{
		{NS: NSNotifications, Tag: "accountId", Text: "REG1"}, {NS: NSNotifications, Tag: "from", Text: "OLD"},
		{NS: NSNotifications, Tag: "registrarTag", Text: "NEW"}}}
	want := &ParsedResponse{
		Results: []ParsedResult{{Code: 1301, Msg: "Command completed successfully; ack to dequeue"}},
		MsgQ:    r.MsgQ, ResData: []Node{rel}, ClTRID: "ABC-1", SvTRID: "SV-1",
		Ext: []Node{{NS: NSWarning, Tag: "ignored-field", Attrs: []Attribute{{"field-name", "authInfo"}}, Text: "t"}},
	}
	if !reflect.DeepEqual(p, want) {
		t.Errorf("got %+v\nwant %+v", p, want)
	}
	if p.ResData[0].Child(NSNotifications, "from").Text != "OLD" || p.ResData[0].Child(NSEPP, "from") != nil || (*Node)(nil).Child("", "") != nil {
		t.Error("Child")
	}
}

// TestParseResponseValues shows the reasons of a refusal.
func TestParseResponseValues(t *testing.T) {
	p, err := ParseResponse(partsGolden["errors"].Bytes())
	if err != nil {
		t.Fatal(err)
	}
	v := p.Results[0].Values
	if len(p.Results) != 2 || len(v) != 5 || v[0].Value.Tag != "period" || v[0].Reason != "must be from 1 to 99" || v[1].Value.Children[1].NS != NSEPP {
		t.Errorf("%+v", p.Results)
	}
	g, err := ParseResponse((&Greeting{SvID: "Namekeep", SvDate: day(2026, 1, 2)}).Bytes())
	if err != nil || !g.Greeting.Child(NSEPP, "svDate").Time().Equal(day(2026, 1, 2)) {
		t.Errorf("%+v %v", g, err)
	}
	if (*Node)(nil).Time() != (time.Time{}) || (&Node{Text: "x"}).Time() != (time.Time{}) {
		t.Error("Time")
	}
}

// TestParseResponseRefuses what is no answer.
func TestParseResponseRefuses(t *testing.T) {
	const head, tail = `<epp xmlns="` + NSEPP + `"><response>`, `</response></epp>`
	const trid = `<trID><svTRID>SV-1</svTRID></trID>`
	for _, s := range []string{"", "x", "<epp/>", `<epp xmlns="` + NSEPP + `"><hello/></epp>`, head + tail, head + trid + tail,
		head + `<result code="1000"><msg>m</msg></result>` + tail, head + `<result code="9"><msg>m</msg></result>` + trid + tail,
		head + `<result code="1000"><msg>m</msg></result><msgQ count="x" id="1"/>` + trid + tail,
		head + `<result code="1000"><msg>m</msg></result>` + trid + trid + tail} {
		if p, err := ParseResponse([]byte(s)); err == nil {
			t.Errorf("%s: %+v", s, p)
		}
	}
	ok := head + `<result code="1000"><msg>m</msg><value><x/></value></result>` + trid + tail
	if p, err := ParseResponse([]byte(ok)); err != nil || p.Results[0].Values[0].Value.Tag != "x" {
		t.Errorf("%+v %v", p, err)
	}
}
