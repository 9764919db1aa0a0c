package registry

import "testing"

// A contact that staff delete can be looked up no more, so its tag is told the
// roid; a tag's own deletion is no news to it.
func TestStaffDeleteContactTellsROID(t *testing.T) {
	r := newRegister(t)
	roid := r.roid("C", one[int64](r, `SELECT id FROM contact WHERE handle = 'a-owner'`))
	must(t, r.DeleteContact(r.ctx, staff(RoleOperator), "a-owner"))
	list := r.polled("A-ONE")
	if len(list) != 1 || list[0].Kind != PollStaffChange {
		t.Fatalf("the tag was told %s", kinds(list))
	}
	if p := list[0].Payload.(*StaffChangeNotice); p.ROID != roid || p.Operation != "delete" || p.Name != "a-owner" {
		t.Errorf("the tag was told %+v", p)
	}
	must(t, r.DeleteContact(r.ctx, r.as("B-TWO"), "b-owner"))
	if list := r.polled("B-TWO"); len(list) != 0 {
		t.Errorf("a tag was told of its own deletion: %s", kinds(list))
	}
}
