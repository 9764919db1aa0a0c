package registry

// DecideUKDelete decides a delete by tag in the uk profile. Delete is there for
// mistakes: a name whose first invoice is unpaid and whose tag never changed
// goes at once; an invoiced fee stays due. tagChanged is true for a name that
// was on another tag before. Refusals: KindAuthorization V096,
// KindStatusProhibits.
func DecideUKDelete(n Name, tag string, tagChanged bool) error {
	if err := n.checkSponsor(tag); err != nil {
		return err
	}
	if err := n.Statuses.CheckOperation(ObjectDomain, OpDelete); err != nil {
		return err
	}
	if n.FirstPaid || tagChanged {
		return n.refuse(KindStatusProhibits, CodeDeleteRefused,
			"%s is registered until %s; let it expire, or mark it with renew-not-required.", n.Name, n.Expiry).
			About("domain:name", n.Name)
	}
	return nil
}
