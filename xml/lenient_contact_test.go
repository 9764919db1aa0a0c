package xml

import "testing"

// E8: what a widely used client sends with every contact update.
func TestEmptyAddAndRemOfAContactUpdate(t *testing.T) {
	frame := []byte(`<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><update>
		<c:update xmlns:c="urn:ietf:params:xml:ns:contact-1.0"><c:id>A-BAKER</c:id><c:add/><c:rem/>
		<c:chg><c:email>new@example.net</c:email></c:chg></c:update></update></command></epp>`)
	cmd, err := ParseCommand(frame, Options{Profile: ProfileUK, Lenient: true})
	if err != nil {
		t.Fatal(err)
	}
	u := cmd.Action.(*ContactUpdate)
	if u.Add != nil || u.Rem != nil || u.Chg == nil || *u.Chg.Email != "new@example.net" {
		t.Errorf("got %+v", u)
	}
	_, err = ParseCommand(frame, Options{Profile: ProfileUK})
	if err == nil || err.Code != CodeSyntax {
		t.Errorf("strict: %v", err)
	}
}
