package notify

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"strings"

	"golang.org/x/net/idna"
)

// Identity is the registry as its messages name it.
type Identity struct {
	Name    string   // Namekeep Registry
	URL     string   // of the registry's pages, https://registry.example; personal links lie below it
	Email   string   // where people write to; replies go there
	Phone   string   // "" for none
	Address []string // postal, for letters: lines
	// Payment is how a registrant pays a pro forma: lines such as "IBAN: …".
	Payment []string
}

// Check reports what is missing or malformed.
func (i Identity) Check() error {
	var faults []error
	if strings.TrimSpace(i.Name) == "" {
		faults = append(faults, errors.New("the registry's name is missing"))
	}
	u, err := url.Parse(i.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		faults = append(faults, fmt.Errorf("%q is not the address of the registry's pages", i.URL))
	}
	faults = append(faults, CheckAddress(i.Email))
	for _, line := range append(append([]string{i.Name, i.Phone}, i.Address...), i.Payment...) {
		if strings.ContainsAny(line, "\r\n") {
			faults = append(faults, fmt.Errorf("%q goes over more than one line", line))
		}
	}
	return errors.Join(faults...)
}

// CheckAddress accepts a bare e-mail address, local@domain, whose domain has a
// dot and can be looked up.
func CheckAddress(text string) error {
	a, err := mail.ParseAddress(text)
	if err != nil || a.Address != text || a.Name != "" {
		return fmt.Errorf("%q is not an e-mail address", text)
	}
	domain := text[strings.LastIndexByte(text, '@')+1:]
	_, err = idna.Lookup.ToASCII(domain)
	if err != nil || !strings.Contains(domain, ".") || strings.ContainsAny(text, "\r\n\x00") {
		return fmt.Errorf("%q is not an e-mail address with a domain", text)
	}
	return nil
}

// link is the address of a page of the registry.
func (i Identity) link(path string) string {
	return strings.TrimSuffix(i.URL, "/") + "/" + strings.TrimPrefix(path, "/")
}

// unsubscribe is the address that ends a subscription.
func (i Identity) unsubscribe(token string) string {
	return i.link(UnsubscribePath + url.PathEscape(token))
}
