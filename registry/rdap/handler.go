// Package rdap answers RDAP queries from the register: RFC 7480 over HTTP, RFC
// 9082 for what can be asked, RFC 9083 for the answers, RFC 8056 for statuses,
// RFC 9537 for what is withheld. A query asks the database once.
//
// Imports: registry, registry/ratelimit.
package rdap

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/ratelimit"
)

// Config is what a Handler needs to know beside the register.
type Config struct {
	// Base is the address that the handler is reached at, such as
	// https://registry.example/rdap/. Links in answers begin with it.
	Base        string
	Name        string // of the registry, for the help
	TermsURL    string // of the terms of use; "" for none
	Publication registry.Publication
	PerMinute   int  // queries of one address; 0: no limit
	Search      bool // whether searches are answered
	// Timeout limits the look-up. Default 10 s.
	Timeout time.Duration
	Log     *slog.Logger
	Metrics prometheus.Registerer // nil for none
}

// Handler answers queries. Paths are those below Base: whatever leads to it is
// stripped by the caller. The address of a client is RemoteAddr: whoever stands
// behind a proxy has it put there before.
type Handler struct {
	reg     *registry.Registry
	cfg     Config
	base    string // ends in "/"
	limit   *ratelimit.Limiter
	metrics *metrics
}

// New returns a handler of a register. It fails for a base that is no address,
// and where the metrics are registered already.
func New(reg *registry.Registry, cfg Config) (*Handler, error) {
	u, err := url.Parse(cfg.Base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("%q is not the http or https address of RDAP", cfg.Base)
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(cfg.Metrics)
	if err != nil {
		return nil, err
	}
	return &Handler{reg: reg, cfg: cfg, base: u.String(), limit: ratelimit.New(cfg.PerMinute), metrics: m}, nil
}

func (h *Handler) self(path string) link {
	return link{Value: h.base + path, Rel: "self", Href: h.base + path, Type: mediaType}
}

const mediaType = "application/rdap+json"

// maxQuery bounds path and parameters; a name in UTF-8, each octet escaped, fits
// several times.
const maxQuery = 4096

// refusal is an answer without data.
type refusal struct {
	status int
	why    string
	wait   time.Duration // 429 only
}

func (r *refusal) Error() string { return r.why }

func refuse(status int, format string, args ...any) *refusal {
	return &refusal{status: status, why: fmt.Sprintf(format, args...)}
}

// query is what a request asks for.
type query struct {
	*http.Request
	kind string // for the metrics: a closed set
	path string // below the base, as it was sent
}

// ServeHTTP answers one query.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", "*") // RFC 7480 section 5.6
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "no-store") // what is told may be withdrawn any time
	q := &query{Request: r, kind: "other"}
	answer, err := h.answer(w, q)
	status := http.StatusOK
	if err != nil {
		var no *refusal
		if !errors.As(err, &no) {
			no = h.fromRegister(q, err)
		}
		status, answer = no.status, h.fault(no)
		if no.wait > 0 {
			header.Set("Retry-After", strconv.Itoa(int(no.wait.Seconds())+1))
		}
	}
	h.metrics.queries.WithLabelValues(q.kind, strconv.Itoa(status)).Inc()
	if answer == nil {
		w.WriteHeader(http.StatusNoContent) // OPTIONS
		return
	}
	h.send(w, r, status, answer)
}

// answer carries a request out; nil without an error is an answer without a
// body.
func (h *Handler) answer(w http.ResponseWriter, q *query) (any, error) {
	ok, wait := h.limit.Allow(remote(q.Request), h.reg.Now())
	if !ok {
		no := refuse(http.StatusTooManyRequests, "Too many queries from your address.")
		no.wait = wait
		return nil, no
	}
	switch q.Method {
	case http.MethodGet, http.MethodHead:
	case http.MethodOptions:
		q.kind = "options"
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, OPTIONS")
		w.Header().Set("Access-Control-Max-Age", "86400")
		return nil, nil
	default:
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		return nil, refuse(http.StatusMethodNotAllowed, "Queries are GET or HEAD.")
	}
	if len(q.URL.EscapedPath())+len(q.URL.RawQuery) > maxQuery {
		return nil, refuse(http.StatusRequestURITooLong, "The query is too long.")
	}
	q.path = strings.TrimPrefix(q.URL.EscapedPath(), "/")
	ctx, cancel := context.WithTimeout(q.Context(), h.cfg.Timeout)
	defer cancel()
	return h.route(ctx, q)
}

// route finds what is asked for in the path (RFC 9082 section 3).
func (h *Handler) route(ctx context.Context, q *query) (any, error) {
	kind, rest, more := strings.Cut(q.path, "/")
	switch kind {
	case "domain", "nameserver", "entity":
		q.kind = kind
		text, err := segment(rest)
		if err != nil {
			return nil, err
		}
		return map[string]func(context.Context, *query, string) (any, error){
			"domain": h.lookupDomain, "nameserver": h.lookupHost, "entity": h.lookupEntity}[kind](ctx, q, text)
	case "help", "":
		if more && rest != "" {
			break
		}
		q.kind = "help"
		return h.help(), nil
	case "domains", "nameservers", "entities":
		if more {
			break
		}
		q.kind = kind
		if !h.cfg.Search {
			return nil, refuse(http.StatusNotImplemented, "This registry answers no searches.")
		}
		return h.search(ctx, q)
	case "ip", "autnum":
		return nil, refuse(http.StatusNotImplemented, "This registry has domain names, not %s.",
			map[string]string{"ip": "addresses", "autnum": "autonomous systems"}[kind])
	}
	return nil, refuse(http.StatusBadRequest, "There is no such query; %shelp tells what can be asked.", h.base)
}

// segment is the rest of a path: one segment, of printable characters.
func segment(rest string) (string, error) {
	text, err := url.PathUnescape(rest)
	if err != nil || strings.Contains(rest, "/") {
		return "", refuse(http.StatusBadRequest, "The query has one name, escaped as RFC 3986 demands.")
	}
	return text, checkText(text)
}

func (h *Handler) lookupDomain(ctx context.Context, q *query, text string) (any, error) {
	name, err := asciiName(text)
	if err != nil {
		return nil, err
	}
	d, err := h.reg.LookupDomain(ctx, name, h.cfg.Publication)
	if err != nil {
		return nil, err
	}
	out, missing := h.domain(d)
	out.object = h.top(missing)
	h.gtld(q, d, out.object)
	return out, nil
}

func (h *Handler) lookupHost(ctx context.Context, _ *query, text string) (any, error) {
	name, err := asciiName(text)
	if err != nil {
		return nil, err
	}
	n, err := h.reg.LookupHost(ctx, name)
	if err != nil {
		return nil, err
	}
	out := h.host(n)
	out.object = h.top(nil)
	return out, nil
}

func (h *Handler) lookupEntity(ctx context.Context, _ *query, text string) (any, error) {
	e, err := h.reg.LookupEntity(ctx, text, h.cfg.Publication)
	if err != nil {
		return nil, err
	}
	if e.Registrar != nil {
		out := h.registrar(*e.Registrar)
		out.Events = events(e.Now)
		out.object = h.top(nil)
		return out, nil
	}
	out, missing := h.contact(e.Contact, "$")
	out.Events = events(e.Now, "registration", e.Contact.Created, "last changed", e.Contact.Updated)
	out.object = h.top(missing)
	return out, nil
}

// asciiName is a name as it is stored; it may be given in Unicode, in any case,
// and with a dot at the end.
func asciiName(text string) (string, error) {
	if len(text) > 1 {
		text = strings.TrimSuffix(text, ".")
	}
	return registry.ToASCII(text)
}

// remote is the client's address; the zero one where there is none.
func remote(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr()
}

// fromRegister turns a refusal of the register into one of HTTP. Any other error
// is a fault of ours, whose text is for the log.
func (h *Handler) fromRegister(q *query, err error) *refusal {
	switch registry.KindOf(err) {
	case registry.KindNotFound, registry.KindPolicy:
		return refuse(http.StatusNotFound, "%s", registry.AsRefusal(err).Reason)
	case registry.KindParamSyntax:
		return refuse(http.StatusBadRequest, "%s", registry.AsRefusal(err).Reason)
	}
	if q.Context().Err() != nil {
		return refuse(499, "The client has gone.")
	}
	h.cfg.Log.Error("rdap", "object", q.kind, "error", err)
	no := refuse(http.StatusServiceUnavailable, "The registry cannot answer at the moment. Try again later.")
	no.wait = 30 * time.Second
	return no
}

// send writes an answer; HEAD gets its headers (RFC 7480 section 4.1).
func (h *Handler) send(w http.ResponseWriter, r *http.Request, status int, answer any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	err := enc.Encode(answer)
	if err != nil { // plain data always encodes
		h.cfg.Log.Error("rdap: encode", "error", err)
		status = http.StatusInternalServerError
		body.Reset()
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body.Bytes()) // fails where the client has gone
	}
}
