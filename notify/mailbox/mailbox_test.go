package mailbox

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wneessen/go-mail"
)

// send hands a message in over SMTP.
func send(t *testing.T, address, to, subject, html string) {
	t.Helper()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port := 0
	for _, c := range address[len(host)+1:] {
		port = port*10 + int(c-'0')
	}
	c, err := mail.NewClient(host, mail.WithPort(port), mail.WithTLSPolicy(mail.NoTLS))
	if err != nil {
		t.Fatal(err)
	}
	m := mail.NewMsg()
	for _, err := range []error{m.From("noreply@registry.example"), m.To(to)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	m.Subject(subject)
	m.SetBodyString(mail.TypeTextPlain, "plain text: ü")
	m.AddAlternativeString(mail.TypeTextHTML, html)
	err = m.AttachReader("a&b.csv", strings.NewReader("name\r\na.example\r\n"), mail.WithFileContentType("text/csv"))
	if err == nil {
		err = c.DialAndSend(m)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func start(t *testing.T, dir string, limit int) (*Mailbox, string) {
	t.Helper()
	box, err := Open(Config{Dir: dir, Messages: limit, Clock: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- box.ServeSMTP(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return box, ln.Addr().String()
}

func get(t *testing.T, box *Mailbox, path, host string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://"+host+path, nil)
	w := httptest.NewRecorder()
	box.Handler().ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(body)
}

// A message can be read as a person would, with its attachments; nothing in it
// becomes part of the page.
func TestMailIsShown(t *testing.T) {
	dir := t.TempDir()
	box, address := start(t, dir, 10)
	send(t, address, "info@dommelsen.example", "Grüße <script>", "<html><head></head><body><script>alert(1)</script>Hello</body></html>")
	_, page := get(t, box, "/", "localhost:8025")
	if !strings.Contains(page, "Grüße &lt;script&gt;") || !strings.Contains(page, "info@dommelsen.example") {
		t.Errorf("list:\n%s", page)
	}
	res, page := get(t, box, "/messages/1", "127.0.0.1:8025")
	if !strings.Contains(page, "plain text: ü") || !strings.Contains(page, "a&amp;b.csv") || strings.Contains(page, "alert(1)") {
		t.Errorf("message:\n%s", page)
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script") {
		t.Errorf("policy %q", csp)
	}
	res, page = get(t, box, "/messages/1/html", "[::1]:8025")
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "sandbox") || strings.Contains(csp, "allow-scripts") ||
		strings.Contains(csp, "allow-same-origin") {
		t.Errorf("policy of the mail: %q", csp)
	}
	if !strings.Contains(page, "Hello") {
		t.Errorf("HTML part: %s", page)
	}
	res, page = get(t, box, "/messages/1/files/0", "localhost")
	if page != "name\r\na.example\r\n" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("attachment %q, %v", page, res.Header)
	}
	// A restart keeps what is there.
	again, err := Open(Config{Dir: dir, Clock: time.Now})
	if err != nil || len(again.List("")) != 1 || again.List("")[0].Subject != "Grüße <script>" || len(again.List("nobody")) != 0 {
		t.Errorf("after a restart: %v, %v", again.List(""), err)
	}
}

// The oldest go, files and all.
func TestMailboxIsBounded(t *testing.T) {
	box, address := start(t, t.TempDir(), 2)
	for _, subject := range []string{"one", "two", "three"} {
		send(t, address, "a@dommelsen.example", subject, "<p>x</p>")
	}
	list := box.List("")
	if len(list) != 2 || list[0].Subject != "three" || list[1].Subject != "two" {
		t.Errorf("list %+v", list)
	}
	if _, err := box.Raw(1); err == nil {
		t.Error("the oldest message is still there")
	}
}

// What does not exist is not found, and a name that somebody points here gets
// nothing.
func TestStrangersGetNothing(t *testing.T) {
	box, address := start(t, t.TempDir(), 2)
	send(t, address, "a@dommelsen.example", "secret", "<p>x</p>")
	for path, want := range map[string]int{
		"/messages/2": 404, "/messages/-1": 404, "/messages/x": 404, "/messages/1/files/9": 404, "/messages/1/files/-1": 404,
		"/../etc/passwd": 307, "/nothing": 404, "/messages/1": 200,
	} {
		res, _ := get(t, box, path, "localhost")
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, res.StatusCode, want)
		}
	}
	if res, page := get(t, box, "/", "evil.example:8025"); res.StatusCode != http.StatusMisdirectedRequest || strings.Contains(page, "secret") {
		t.Errorf("a stranger's name: %d %s", res.StatusCode, page)
	}
}
