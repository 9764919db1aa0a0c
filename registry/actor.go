package registry

// ActorKind says in what capacity somebody acts on the register.
type ActorKind int

// The kinds of actor.
const (
	ActorSystem    ActorKind = iota // the registry itself: batch, import
	ActorRegistrar                  // a registrar, over EPP
	ActorStaff                      // a named staff user, through registryctl
)

// Role is what a staff user may do.
type Role string

// The roles of staff, from least to most.
const (
	RoleSupport  Role = "support"
	RoleBilling  Role = "billing"
	RoleOperator Role = "operator"
	RoleAdmin    Role = "admin"
	// RoleRegistrar is for people of a registrar: they act as it, and see what is
	// its own (B34, B37).
	RoleRegistrar Role = "registrar"
)

// Actor says who acts, why, and under which transaction identifiers. Every
// exported method that changes something takes one, and checks its permission
// first.
type Actor struct {
	Kind      ActorKind
	TAG       string // of a registrar
	Registrar int32  // registrar.id of TAG
	Staff     string // the name of a staff user, or of one with RoleRegistrar
	Role      Role   // of the staff user
	Reason    string // staff must give one where money or a name is concerned
	ClTRID    string // the client's transaction identifier, as sent
	SvTRID    string // the server's
	Profile   Profile
}

// System is the registry acting on its own, as the batch and the import do.
func System(svTRID string) Actor { return Actor{Kind: ActorSystem, SvTRID: svTRID} }

// IsStaff tells whether a staff user acts.
func (a Actor) IsStaff() bool { return a.Kind == ActorStaff }

// IsRegistrar tells whether a registrar acts.
func (a Actor) IsRegistrar() bool { return a.Kind == ActorRegistrar }

// Needs refuses a staff user who has none of the roles, for programs that do
// more than call one method.
func (a Actor) Needs(roles ...Role) error { return a.needRole(roles...) }

// needRole refuses a staff user who has none of the roles; admins may do all.
// Registrars and the system are not concerned: their rights come from
// ownership.
func (a Actor) needRole(roles ...Role) error {
	if a.Kind != ActorStaff || a.Role == RoleAdmin {
		return nil
	}
	for _, r := range roles {
		if a.Role == r {
			return nil
		}
	}
	return Refuse(KindAuthorization, "", "the role %s may not do this", a.Role)
}

// needReason refuses a staff user who gives no reason.
func (a Actor) needReason() error {
	if a.Kind == ActorStaff && a.Reason == "" {
		return Refuse(KindParamMissing, "", "a reason is required").About("reason", "")
	}
	return nil
}

// profile is the profile of the listener that the actor speaks over. Staff and
// the registry itself work by the default one, uk.
func (a Actor) profile() Profile {
	if a.Profile == ProfileGTLD {
		return ProfileGTLD
	}
	return ProfileUK
}

// code is a reason's leading code, which only uk clients know.
func (a Actor) code(code string) string {
	if a.profile() == ProfileGTLD {
		return ""
	}
	return code
}
