package registry

// tellStaffChange puts word of a change by staff on the sponsor's poll queue
// (RFC 8590); for anybody else it does nothing. Neither the staff user nor the
// reason is told: both are the registry's own, and the audit log has them under
// the svTRID.
func (tx *Tx) tellStaffChange(object Object, name string, sponsor int32, operation string) {
	if !tx.actor.IsStaff() {
		return
	}
	tx.queuePoll(sponsor, PollMessage{Kind: PollStaffChange, Text: "The registry changed the " + string(object) + " " + name + ".",
		Payload: StaffChangeNotice{Object: object, Name: name, Operation: operation, Date: tx.Now,
			SvTRID: tx.actor.SvTRID, Who: tx.r.inst.RegistryTag}})
}
