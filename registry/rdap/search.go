package rdap

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/namekeep/namekeep/registry"
)

// maxResults is the most that a search tells; what is cut off is said.
const maxResults = 50

// checkText refuses what no query has in it: control characters, and what is
// not UTF-8.
func checkText(text string) error {
	if text == "" {
		return refuse(http.StatusBadRequest, "The query names nothing.")
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return refuse(http.StatusBadRequest, "The query has characters that cannot be printed, or is not UTF-8.")
	}
	return nil
}

// parameter is the one search parameter of a request (RFC 9082 section 3.2).
// Others that RFC 9082 does not know are ignored.
func parameter(q *query, known ...string) (name, value string, err error) {
	values, err := url.ParseQuery(q.URL.RawQuery)
	if err != nil {
		return "", "", refuse(http.StatusBadRequest, "The parameters are not escaped as RFC 3986 demands.")
	}
	n := 0
	for key, list := range values {
		if slices.Contains(known, key) {
			name, value, n = key, list[0], n+len(list)
		}
	}
	if n != 1 {
		return "", "", refuse(http.StatusBadRequest, "A search has one of these parameters: %s.", strings.Join(known, ", "))
	}
	return name, value, checkText(value)
}

// search answers a search (RFC 9082 section 3.2).
func (h *Handler) search(ctx context.Context, q *query) (any, error) {
	switch q.kind {
	case "domains":
		return h.searchDomains(ctx, q)
	case "nameservers":
		return h.searchHosts(ctx, q)
	default:
		return h.searchEntities(ctx, q)
	}
}

func (h *Handler) searchDomains(ctx context.Context, q *query) (any, error) {
	by, value, err := parameter(q, "name", "nsLdhName", "nsIp")
	if err != nil {
		return nil, err
	}
	var s registry.DomainSearch
	switch by {
	case "name":
		s.Name, err = pattern(value)
	case "nsLdhName":
		s.NameServer, err = pattern(value)
	default:
		s.Address, err = address4or6(value)
	}
	if err != nil {
		return nil, err
	}
	list, err := h.reg.SearchDomains(ctx, s, maxResults+1, h.cfg.Publication)
	if err != nil {
		return nil, err
	}
	out := domainResults{}
	list, out.object, err = limited(h, list)
	if err != nil {
		return nil, err
	}
	withheld := false
	for _, d := range list {
		o, missing := h.domain(d)
		withheld = withheld || len(missing) > 0
		out.Domains = append(out.Domains, o)
	}
	if withheld {
		// Which part of which name would take a path for each: the look-up tells.
		out.Notices = append(out.Notices, notice{Title: "Search Policy", Type: "object truncated due to authorization",
			Description: []string{"Parts of contacts are withheld; the look-up of a name says which."}})
	}
	return out, nil
}

func (h *Handler) searchHosts(ctx context.Context, q *query) (any, error) {
	by, value, err := parameter(q, "name", "ip")
	if err != nil {
		return nil, err
	}
	var s registry.HostSearch
	if by == "name" {
		s.Name, err = pattern(value)
	} else {
		s.Address, err = address4or6(value)
	}
	if err != nil {
		return nil, err
	}
	list, err := h.reg.SearchHosts(ctx, s, maxResults+1)
	if err != nil {
		return nil, err
	}
	out := nameserverResults{}
	list, out.object, err = limited(h, list)
	if err != nil {
		return nil, err
	}
	for _, n := range list {
		out.Nameservers = append(out.Nameservers, h.host(n))
	}
	return out, nil
}

// searchEntities finds registrars. Contacts are not searched: who knows part of
// a person's name is told nothing more.
func (h *Handler) searchEntities(ctx context.Context, q *query) (any, error) {
	by, value, err := parameter(q, "fn", "handle")
	if err != nil {
		return nil, err
	}
	begin, whole, asterisk := strings.Cut(value, "*")
	if whole != "" {
		return nil, refuse(http.StatusBadRequest, "A pattern ends in its asterisk.")
	}
	list, err := h.reg.SearchRegistrars(ctx, registry.RegistrarSearch{ByHandle: by == "handle", Text: begin, Prefix: asterisk}, maxResults+1)
	if err != nil {
		return nil, err
	}
	out := entityResults{}
	list, out.object, err = limited(h, list)
	if err != nil {
		return nil, err
	}
	for _, g := range list {
		out.Entities = append(out.Entities, h.registrar(g))
	}
	return out, nil
}

// limited cuts a list and says so; an empty one is not found (RFC 7480 section
// 5.3).
func limited[T any](h *Handler, list []T) ([]T, *object, error) {
	if len(list) == 0 {
		return nil, nil, refuse(http.StatusNotFound, "Nothing matches.")
	}
	o := h.top(nil)
	if len(list) > maxResults {
		list = list[:maxResults]
		o.Notices = append(o.Notices, notice{Title: "Search Policy", Type: "result set truncated due to excessive load",
			Description: []string{"There is more; a search tells 50 results at most."}})
	}
	return list, o, nil
}

// leastPattern is how many letters stand before an asterisk at least: fewer
// would read half the register.
const leastPattern = 3

// pattern reads a name with at most one asterisk, at the end of a label (RFC
// 9082 section 4.1). Without one the name may be in Unicode.
func pattern(text string) (registry.NamePattern, error) {
	begin, rest, asterisk := strings.Cut(strings.ToLower(strings.TrimSuffix(text, ".")), "*")
	if !asterisk {
		name, err := registry.ToASCII(begin)
		return registry.NamePattern{Begin: name, Exact: true}, err
	}
	bad := refuse(http.StatusBadRequest, "A pattern is the first %d letters of a name or more, an asterisk, and perhaps a dot and the rest of the name, in ASCII.", leastPattern)
	for _, r := range begin + rest {
		if r != '-' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			return registry.NamePattern{}, bad
		}
	}
	if len(begin) < leastPattern || len(text) > 253 || rest != "" && !strings.HasPrefix(rest, ".") || rest == "." {
		return registry.NamePattern{}, bad
	}
	return registry.NamePattern{Begin: begin, End: rest}, nil
}

func address4or6(text string) (netip.Addr, error) {
	a, err := netip.ParseAddr(text)
	if err != nil || a.Zone() != "" {
		return a, refuse(http.StatusBadRequest, "%q is not an address.", text)
	}
	return a.Unmap(), nil
}
