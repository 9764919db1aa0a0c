package rdap

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// What answers may look like, member by member: RFC 9083 with RFC 9537 and RFC
// 7095. A member that is not listed is a fault, as is a wrong type or value.

type check func(c *checker, at string, v any)

type member struct {
	check    check
	required bool
}

type shape map[string]member

// checker collects faults.
type checker struct{ faults []string }

func (c *checker) add(at, format string, args ...any) {
	c.faults = append(c.faults, at+": "+fmt.Sprintf(format, args...))
}

func (c *checker) object(at string, v any, s shape) {
	o, ok := v.(map[string]any)
	if !ok {
		c.add(at, "is no object")
		return
	}
	for name, m := range s {
		if _, have := o[name]; m.required && !have {
			c.add(at, "%s is missing", name)
		}
	}
	for name, value := range o {
		m, known := s[name]
		if !known {
			c.add(at, "%s is not a member of RFC 9083", name)
			continue
		}
		m.check(c, at+"."+name, value)
	}
}

func like(s func() shape) check { return func(c *checker, at string, v any) { c.object(at, v, s()) } }

func listOf(one check) check {
	return func(c *checker, at string, v any) {
		list, ok := v.([]any)
		if !ok || len(list) == 0 {
			c.add(at, "is no array, or an empty one")
			return
		}
		for i, e := range list {
			one(c, fmt.Sprintf("%s[%d]", at, i), e)
		}
	}
}

func text(ok func(string) bool) check {
	return func(c *checker, at string, v any) {
		s, is := v.(string)
		if !is || s == "" || !ok(s) {
			c.add(at, "%v is not what belongs there", v)
		}
	}
}

func words(list ...string) check {
	return text(func(s string) bool { return slices.Contains(list, s) })
}

func number(least, most float64) check {
	return func(c *checker, at string, v any) {
		n, ok := v.(float64)
		if !ok || n != float64(int64(n)) || n < least || n > most {
			c.add(at, "%v is not a number from %v to %v", v, least, most)
		}
	}
}

func boolean(c *checker, at string, v any) {
	if _, ok := v.(bool); !ok {
		c.add(at, "%v is not true or false", v)
	}
}

var (
	anyText   = text(func(string) bool { return true })
	ldh       = text(regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]+$`).MatchString)
	inUnicode = text(func(s string) bool { return strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) })
	handle    = text(regexp.MustCompile(`^[A-Z0-9_-]+$`).MatchString)
	rfc3339   = text(func(s string) bool { _, err := time.Parse(time.RFC3339, s); return err == nil })
	web       = text(func(s string) bool { u, err := url.Parse(s); return err == nil && u.IsAbs() })
	ipv4      = text(func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is4() })
	ipv6      = text(func(s string) bool { a, err := netip.ParseAddr(s); return err == nil && a.Is6() })
	hexes     = text(regexp.MustCompile(`^([0-9A-F]{2})+$`).MatchString)
	// status has the values of the IANA registry that RFC 9083 and RFC 8056 put there.
	status = words("active", "inactive", "associated", "client hold", "server hold", "pending create", "pending delete",
		"pending renew", "pending restore", "pending transfer", "pending update", "add period", "auto renew period",
		"renew period", "transfer period", "redemption period", "client delete prohibited", "client renew prohibited",
		"client transfer prohibited", "client update prohibited", "server delete prohibited", "server renew prohibited",
		"server transfer prohibited", "server update prohibited")
	jsonPath = text(regexp.MustCompile(`^\$(\.[a-zA-Z]+|\[\d+\]|\[\?\(@(\.[a-z]+)?(\[\d\])?(\.[a-z]+)?=='[a-z]+'\)\])+$`).MatchString)
)

func linkShape() shape {
	return shape{"value": {web, true}, "href": {web, true}, "type": {anyText, false},
		"rel": {words("self", "about", "glossary", "help", "terms-of-service"), true}}
}

func noticeShape() shape {
	return shape{"title": {anyText, true}, "type": {words("result set truncated due to excessive load", "object truncated due to authorization"), false},
		"description": {listOf(anyText), true}, "links": {listOf(like(linkShape)), false}}
}

func eventShape() shape {
	return shape{"eventAction": {words("registration", "expiration", "last changed", "transfer", "last update of RDAP database"), true},
		"eventDate": {rfc3339, true}}
}

func redactedShape() shape {
	return shape{"name": {like(func() shape { return shape{"type": {anyText, false}, "description": {anyText, false}} }), true},
		"prePath": {jsonPath, false}, "postPath": {jsonPath, false}, "pathLang": {words("jsonpath"), true},
		"method": {words("removal", "emptyValue"), true},
		"reason": {like(func() shape { return shape{"description": {anyText, true}} }), true}}
}

// topShape is what the top of an answer has beside its object.
func topShape(more shape) shape {
	s := shape{
		"rdapConformance": {listOf(words("rdap_level_0", "redacted", "icann_rdap_response_profile_1", "icann_rdap_technical_implementation_guide_1")), true},
		"notices":         {listOf(like(noticeShape)), false}, "redacted": {listOf(like(redactedShape)), false},
	}
	for k, v := range more {
		s[k] = v
	}
	return s
}

func domainShape() shape {
	return shape{"objectClassName": {words("domain"), true}, "handle": {handle, true}, "ldhName": {ldh, true}, "unicodeName": {inUnicode, false},
		"status": {listOf(status), true}, "entities": {listOf(like(entityShape)), true}, "events": {listOf(like(eventShape)), true},
		"links": {listOf(like(linkShape)), true}, "nameservers": {listOf(like(delegationShape)), false}, "remarks": {listOf(like(noticeShape)), false},
		"secureDNS": {like(func() shape {
			return shape{"delegationSigned": {boolean, true}, "dsData": {listOf(like(dsShape)), false}, "keyData": {listOf(like(keyShape)), false}}
		}), true}}
}

func dsShape() shape {
	return shape{"keyTag": {number(0, 65535), true}, "algorithm": {number(0, 255), true}, "digestType": {number(1, 255), true}, "digest": {hexes, true}}
}

func keyShape() shape {
	return shape{"flags": {number(0, 65535), true}, "protocol": {number(3, 3), true}, "algorithm": {number(0, 255), true}, "publicKey": {anyText, true}}
}

func delegationShape() shape {
	return shape{"objectClassName": {words("nameserver"), true}, "handle": {handle, true}, "ldhName": {ldh, true}, "unicodeName": {inUnicode, false},
		"ipAddresses": {like(func() shape { return shape{"v4": {listOf(ipv4), false}, "v6": {listOf(ipv6), false}} }), false},
		"links":       {listOf(like(linkShape)), true}}
}

func hostShape() shape {
	s := delegationShape()
	s["status"], s["entities"], s["events"] = member{listOf(status), true}, member{listOf(like(entityShape)), true}, member{listOf(like(eventShape)), true}
	return s
}

func entityShape() shape {
	return shape{"objectClassName": {words("entity"), true}, "handle": {handle, false}, "vcardArray": {vCard, true},
		"roles":     {listOf(words("registrant", "administrative", "technical", "registrar", "abuse")), false},
		"publicIds": {listOf(like(func() shape { return shape{"type": {anyText, true}, "identifier": {anyText, true}} })), false},
		"entities":  {listOf(like(entityShape)), false}, "links": {listOf(like(linkShape)), false}, "events": {listOf(like(eventShape)), false}}
}

func faultShape() shape {
	return shape{"errorCode": {number(400, 599), true}, "title": {anyText, true}, "description": {listOf(anyText), true}}
}

// vCard checks a jCard (RFC 7095).
func vCard(c *checker, at string, v any) {
	card, ok := v.([]any)
	if !ok || len(card) != 2 || card[0] != "vcard" {
		c.add(at, "is no jCard")
		return
	}
	list, _ := card[1].([]any)
	seen := map[string]int{}
	for i, p := range list {
		at := fmt.Sprintf("%s[1][%d]", at, i)
		f, ok := p.([]any)
		if !ok || len(f) != 4 {
			c.add(at, "is no property of four parts")
			continue
		}
		name, _ := f[0].(string)
		params, isMap := f[1].(map[string]any)
		kind, _ := f[2].(string)
		seen[name]++
		if !isMap || !slices.Contains([]string{"text", "uri"}, kind) {
			c.add(at, "%v: parameters or type", f)
		}
		switch value := f[3].(type) {
		case string:
			if value == "" && name != "fn" || name == "tel" && !regexp.MustCompile(`^tel:\+\d+-\d+(;ext=\d+)?$`).MatchString(value) {
				c.add(at, "%s: %q", name, value)
			}
		case []any:
			if name != "adr" || len(value) != 7 {
				c.add(at, "%s: %v", name, value)
			}
		default:
			c.add(at, "%s: %v", name, value)
		}
		if cc, have := params["cc"]; have && (name != "adr" || len(cc.(string)) != 2) {
			c.add(at, "cc: %v", cc)
		}
		if !slices.Contains([]string{"version", "fn", "kind", "org", "adr", "tel", "email", "url", "nickname"}, name) {
			c.add(at, "%s is not expected", name)
		}
	}
	if len(list) == 0 || seen["version"] != 1 || seen["fn"] != 1 || list[0].([]any)[0] != "version" {
		c.add(at, "version comes first and once, fn once: %v", list)
	}
}

// checkShape holds an answer to RFC 9083 and returns it.
func checkShape(t testing.TB, code int, body []byte) map[string]any {
	t.Helper()
	var v map[string]any
	err := json.Unmarshal(body, &v)
	if err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	c := &checker{}
	switch class, _ := v["objectClassName"].(string); {
	case code >= 400:
		c.object("$", v, topShape(faultShape()))
		if v["errorCode"] != float64(code) {
			c.add("$.errorCode", "%v, but the answer's status is %d", v["errorCode"], code)
		}
	case class == "domain":
		c.object("$", v, topShape(domainShape()))
	case class == "nameserver":
		c.object("$", v, topShape(hostShape()))
	case class == "entity":
		c.object("$", v, topShape(entityShape()))
	case v["domainSearchResults"] != nil:
		c.object("$", v, topShape(shape{"domainSearchResults": {listOf(like(domainShape)), true}}))
	case v["nameserverSearchResults"] != nil:
		c.object("$", v, topShape(shape{"nameserverSearchResults": {listOf(like(hostShape)), true}}))
	case v["entitySearchResults"] != nil:
		c.object("$", v, topShape(shape{"entitySearchResults": {listOf(like(entityShape)), true}}))
	default: // help
		c.object("$", v, topShape(nil))
	}
	c.redactions(v)
	for _, f := range c.faults {
		t.Errorf("%s\n%s", f, body)
	}
	return v
}

// redactions checks that RFC 9537 is announced where it is used, and that each
// entry has the path that its method demands.
func (c *checker) redactions(v map[string]any) {
	list, _ := v["redacted"].([]any)
	said, _ := v["rdapConformance"].([]any)
	if slices.Contains(said, any("redacted")) != (len(list) > 0) {
		c.add("$.rdapConformance", "%v, with %d redactions", said, len(list))
	}
	for _, e := range list {
		r := e.(map[string]any)
		path := map[any]string{"removal": "prePath", "emptyValue": "postPath"}[r["method"]]
		if r[path] == nil {
			c.add("$.redacted", "%v has no %s", r, path)
		}
	}
}

// The checker sees what is wrong.
func TestCheckerFindsFaults(t *testing.T) {
	for _, bad := range []string{
		`{"objectClassName": "domain"}`,
		`{"rdapConformance": ["rdap_level_0"], "x": 1}`,
		`{"rdapConformance": ["redacted"]}`,
		`{"rdapConformance": []}`,
		`{"rdapConformance": ["rdap_level_0"], "objectClassName": "entity", "vcardArray": ["vcard", [["fn", {}, "text", "x"]]]}`,
		`{"rdapConformance": ["rdap_level_0"], "notices": [{"title": "x", "description": "x"}]}`,
	} {
		c := &checker{}
		var v map[string]any
		err := json.Unmarshal([]byte(bad), &v)
		if err != nil {
			t.Fatal(err)
		}
		switch v["objectClassName"] {
		case "domain":
			c.object("$", v, topShape(domainShape()))
		case "entity":
			c.object("$", v, topShape(entityShape()))
		default:
			c.object("$", v, topShape(nil))
		}
		c.redactions(v)
		if len(c.faults) == 0 {
			t.Errorf("%s is taken for right", bad)
		}
	}
}
