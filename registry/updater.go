package registry

// updaterID is who an object's upID names: the acting tag, or the registry's
// own tag for staff and for the registry itself.
func (tx *Tx) updaterID() int32 {
	if tx.actor.IsRegistrar() {
		return tx.actor.Registrar
	}
	return tx.r.tagTable.id(tx.r.inst.RegistryTag)
}

func (tx *Tx) updaterTag() string {
	if tx.actor.IsRegistrar() {
		return tx.actor.TAG
	}
	return tx.r.inst.RegistryTag
}
