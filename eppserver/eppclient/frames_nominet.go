package eppclient

// extra returns a command of a uk namespace: <verb><prefix:element …>.
func extra(clTRID, verb, prefix, schema, element string, attrs []string, content func(f *builder)) []byte {
	f := command()
	f.open(verb)
	tag := prefix + ":" + element
	attrs = append([]string{"xmlns:" + prefix, nsNominet + schema}, attrs...)
	if content == nil {
		f.empty(tag, attrs...)
	} else {
		f.open(tag, attrs...)
		content(f)
		f.close(tag)
	}
	f.close(verb)
	return f.end(clTRID)
}

// Release returns a std-release of a domain to another tag.
func Release(clTRID, domain, tag string) []byte {
	return extra(clTRID, "update", "release", "std-release-1.0", "release", nil, func(f *builder) {
		f.text("release:domainName", domain)
		f.text("release:registrarTag", tag)
	})
}

// ReleaseRegistrant returns a std-release of all domains of a registrant.
func ReleaseRegistrant(clTRID, registrant, tag string) []byte {
	return extra(clTRID, "update", "release", "std-release-1.0", "release", nil, func(f *builder) {
		f.text("release:registrant", registrant)
		f.text("release:registrarTag", tag)
	})
}

// HandshakeAccept returns a std-handshake accept; registrant "" is left out.
func HandshakeAccept(clTRID, caseID, registrant string) []byte {
	return extra(clTRID, "update", "handshake", "std-handshake-1.0", "accept", nil, func(f *builder) {
		f.text("handshake:caseId", caseID)
		f.given("handshake:registrant", registrant)
	})
}

// HandshakeReject returns a std-handshake reject.
func HandshakeReject(clTRID, caseID string) []byte {
	return extra(clTRID, "update", "handshake", "std-handshake-1.0", "reject", nil, func(f *builder) {
		f.text("handshake:caseId", caseID)
	})
}

// ListExpiry returns a std-list of the names that expire in a month (2027-03).
func ListExpiry(clTRID, month string) []byte { return list(clTRID, "list:expiry", month) }

// ListMonth returns a std-list of the names registered in a month (2027-03).
func ListMonth(clTRID, month string) []byte { return list(clTRID, "list:month", month) }

func list(clTRID, tag, month string) []byte {
	return extra(clTRID, "info", "list", "std-list-1.0", "list", nil, func(f *builder) { f.text(tag, month) })
}

// Unrenew returns a std-unrenew of names.
func Unrenew(clTRID string, domains ...string) []byte {
	return extra(clTRID, "update", "unrenew", "std-unrenew-1.0", "unrenew", nil, func(f *builder) {
		f.texts("unrenew:domainName", domains)
	})
}

// Fork returns a std-fork: the domains get a copy of the contact, called
// newID. Both identifiers may be "".
func Fork(clTRID, contactID, newID string, domains ...string) []byte {
	return extra(clTRID, "update", "fork", "std-fork-1.0", "fork", nil, func(f *builder) {
		f.given("fork:contactId", contactID)
		f.given("fork:newContactId", newID)
		f.texts("fork:domainName", domains)
	})
}

// LockOptions say what a std-locks command is about: Domain or Contact, and
// the Type of lock (investigation, opt-out …).
type LockOptions struct {
	Domain, Contact string
	Type            string
}

// Lock returns a std-locks lock.
func Lock(clTRID string, o LockOptions) []byte { return lock(clTRID, "lock", o) }

// Unlock returns a std-locks unlock.
func Unlock(clTRID string, o LockOptions) []byte { return lock(clTRID, "unlock", o) }

func lock(clTRID, element string, o LockOptions) []byte {
	object := "domain"
	if o.Domain == "" {
		object = "contact"
	}
	return extra(clTRID, "update", "locks", "std-locks-1.0", element, []string{"object", object, "type", o.Type}, func(f *builder) {
		if o.Domain != "" {
			f.text("locks:domainName", o.Domain)
		} else {
			f.text("locks:contactId", o.Contact)
		}
	})
}

// ContactRename returns a std-contact-id update.
func ContactRename(clTRID, id, newID string) []byte {
	return extra(clTRID, "update", "contact-id", "std-contact-id-1.0", "update", nil, func(f *builder) {
		f.text("contact-id:id", id)
		f.open("contact-id:chg")
		f.text("contact-id:id", newID)
		f.close("contact-id:chg")
	})
}

// TagList returns a nom-tag list.
func TagList(clTRID string) []byte {
	return extra(clTRID, "info", "tag", "nom-tag-1.0", "list", nil, nil)
}
