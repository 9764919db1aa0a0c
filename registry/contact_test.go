package registry

import (
	"reflect"
	"slices"
	"sync"
	"testing"
)

// contactParams is a contact that every profile takes.
func contactParams(handle string) CreateContactParams {
	return CreateContactParams{ContactValues: ContactValues{
		Handle: handle, Email: "pat@example.net", Voice: "+44.1865332211", VoiceExt: "12", Type: "IND",
		Postal: []PostalValues{{Form: PostalLoc, Name: "Pat Möller", Street: []string{"1 High Street"}, City: "Oxford", PostalCode: "OX1 1AA", Country: "GB"}},
	}, Disclose: &Disclosure{Flag: false, Addr: []PostalForm{PostalLoc}, Voice: true}, OptOut: true}
}

func (r *register) contact(tag string, p CreateContactParams) *Contact {
	r.t.Helper()
	c, _, err := r.CreateContact(r.ctx, r.as(tag), p)
	must(r.t, err)
	return c
}

// gtld is the actor of a tag on a gtld listener.
func (r *register) gtld(tag string) Actor {
	a := r.as(tag)
	a.Profile = ProfileGTLD
	return a
}

func TestContactCreateThenInfo(t *testing.T) {
	r := newRegister(t)
	made := r.contact("A-ONE", contactParams("PAT-1"))
	v, err := r.InfoContact(r.ctx, r.as("A-ONE"), InfoContactParams{Handle: "PAT-1"})
	must(t, err)
	want := contactParams("PAT-1")
	if !v.Full || !reflect.DeepEqual(v.ContactValues, want.ContactValues) || !reflect.DeepEqual(v.Disclose, want.Disclose) ||
		!v.OptOut || !v.Natural || v.Sponsor != "A-ONE" || v.Creator != "A-ONE" || !v.Created.Equal(testNow) || v.ID != made.ID {
		t.Fatalf("got %+v", v.Contact)
	}
	if got := v.ShownStatuses(); !slices.Equal(got, []Status{StatusOK}) {
		t.Errorf("statuses %v", got)
	}
	// contact-nom-ext: by roid, with the repository or without.
	for _, roid := range []string{r.ContactROID(made), "C" + itoa(int(made.ID))} {
		v, err := r.InfoContact(r.ctx, r.as("A-ONE"), InfoContactParams{ROID: roid})
		must(t, err)
		if v.Handle != "PAT-1" {
			t.Errorf("%s is %s", roid, v.Handle)
		}
	}
	_, err = r.InfoContact(r.ctx, r.as("A-ONE"), InfoContactParams{ROID: r.ContactROID(made) + "X"})
	refused(t, err, KindNotFound, "")
	if got := one[string](r, `SELECT action || cltrid || svtrid FROM history WHERE object = 'contact'`); got != "createcl-A-ONEsv-A-ONE" {
		t.Errorf("history %q", got)
	}
}

func TestContactCreateRefusals(t *testing.T) {
	r := newRegister(t)
	r.contact("B-TWO", contactParams("TAKEN"))
	for name, c := range map[string]struct {
		change func(*CreateContactParams)
		kind   Kind
	}{
		"2302 another tag's id":   {func(p *CreateContactParams) { p.Handle = "TAKEN" }, KindExists},
		"2005 short id":           {func(p *CreateContactParams) { p.Handle = "X1" }, KindParamSyntax},
		"2003 no postalInfo":      {func(p *CreateContactParams) { p.Postal = nil }, KindParamMissing},
		"2004 no such country":    {func(p *CreateContactParams) { p.Postal[0].Country = "ZZ" }, KindParamRange},
		"2005 int is ASCII":       {func(p *CreateContactParams) { p.Postal[0].Form = PostalInt }, KindParamSyntax},
		"2005 e-mail":             {func(p *CreateContactParams) { p.Email = "nowhere" }, KindParamSyntax},
		"2005 voice":              {func(p *CreateContactParams) { p.Voice = "01865 332211" }, KindParamSyntax},
		"2004 no such type":       {func(p *CreateContactParams) { p.Type = "CLUB" }, KindParamRange},
		"2003 name of blanks":     {func(p *CreateContactParams) { p.Postal[0].Name = "  " }, KindParamMissing},
		"2005 control characters": {func(p *CreateContactParams) { p.Postal[0].City = "Ox\x01ford" }, KindParamSyntax},
	} {
		t.Run(name, func(t *testing.T) {
			p := contactParams("NEW-1")
			c.change(&p)
			_, _, err := r.CreateContact(r.ctx, r.as("A-ONE"), p)
			wantKind(t, err, c.kind)
		})
	}
	if n := one[int](r, `SELECT count(*)::int FROM contact WHERE handle = 'NEW-1'`); n != 0 {
		t.Error("a refused create left a contact")
	}
	weak := contactParams("NEW-1")
	weak.AuthInfo = "2fooBAR"
	_, _, err := r.CreateContact(r.ctx, r.gtld("A-ONE"), weak)
	refused(t, err, KindParamRange, "")
	_, _, err = r.CreateContact(r.ctx, staff(RoleSupport), contactParams("NEW-1"))
	refused(t, err, KindAuthorization, "")
}

// uk has one postalInfo and no authInfo: the rest is ignored and told; gtld
// takes both.
func TestContactProfilesDiffer(t *testing.T) {
	r := newRegister(t)
	both := contactParams("BOTH-1")
	both.Postal = append([]PostalValues{{Form: PostalInt, Name: "Pat Moeller", City: "Oxford", Country: "GB"}}, both.Postal...)
	both.AuthInfo = gtldAuth("")
	c, ignored, err := r.CreateContact(r.ctx, r.as("A-ONE"), both)
	must(t, err)
	if want := []Ignored{{fieldPostalInfo, "int"}, {fieldContactPW, ""}}; !slices.Equal(ignored, want) || len(c.Postal) != 1 || c.Postal[0].Form != PostalLoc {
		t.Errorf("uk ignored %v, kept %+v", ignored, c.Postal)
	}
	if n := one[int](r, `SELECT count(*)::int FROM contact WHERE auth_hash IS NOT NULL`); n != 0 {
		t.Error("uk stored an authInfo")
	}
	both.Handle = "BOTH-2"
	c, ignored, err = r.CreateContact(r.ctx, r.gtld("A-ONE"), both)
	must(t, err)
	if len(ignored) != 0 || len(c.Postal) != 2 {
		t.Errorf("gtld ignored %v, kept %+v", ignored, c.Postal)
	}
	// The authInfo is a salted hash (RFC 9154).
	if n := one[int](r, `SELECT octet_length(auth_hash) FROM contact WHERE handle = 'BOTH-2'`); n != 48 {
		t.Errorf("stored %d bytes", n)
	}
	// A contact of two forms keeps them when it is changed over a uk listener.
	name := "Pat Muller"
	after, ignored, err := r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "BOTH-2", Postal: []PostalChange{{Form: PostalInt, Name: &name}}})
	must(t, err)
	if len(after.Postal) != 2 || after.Postal[0].Name != name || len(ignored) != 0 {
		t.Errorf("after %+v, ignored %v", after.Postal, ignored)
	}
	// Of one form, uk turns it into the other; gtld adds it, if it is whole.
	street := PostalValues{Street: []string{"2 Low Road"}, City: "Oxford", Country: "GB"}
	change := UpdateContactParams{Handle: "BOTH-1", Postal: []PostalChange{{Form: PostalInt, Name: &name, Address: &street}}}
	after, _, err = r.UpdateContact(r.ctx, r.as("A-ONE"), change)
	must(t, err)
	if len(after.Postal) != 1 || after.Postal[0].Form != PostalInt || after.Postal[0].Street[0] != "2 Low Road" || after.Postal[0].PostalCode != "" {
		t.Errorf("after %+v", after.Postal)
	}
	change.Postal[0].Form, change.Postal[0].Address = PostalLoc, nil
	_, _, err = r.UpdateContact(r.ctx, r.gtld("A-ONE"), change)
	refused(t, err, KindParamMissing, "")
	change.Postal[0].Address = &street
	after, _, err = r.UpdateContact(r.ctx, r.gtld("A-ONE"), change)
	must(t, err)
	if len(after.Postal) != 2 {
		t.Errorf("after %+v", after.Postal)
	}
}

func TestContactInfoByWhoAsks(t *testing.T) {
	r := newRegister(t)
	p := contactParams("PAT-1")
	p.AuthInfo = gtldAuth("")
	_, _, err := r.CreateContact(r.ctx, r.gtld("A-ONE"), p)
	must(t, err)
	info := func(a Actor, auth AuthInfo) (ContactView, error) {
		return r.InfoContact(r.ctx, a, InfoContactParams{Handle: "PAT-1", AuthInfo: auth})
	}
	for _, a := range []Actor{r.as("B-TWO"), r.gtld("B-TWO")} {
		_, err := info(a, "")
		refused(t, err, KindAuthorization, a.code(CodeNotYours))
	}
	_, err = info(r.gtld("B-TWO"), "Other-1234567890-abcdefgh")
	refused(t, err, KindBadAuthInfo, "")
	_, err = info(r.gtld("A-ONE"), "Other-1234567890-abcdefgh")
	refused(t, err, KindBadAuthInfo, "")
	v, err := info(r.gtld("B-TWO"), gtldAuth(""))
	must(t, err)
	if !v.Full || v.Email == "" {
		t.Error("the right authInfo does not show the contact")
	}
	// In uk a contact has no authInfo: the right one opens nothing.
	_, err = info(r.as("B-TWO"), gtldAuth(""))
	refused(t, err, KindAuthorization, CodeNotYours)
	if v, err := info(staff(RoleSupport), ""); err != nil || !v.Full {
		t.Errorf("staff: %v", err)
	}
	// B34: the name went to another tag, the contact stayed.
	r.create("B-TWO", "moved.co.test")
	_, err = r.db.Pool.Exec(r.ctx, `UPDATE domain SET registrant = (SELECT id FROM contact WHERE handle = 'PAT-1')`)
	must(t, err)
	v, err = info(r.as("B-TWO"), "")
	must(t, err)
	if v.Full || v.Handle != "PAT-1" || v.Postal[0].Name != "Pat Möller" || v.Postal[0].City != "" || v.Email != "" || v.Voice != "" || v.Disclose != nil {
		t.Errorf("B34 shows %+v", v.Contact)
	}
	_, err = info(r.as("C-THREE"), "")
	refused(t, err, KindAuthorization, CodeNotYours)
	email := "new@example.net"
	_, _, err = r.UpdateContact(r.ctx, r.as("B-TWO"), UpdateContactParams{Handle: "PAT-1", Email: &email})
	refused(t, err, KindAuthorization, CodeNotYours)
}

func TestContactCheckAnswersEachID(t *testing.T) {
	r := newRegister(t)
	got, err := r.CheckContacts(r.ctx, []string{"a-owner", "b-owner", "A-OWNER", "x", "FREE-1"})
	must(t, err)
	want := []Availability{{"a-owner", false, "In use"}, {"b-owner", false, "In use"}, {"A-OWNER", true, ""}, {"x", false, "Not a valid id"}, {"FREE-1", true, ""}}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

func TestContactUpdate(t *testing.T) {
	r := newRegister(t)
	r.contact("A-ONE", contactParams("PAT-1"))
	a := r.as("A-ONE")
	update := func(p UpdateContactParams) (*Contact, error) {
		p.Handle = "PAT-1"
		c, _, err := r.UpdateContact(r.ctx, a, p)
		return c, err
	}
	email, org, ltd, none, no := "new@example.net", "Pat Ltd", "LTD", "", false
	after, err := update(UpdateContactParams{Email: &email, Voice: &Phone{}, Fax: &Phone{Number: "+1.2025550100"}, OptOut: &no,
		Disclose: &Disclosure{Flag: true, Email: true}})
	must(t, err)
	if after.Email != email || after.Voice != "" || after.VoiceExt != "" || after.Fax != "+1.2025550100" || after.OptOut || !after.Disclose.Flag || after.Updater != "A-ONE" {
		t.Errorf("after %+v", after)
	}
	v, err := r.InfoContact(r.ctx, a, InfoContactParams{Handle: "PAT-1"})
	must(t, err)
	if !reflect.DeepEqual(v.ContactValues, after.ContactValues) || !v.Updated.Equal(testNow) {
		t.Errorf("stored %+v", v.Contact)
	}
	if got := one[string](r, `SELECT changes->'email'->>0 || ' ' || (changes->'email'->>1) FROM history WHERE object = 'contact' AND action = 'update'`); got != "pat@example.net new@example.net" {
		t.Errorf("history %q", got)
	}
	t.Run("C2 a person stays a person", func(t *testing.T) {
		_, err := update(UpdateContactParams{Type: &ltd})
		refused(t, err, KindPolicy, CodeContactKind)
		_, err = update(UpdateContactParams{Type: &none, Postal: []PostalChange{{Form: PostalLoc, Org: &org}}})
		refused(t, err, KindPolicy, CodeContactKind)
		_, _, err = r.UpdateContact(r.ctx, r.gtld("A-ONE"), UpdateContactParams{Handle: "PAT-1", Type: &ltd})
		refused(t, err, KindPolicy, "")
	})
	t.Run("2003 nothing to change", func(t *testing.T) {
		_, err := update(UpdateContactParams{})
		refused(t, err, KindParamMissing, "")
	})
	t.Run("uk ignores authInfo", func(t *testing.T) {
		auth := gtldAuth("")
		_, ignored, err := r.UpdateContact(r.ctx, a, UpdateContactParams{Handle: "PAT-1", AuthInfo: &auth})
		must(t, err)
		if !slices.Equal(ignored, []Ignored{{fieldContactPW, ""}}) {
			t.Errorf("ignored %v", ignored)
		}
	})
	t.Run("2303 and 2201", func(t *testing.T) {
		_, _, err := r.UpdateContact(r.ctx, a, UpdateContactParams{Handle: "nobody", Email: &email})
		refused(t, err, KindNotFound, "")
		_, _, err = r.UpdateContact(r.ctx, r.as("B-TWO"), UpdateContactParams{Handle: "PAT-1", Email: &email})
		refused(t, err, KindAuthorization, CodeNotYours)
	})
	t.Run("statuses", func(t *testing.T) {
		locked := []Status{StatusClientUpdateProhibited}
		_, err := update(UpdateContactParams{AddStatuses: []Status{StatusServerUpdateProhibited}})
		refused(t, err, KindPolicy, "")
		_, err = update(UpdateContactParams{RemoveStatuses: locked})
		refused(t, err, KindPolicy, "")
		_, err = update(UpdateContactParams{AddStatuses: locked})
		must(t, err)
		_, err = update(UpdateContactParams{Email: &email})
		refused(t, err, KindStatusProhibits, "")
		_, err = update(UpdateContactParams{RemoveStatuses: locked, Email: &email})
		refused(t, err, KindStatusProhibits, "")
		c, err := update(UpdateContactParams{RemoveStatuses: locked})
		must(t, err)
		if len(c.Statuses) != 0 {
			t.Errorf("statuses %v", c.Statuses)
		}
	})
}

func TestContactDelete(t *testing.T) {
	r := newRegister(t)
	r.contact("A-ONE", contactParams("PAT-1"))
	r.create("A-ONE", "linked.co.test")
	refused(t, r.DeleteContact(r.ctx, r.as("B-TWO"), "PAT-1"), KindAuthorization, CodeNotYours)
	refused(t, r.DeleteContact(r.ctx, r.as("A-ONE"), "nobody"), KindNotFound, "")
	err := r.DeleteContact(r.ctx, r.as("A-ONE"), "a-owner") // C3
	refused(t, err, KindAssociation, "")
	v, err := r.InfoContact(r.ctx, r.as("A-ONE"), InfoContactParams{Handle: "a-owner"})
	must(t, err)
	if got := v.ShownStatuses(); !slices.Equal(got, []Status{StatusLinked, StatusOK}) {
		t.Errorf("C3 statuses %v", got)
	}
	uses, err := r.ContactUses(r.ctx, "a-owner", "", 0)
	must(t, err)
	if !slices.Equal(uses, []ContactUse{{"linked.co.test", "registrant"}}) {
		t.Errorf("C3 used by %v", uses)
	}
	_, _, err = r.UpdateContact(r.ctx, r.as("A-ONE"), UpdateContactParams{Handle: "PAT-1", AddStatuses: []Status{StatusClientDeleteProhibited}})
	must(t, err)
	refused(t, r.DeleteContact(r.ctx, r.as("A-ONE"), "PAT-1"), KindStatusProhibits, "")
	must(t, r.DeleteContact(r.ctx, staff(RoleOperator), "PAT-1"))
	_, err = r.InfoContact(r.ctx, r.as("A-ONE"), InfoContactParams{Handle: "PAT-1"})
	refused(t, err, KindNotFound, "")
}

// One id created many times at once is made once.
func TestContactCreateRaceHasOneWinner(t *testing.T) {
	r := newRegister(t)
	errs := atOnce(8, func(i int) error {
		_, _, err := r.CreateContact(r.ctx, r.as([]string{"A-ONE", "B-TWO"}[i%2]), contactParams("RACE-1"))
		return err
	})
	oneWinner(t, errs, KindExists)
}

// A contact is deleted while a name is given it: one of the two happens, and
// the other is told.
func TestContactDeleteRacesUse(t *testing.T) {
	r := newRegister(t)
	for i := range 10 {
		handle, name := "RACE-"+itoa(i), "race"+itoa(i)+".co.test"
		r.contact("A-ONE", contactParams(handle))
		errs := atOnce(2, func(i int) error {
			if i == 0 {
				return r.DeleteContact(r.ctx, r.as("A-ONE"), handle)
			}
			_, err := r.CreateDomain(r.ctx, r.as("A-ONE"), CreateDomainParams{Name: name, Registrant: handle})
			return err
		})
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("delete: %v, create: %v", errs[0], errs[1])
		}
		if errs[0] != nil {
			refused(t, errs[0], KindAssociation, "")
		} else if k := KindOf(errs[1]); k != KindNotFound && k != KindAuthorization {
			t.Fatalf("create: %v", errs[1])
		}
	}
}

func TestContactsListsInPages(t *testing.T) {
	r := newRegister(t)
	for i := range 5 {
		r.contact("A-ONE", contactParams("PAGE-"+itoa(i)))
	}
	r.contact("B-TWO", contactParams("PAGE-9"))
	var got []string
	f := ContactFilter{TAG: "A-ONE", Handle: "PAGE-", Email: "PAT@example.net", Limit: 2}
	for {
		list, err := r.Contacts(r.ctx, f)
		must(t, err)
		for _, c := range list {
			got = append(got, c.Handle)
			f.After = c.Handle
		}
		if len(list) < f.Limit {
			break
		}
	}
	if !slices.Equal(got, []string{"PAGE-0", "PAGE-1", "PAGE-2", "PAGE-3", "PAGE-4"}) {
		t.Errorf("got %v", got)
	}
	r.create("A-ONE", "linked.co.test")
	list, err := r.Contacts(r.ctx, ContactFilter{Domain: "LINKED.co.test"})
	must(t, err)
	if len(list) != 1 || list[0].Handle != "a-owner" || !list[0].Linked {
		t.Errorf("got %+v", list)
	}
}

// atOnce runs fn n times at the same time.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = fn(i) })
	}
	wg.Wait()
	return errs
}

// oneWinner checks that one succeeded and the others were refused.
func oneWinner(t testing.TB, errs []error, kind Kind) {
	t.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else {
			refused(t, err, kind, "")
		}
	}
	if won != 1 {
		t.Fatalf("%d won", won)
	}
}
