package pages

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/namekeep/namekeep/notify"
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/registry/ratelimit"
)

// Config is what the pages need.
type Config struct {
	Registry *registry.Registry
	Identity notify.Identity // its URL says where the pages lie
	Theme    Theme
	Log      *slog.Logger
}

// Pages serves the pages below the path of Identity.URL.
type Pages struct {
	reg *registry.Registry
	by  notify.Identity
	log *slog.Logger

	base      string // path of the pages, ends with /
	secure    bool   // they are reached over https
	templates map[string]*template.Template
	style     []byte
	styleURL  string
	mux       *http.ServeMux
	forms     *ratelimit.Limiter
}

// formsPerMinute of one network are taken: more would only wait for each other
// in the database, and commands of registrars behind them.
const formsPerMinute = 120

//go:embed templates style.css
var files embed.FS

// New prepares the pages. A template that is broken is found here.
func New(cfg Config) (*Pages, error) {
	u, err := url.Parse(cfg.Identity.URL)
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	err = cfg.Theme.Check()
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	p := &Pages{reg: cfg.Registry, by: cfg.Identity, log: cfg.Log,
		base: strings.TrimSuffix(u.Path, "/") + "/", secure: u.Scheme == "https", mux: http.NewServeMux(), forms: ratelimit.New(formsPerMinute)}
	err = p.loadStyle(cfg.Theme)
	if err == nil {
		err = p.loadTemplates()
	}
	if err != nil {
		return nil, fmt.Errorf("pages: %w", err)
	}
	p.mount()
	return p, nil
}

// mount lists every address.
func (p *Pages) mount() {
	p.handle("GET", "{$}", p.index)
	p.handle("GET", "renewal/{token}", p.showRenewal)
	p.handle("POST", "renewal/{token}", p.sendRenewal)
	p.handle("GET", "confirm/{$}", p.askCode)
	p.handle("POST", "confirm/{$}", p.checkCode)
	p.handle("POST", "confirm/decide", p.decideCode)
	p.handle("GET", "registrar/{$}", p.showSales)
	p.handle("POST", "registrar/act", p.actSales)
	p.handle("POST", "registrar/sign-in", p.askSignInLink)
	p.handle("GET", "registrar/sign-in/{token}", p.showSignIn)
	p.handle("POST", "registrar/sign-in/{token}", p.signIn)
	p.handle("POST", "registrar/sign-out", p.signOut)
	p.handle("GET", "unsubscribe/{token}", p.askUnsubscribe)
	p.handle("POST", "unsubscribe/{token}", p.unsubscribe)
	p.handle("GET", "change/{token}", p.showChange)
	p.handle("POST", "change/{token}", p.answerChange)
	p.handle("GET", "verify/{token}", p.showVerify)
	p.handle("POST", "verify/{token}", p.verify)
	p.handle("GET", "style.css", p.serveStyle)
	p.handle("GET", "robots.txt", p.serveRobots)
	p.mux.HandleFunc("/", p.notFound)
}

// handle mounts a page. GET answers HEAD too.
func (p *Pages) handle(method, pattern string, fn http.HandlerFunc) {
	p.mux.HandleFunc(method+" "+p.base+pattern, fn)
}

// pagePolicy lets a page have our stylesheet and send its forms to us, nothing
// else.
const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// pageTime limits the making of one page.
const pageTime = 25 * time.Second

// ServeHTTP implements http.Handler.
func (p *Pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", pagePolicy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Robots-Tag", "noindex")
	ctx, cancel := context.WithTimeout(r.Context(), pageTime)
	defer cancel()
	limited := r.WithContext(ctx)
	defer func() { r.Pattern = limited.Pattern }() // for the log: what matched, without the token
	p.mux.ServeHTTP(w, limited)
}

// loadStyle puts the registry's colours into the stylesheet.
func (p *Pages) loadStyle(t Theme) error {
	text, err := files.ReadFile("style.css")
	if err != nil {
		return err
	}
	p.style = []byte(strings.NewReplacer("/*accent*/", t.Accent, "/*accent-dark*/", t.AccentDark).Replace(string(text)))
	sum := sha256.Sum256(p.style)
	p.styleURL = p.base + "style.css?v=" + hex.EncodeToString(sum[:6])
	return nil
}

// loadTemplates parses each page with the layout around it.
func (p *Pages) loadTemplates() error {
	layout, err := template.New("layout.html").Funcs(functions).ParseFS(files, "templates/layout.html")
	if err != nil {
		return err
	}
	list, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return err
	}
	p.templates = map[string]*template.Template{}
	for _, file := range list {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" {
			continue
		}
		t, err := layout.Clone()
		if err == nil {
			t, err = t.ParseFS(files, file)
		}
		if err != nil {
			return err
		}
		p.templates[name] = t
	}
	return nil
}

// view is what the layout shows.
type view struct {
	By    notify.Identity
	Base  string
	Style string
	Title string
	Data  any // of the page
}

// show answers with a page. Nothing is sent before the whole of it is made.
func (p *Pages) show(w http.ResponseWriter, status int, page, title string, data any) {
	var b bytes.Buffer
	err := p.templates[page].ExecuteTemplate(&b, "layout.html", view{By: p.by, Base: p.base, Style: p.styleURL, Title: title, Data: data})
	if err != nil {
		p.log.Error("page", "page", page, "error", err)
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the client may be gone
}

// message is a page that only says something: a heading, what it means, and
// what to do next.
type message struct {
	Heading string
	Text    []string
	Link    string // below the base; "": none
	LinkTo  string // what the link says
}

func (p *Pages) say(w http.ResponseWriter, status int, m message) {
	p.show(w, status, "message", m.Heading, m)
}

func (p *Pages) index(w http.ResponseWriter, _ *http.Request) {
	p.show(w, http.StatusOK, "index", "", nil)
}

func (p *Pages) serveStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write(p.style) // the client may be gone
}

// serveRobots keeps search engines away from personal links.
func (p *Pages) serveRobots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("User-agent: *\nDisallow: /\n"))
}

func (p *Pages) notFound(w http.ResponseWriter, _ *http.Request) {
	p.say(w, http.StatusNotFound, message{Heading: "There is no such page",
		Text: []string{"The address may have been cut off. If it came in an e-mail, copy the whole link into the address bar, to its last character."}})
}
