package registry

// tellStaffChange puts word of a change by staff on the sponsor's poll queue
// (RFC 8590); for anybody else it does nothing. Neither the staff user nor the
// reason is told: both are the registry's own, and the audit log has them under
// the svTRID.
func (tx *Tx) tellStaffChange(object Object, name string, sponsor int32, operation string) {
	if !tx.actor.IsStaff() {
		return
	}
	tx.queuePoll(sponsor, tx.staffChange(object, name, operation))
}

func (tx *Tx) staffChange(object Object, name, operation string) PollMessage {
	return PollMessage{Kind: PollStaffChange, Text: "The registry changed the " + string(object) + " " + name + ".",
		Payload: StaffChangeNotice{Object: object, Name: name, Operation: operation, Date: tx.Now,
			SvTRID: tx.actor.SvTRID, Who: tx.r.inst.RegistryTag}}
}

// tellContactDeleted is tellStaffChange for a contact that staff delete: nobody
// can look its roid up any more.
func (tx *Tx) tellContactDeleted(c *Contact) {
	if !tx.actor.IsStaff() {
		return
	}
	m := tx.staffChange(ObjectContact, c.Handle, "delete")
	notice := m.Payload.(StaffChangeNotice)
	notice.ROID = tx.r.ContactROID(c)
	m.Payload = notice
	tx.queuePoll(c.SponsorID, m)
}
