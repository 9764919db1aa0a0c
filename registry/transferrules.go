package registry

import "time"

// TransferSubject is what the rules of pull transfers need to know of a domain
// or contact (RFC 5731 section 3.2.4, RFC 5733 section 3.2.4).
type TransferSubject struct {
	Object   Object
	Name     string // of the domain, or the handle
	Profile  Profile
	Sponsor  string // tag
	Statuses StatusSet
	AuthHash []byte
	Phase    RGPState  // of a deleted gtld name
	Pending  *Transfer // nil: none
}

func (s TransferSubject) refuse(kind Kind, reason string, args ...any) *Error {
	return Refuse(kind, "", reason, args...).About(s.field(), s.Name)
}

func (s TransferSubject) field() string {
	if s.Object == ObjectContact {
		return "contact:id"
	}
	return "domain:name"
}

// DecideTransferRequest judges a request by tag with an authInfo. Immediate
// tells that nobody is there to answer it: the registry's own tags have no
// registrar, so the transfer completes at once (R40).
//
// Refusals, in this order: KindNotTransferable for the tag's own object,
// KindParamMissing and KindBadAuthInfo, KindPendingTransfer, KindStatusProhibits.
func DecideTransferRequest(s TransferSubject, tag string, given AuthInfo, p Policy) (immediate bool, err error) {
	switch {
	case s.Sponsor == tag:
		return false, s.refuse(KindNotTransferable, "%s is on your tag already.", s.Name)
	case given == "":
		return false, Refuse(KindParamMissing, "", "A transfer needs the authInfo of %s.", s.Name).
			About(string(s.Object)+":authInfo", "")
	case !given.Matches(s.AuthHash):
		return false, Refuse(KindBadAuthInfo, "", "The authInfo is not that of %s.", s.Name).
			About(string(s.Object)+":authInfo", "")
	case s.Pending != nil || s.Statuses.Has(StatusPendingTransfer):
		return false, s.refuse(KindPendingTransfer, "A transfer of %s is pending already.", s.Name)
	case s.Phase != "":
		return false, s.refuse(KindStatusProhibits, "%s has been deleted (%s).", s.Name, s.Phase)
	}
	err = s.Statuses.CheckOperation(s.Object, OpTransfer)
	return err == nil && p.BilledDirectly(s.Sponsor), err
}

// TransferAction is what somebody does to a pending transfer.
type TransferAction string

// The actions, as the op of the command names them.
const (
	TransferApprove TransferAction = "approve"
	TransferReject  TransferAction = "reject"
	TransferCancel  TransferAction = "cancel"
)

// transferStates are the trStatus of a transfer after an action (RFC 5730
// section 2.9.3.4).
var transferStates = map[TransferAction]string{
	TransferApprove: "clientApproved",
	TransferReject:  "clientRejected",
	TransferCancel:  "clientCancelled",
}

// The states that the registry itself brings about, and the pending one.
const (
	transferPending         = "pending"
	transferServerApproved  = "serverApproved"
	transferServerCancelled = "serverCancelled"
)

// DecideTransferAction judges an answer to a pending transfer by tag: the
// losing tag approves or rejects, the gaining one cancels. After ActBy the
// transfer is approved, whether that has been carried out yet or not, and
// neither rejected nor cancelled. Refusals: KindNoPendingTransfer,
// KindAuthorization.
func DecideTransferAction(s TransferSubject, tag string, a TransferAction, now time.Time) error {
	t := s.Pending
	if t == nil || !s.Statuses.Has(StatusPendingTransfer) {
		return s.refuse(KindNoPendingTransfer, "No transfer of %s is pending.", s.Name)
	}
	who := t.Losing
	if a == TransferCancel {
		who = t.Gaining
	}
	if who != tag {
		return s.refuse(KindAuthorization, "Only %s can %s the transfer of %s.", who, a, s.Name)
	}
	if a != TransferApprove && t.Due(now) {
		return s.refuse(KindNoPendingTransfer, "The transfer of %s was approved at %s, as nobody answered it.",
			s.Name, t.ActBy.Format(time.RFC3339))
	}
	return nil
}

// Due tells whether a pending transfer has run out of time and is approved.
func (t Transfer) Due(now time.Time) bool { return t.State == transferPending && !now.Before(t.ActBy) }

// CheckTransferQuery judges who may see the state of a transfer: the two tags,
// and whoever knows the authInfo. t is the pending or the last one, nil where
// there was none. Refusals: KindNoPendingTransfer, KindBadAuthInfo,
// KindAuthorization.
func CheckTransferQuery(s TransferSubject, t *Transfer, tag string, given AuthInfo) error {
	if given != "" && !given.Matches(s.AuthHash) {
		return Refuse(KindBadAuthInfo, "", "The authInfo is not that of %s.", s.Name).
			About(string(s.Object)+":authInfo", "")
	}
	involved := tag == s.Sponsor || t != nil && (tag == t.Gaining || tag == t.Losing)
	if given == "" && !involved {
		return s.refuse(KindAuthorization, "You are no party to a transfer of %s, and gave no authInfo.", s.Name)
	}
	if t == nil {
		return s.refuse(KindNoPendingTransfer, "%s was never transferred.", s.Name)
	}
	return nil
}
