package mailbox

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"strconv"
	"strings"
)

//go:embed page.html
var pageSource string

var pages = template.Must(template.New("page").Funcs(template.FuncMap{
	"size": func(n int) string {
		if n < 10_000 {
			return fmt.Sprintf("%d B", n)
		}
		return fmt.Sprintf("%d kB", n/1000)
	},
}).Parse(pageSource))

// What pages and mails may do: nothing is loaded from elsewhere, no script runs.
const (
	pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
	mailPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'self'; frame-ancestors 'self'; " +
		"sandbox allow-popups allow-popups-to-escape-sandbox"
)

// Handler is the web page of the mailbox: the list, a message as a person sees
// it, and its attachments.
func (m *Mailbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", m.serveList)
	mux.HandleFunc("GET /messages/{id}", m.message(serveMessage))
	mux.HandleFunc("GET /messages/{id}/html", m.message(serveHTML))
	mux.HandleFunc("GET /messages/{id}/raw", m.message(serveRaw))
	mux.HandleFunc("GET /messages/{id}/files/{n}", m.message(serveFile))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A stranger's page must not read the mailbox through a name of its own
		// that it points to this address.
		if !local(r.Host) {
			http.Error(w, "The mailbox answers to localhost and to addresses only.", http.StatusMisdirectedRequest)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

func local(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	return name == "localhost" || net.ParseIP(strings.Trim(name, "[]")) != nil
}

// view is what the page shows: the list, or one message.
type view struct {
	Search  string
	List    []Entry
	ID      int
	Entry   Entry
	Message *Message
	Fault   string
	Headers []string
}

func render(w http.ResponseWriter, v view) {
	var b bytes.Buffer
	err := pages.Execute(&b, v)
	if err != nil {
		http.Error(w, "The page cannot be shown.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// Whoever went away does not need it.
	_, _ = b.WriteTo(w)
}

func (m *Mailbox) serveList(w http.ResponseWriter, r *http.Request) {
	search := r.FormValue("q")
	render(w, view{Search: search, List: m.List(search)})
}

// message finds the message that a request is for.
func (m *Mailbox) message(serve func(http.ResponseWriter, *http.Request, int, []byte)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.Atoi(r.PathValue("id"))
		if err != nil || id < 1 {
			http.NotFound(w, r)
			return
		}
		raw, err := m.Raw(id)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			http.NotFound(w, r)
		case err != nil:
			http.Error(w, "The message cannot be read.", http.StatusInternalServerError)
		default:
			serve(w, r, id, raw)
		}
	}
}

// shownHeaders are those that say how a message is to be treated.
var shownHeaders = []string{"From", "Reply-To", "To", "Date", "Message-ID", "Auto-Submitted", "List-Unsubscribe",
	"List-Unsubscribe-Post", "DKIM-Signature"}

func serveMessage(w http.ResponseWriter, _ *http.Request, id int, raw []byte) {
	v := view{ID: id, Entry: entry(id, raw)}
	m, err := Parse(raw)
	if err != nil {
		v.Fault = err.Error()
	}
	if m != nil {
		v.Message = m
		for _, name := range shownHeaders {
			if value := m.Header.Get(name); value != "" {
				v.Headers = append(v.Headers, name+": "+decodeWords(value))
			}
		}
	}
	render(w, v)
}

// serveHTML shows the HTML part by itself, for the frame of the page. Links open
// a page of their own.
func serveHTML(w http.ResponseWriter, r *http.Request, _ int, raw []byte) {
	m, err := Parse(raw)
	if err != nil || m.HTML == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", mailPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	html := strings.Replace(m.HTML, "<head>", `<head><base target="_blank">`, 1)
	_, _ = w.Write([]byte(html)) // whoever went away does not need it
}

func serveRaw(w http.ResponseWriter, _ *http.Request, _ int, raw []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(raw) // whoever went away does not need it
}

// serveFile hands out an attachment for saving, never for showing: what it says
// that it is may be wrong.
func serveFile(w http.ResponseWriter, r *http.Request, _ int, raw []byte) {
	m, err := Parse(raw)
	n, numberErr := strconv.Atoi(r.PathValue("n"))
	if err != nil || numberErr != nil || n < 0 || n >= len(m.Files) {
		http.NotFound(w, r)
		return
	}
	f := m.Files[n]
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}))
	_, _ = w.Write(f.Data) // whoever went away does not need it
}
