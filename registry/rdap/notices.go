package rdap

import (
	"net/http"

	"github.com/namekeep/namekeep/registry"
)

// top is what every answer begins with.
func (h *Handler) top(missing []redacted) *object {
	o := &object{Conformance: []string{"rdap_level_0"}, Redacted: missing}
	if len(missing) > 0 {
		o.Conformance = append(o.Conformance, "redacted")
	}
	if h.cfg.TermsURL != "" {
		o.Notices = append(o.Notices, notice{
			Title: "Terms of Use", Description: []string{"By asking you accept the terms of use of " + h.cfg.Name + "."},
			Links: []link{{Value: h.base + "help", Rel: "terms-of-service", Href: h.cfg.TermsURL, Type: "text/html"}},
		})
	}
	return o
}

// gtld adds what the gTLD RDAP response profile (ICANN, February 2024) wants at
// the top of a name, and says that the answer follows it where it can: the
// registrar needs an IANA ID and an abuse contact.
func (h *Handler) gtld(q *query, d *registry.PublicDomain, o *object) {
	asked := h.base + q.path
	o.Notices = append(o.Notices, notice{
		Title: "Status Codes", Description: []string{"For more information on domain status codes, please visit https://icann.org/epp"},
		Links: []link{{Value: asked, Rel: "glossary", Href: "https://icann.org/epp", Type: "text/html"}},
	})
	if d.Zone.Profile != registry.ProfileGTLD {
		return
	}
	o.Notices = append(o.Notices, notice{
		Title:       "RDDS Inaccuracy Complaint Form",
		Description: []string{"URL of the ICANN RDDS Inaccuracy Complaint Form: https://icann.org/wicf"},
		Links:       []link{{Value: asked, Rel: "help", Href: "https://icann.org/wicf", Type: "text/html"}},
	})
	if g := d.Registrar; g.IANAID > 0 && g.AbuseEmail != "" && g.AbusePhone != "" {
		o.Conformance = append(o.Conformance, "icann_rdap_response_profile_1", "icann_rdap_technical_implementation_guide_1")
	}
}

// help tells what can be asked (RFC 9083 section 7).
func (h *Handler) help() *object {
	o := h.top(nil)
	can := []string{
		h.base + "domain/NAME: a name, in Unicode or in its A-label form.",
		h.base + "nameserver/NAME: a name server.",
		h.base + "entity/HANDLE: a registrar, by its IANA ID or tag; a contact that may be known, by its handle.",
	}
	if h.cfg.Search {
		can = append(can,
			h.base+"domains?name=PATTERN, nsLdhName=PATTERN or nsIp=ADDRESS: names.",
			h.base+"nameservers?name=PATTERN or ip=ADDRESS: name servers.",
			h.base+"entities?fn=PATTERN or handle=PATTERN: registrars.",
			"A pattern has an asterisk after its first letters, of which it needs three: exam*, exam*.example.")
	}
	o.Notices = append(o.Notices, notice{
		Title: "RDAP of " + h.cfg.Name, Description: can, Links: []link{h.self("help")},
	})
	return o
}

// fault is the body of an answer without data.
func (h *Handler) fault(r *refusal) fault {
	title := http.StatusText(r.status)
	if title == "" {
		title = "Not answered"
	}
	return fault{object: h.top(nil), Code: r.status, Title: title, Description: []string{r.why}}
}
