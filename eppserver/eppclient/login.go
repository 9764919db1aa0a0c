package eppclient

import (
	"fmt"
	"html"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// NSLoginSec is the namespace of RFC 8807.
const NSLoginSec = "urn:ietf:params:xml:ns:epp:loginSec-1.0"

// maxPassword is the longest password RFC 5730 allows in the login itself.
const maxPassword = 16

// loginSecPassword stands in for a password that travels in the RFC 8807
// extension.
const loginSecPassword = "[LOGIN-SECURITY]"

// LoginOptions are what a login may say besides tag and password.
type LoginOptions struct {
	// NewPassword, if not "", replaces the password.
	NewPassword string
	// ObjectURIs and ExtensionURIs are the services; nil means those of the
	// greeting, an empty list none.
	ObjectURIs, ExtensionURIs []string
	// Version and Lang default to 1.0 and en.
	Version, Lang string
	// UserAgent is sent where the server knows RFC 8807, if not "".
	UserAgent string
	// ClTRID is the client's transaction identifier; "" sends none.
	ClTRID string
}

// ResultError is an answer that refuses a command.
type ResultError struct {
	// Code is the result code of RFC 5730 section 3, 0 if there is none.
	Code int
	// Message is the text of the result.
	Message string
	// Answer is the whole frame.
	Answer []byte
}

func (e *ResultError) Error() string {
	return fmt.Sprintf("eppclient: refused with %d: %s", e.Code, e.Message)
}

// Login logs in and returns the answer. Passwords beyond 16 characters travel
// as RFC 8807 has it, if the server announces it. A refusal is a *ResultError
// beside the answer.
func (c *Client) Login(tag, password string, opts LoginOptions) ([]byte, error) {
	answer, err := c.Do(Login(c.greeting, tag, password, opts))
	if err != nil {
		return nil, err
	}
	return answer, Refusal(answer)
}

// Logout ends the session, reads the answer and closes the connection.
func (c *Client) Logout(clTRID string) ([]byte, error) {
	answer, err := c.Do(Logout(clTRID))
	if err != nil {
		return nil, err
	}
	return answer, c.Close()
}

// Login returns a login command for the services the greeting announces.
func Login(greeting []byte, tag, password string, opts LoginOptions) []byte {
	objects, extensions := opts.ObjectURIs, opts.ExtensionURIs
	if objects == nil {
		objects = uris(greeting, objectURI)
	}
	if extensions == nil {
		extensions = uris(greeting, extensionURI)
	}
	security := slices.Contains(extensions, NSLoginSec)
	longPW := security && len(password) > maxPassword
	longNew := security && len(opts.NewPassword) > maxPassword

	f := command()
	f.open("login")
	f.text("clID", tag)
	f.text("pw", standIn(password, longPW))
	if opts.NewPassword != "" {
		f.text("newPW", standIn(opts.NewPassword, longNew))
	}
	f.open("options")
	f.text("version", orElse(opts.Version, "1.0"))
	f.text("lang", orElse(opts.Lang, "en"))
	f.close("options")
	f.open("svcs")
	f.texts("objURI", objects)
	if len(extensions) > 0 {
		f.open("svcExtension")
		f.texts("extURI", extensions)
		f.close("svcExtension")
	}
	f.close("svcs")
	f.close("login")
	if security && (longPW || longNew || opts.UserAgent != "") {
		f.extension(func() {
			f.open("loginSec:loginSec", "xmlns:loginSec", NSLoginSec)
			if opts.UserAgent != "" {
				f.open("loginSec:userAgent")
				f.text("loginSec:app", opts.UserAgent)
				f.text("loginSec:tech", runtime.Version())
				f.text("loginSec:os", runtime.GOOS+" "+runtime.GOARCH)
				f.close("loginSec:userAgent")
			}
			if longPW {
				f.text("loginSec:pw", password)
			}
			if longNew {
				f.text("loginSec:newPW", opts.NewPassword)
			}
			f.close("loginSec:loginSec")
		})
	}
	return f.end(opts.ClTRID)
}

func standIn(password string, long bool) string {
	if long {
		return loginSecPassword
	}
	return password
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// The few things the client must know of an answer are found by pattern: it
// has no XML parser, and what it finds decides nothing but what it sends.
var (
	comment      = regexp.MustCompile(`(?s)<!--.*?-->`)
	objectURI    = regexp.MustCompile(`<(?:[\w.-]+:)?objURI(?:\s[^>]*)?>([^<]*)</`)
	extensionURI = regexp.MustCompile(`<(?:[\w.-]+:)?extURI(?:\s[^>]*)?>([^<]*)</`)
	result       = regexp.MustCompile(`<(?:[\w.-]+:)?result\s[^>]*?\bcode\s*=\s*["'](\d{4})["']`)
	message      = regexp.MustCompile(`<(?:[\w.-]+:)?msg(?:\s[^>]*)?>([^<]*)</`)
)

// uris returns the texts of an element of the greeting, in order, never nil.
func uris(greeting []byte, element *regexp.Regexp) []string {
	list := []string{}
	for _, m := range element.FindAllSubmatch(comment.ReplaceAll(greeting, nil), -1) {
		list = append(list, strings.TrimSpace(html.UnescapeString(string(m[1]))))
	}
	return list
}

// Services returns the object and extension URIs a greeting announces.
func Services(greeting []byte) (objects, extensions []string) {
	return uris(greeting, objectURI), uris(greeting, extensionURI)
}

// ResultCode returns the code of the first result of an answer, 0 if it has
// none (a greeting).
func ResultCode(answer []byte) int {
	m := result.FindSubmatch(answer)
	if m == nil {
		return 0
	}
	code, err := strconv.Atoi(string(m[1]))
	if err != nil {
		return 0
	}
	return code
}

// Refusal returns a *ResultError if the answer is no success (code 1xxx),
// otherwise nil.
func Refusal(answer []byte) error {
	code := ResultCode(answer)
	if code >= 1000 && code < 2000 {
		return nil
	}
	e := &ResultError{Code: code, Answer: answer}
	if m := message.FindSubmatch(answer); m != nil {
		e.Message = strings.TrimSpace(html.UnescapeString(string(m[1])))
	}
	return e
}
