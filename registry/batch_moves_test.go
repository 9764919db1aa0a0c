package registry

import (
	"cmp"
	"slices"
)

// moved plays a completed change of tag by the rules (R13, R32).
func (w *world) moved(n *Name, to string) {
	dec := DecideTagChange(*n, to, w.today, w.p)
	n.Sponsor, n.Bill, n.RenewNotRequired, n.Notices.NotRequired = to, BillSettings{}, false, Date{}
	n.Statuses = n.Statuses.Without(StatusPendingTransfer)
	if got := n.Status(w.today, w.p); got != dec.Status {
		w.t.Fatalf("%s: %s is told %q of %s, which is %q", w.today, to, dec.Status, n.Name, got)
	}
	delete(w.moving, n.Name)
}

func (w *world) changeTag(n *Name) {
	to := w.other(n.Sponsor, TagDetagged)
	_, err := w.TransferByStaff(w.ctx, staff(RoleOperator), n.Name, to)
	must(w.t, err)
	w.count("tag by staff")
	w.moved(n, to)
}

// release pushes a name to another tag, which B-TWO wants to be asked for.
func (w *world) release(n *Name) {
	to := w.other(n.Sponsor, TagDetagged)
	target := ReleaseTarget{Tag: to, Exists: true, Handshake: HandshakeAccept}
	if to == "B-TWO" {
		target.Handshake = HandshakeAlways
	}
	dec, rules := DecideRelease(*n, n.Sponsor, target, w.p)
	if m, waits := w.moving[n.Name]; rules == nil && waits && m.hand != "" {
		rules = errWaits
	}
	out, dberr := w.ReleaseDomains(w.ctx, w.as(n.Sponsor), ReleaseParams{Name: n.Name, To: to})
	if !w.agree("release", n, dberr, rules) {
		return
	}
	if dec.Ask != (out.Case != "") {
		w.t.Fatalf("%s: release of %s to %s: case %q, by the rules %v", w.today, n.Name, to, out.Case, dec.Ask)
	}
	if !dec.Ask {
		w.count("release")
		w.moved(n, to)
		return
	}
	w.count("release with handshake")
	w.moving[n.Name] = worldMove{to: to, actBy: out.ActBy, hand: out.Case}
}

var errWaits = Refuse(KindStatusProhibits, "", "A release waits for its handshake already.")

// pull asks for a name with its authInfo.
func (w *world) pull(n *Name) {
	own := w.p.BilledDirectly(n.Sponsor)
	if w.moving[n.Name].hand != "" {
		return // one way at a time
	}
	if n.Statuses.CheckOperation(ObjectDomain, OpUpdate) != nil {
		return // no authInfo is to be had
	}
	actor := w.as(n.Sponsor)
	if own {
		actor = staff(RoleOperator)
	}
	auth, err := w.IssueAuthInfo(w.ctx, actor, n.Name)
	must(w.t, err)
	to := w.other(n.Sponsor)
	got, dberr := w.RequestDomainTransfer(w.ctx, w.as(to), TransferDomainParams{Name: n.Name, AuthInfo: auth})
	if !w.agree("pull", n, dberr, n.Statuses.CheckOperation(ObjectDomain, OpTransfer)) {
		return
	}
	if own {
		w.count("pull from the registry")
		w.moved(n, to)
		return
	}
	w.count("pull transfer")
	n.Statuses = n.Statuses.With(StatusPendingTransfer)
	w.moving[n.Name] = worldMove{to: to, id: got.ID, actBy: got.ActBy}
}

// hands lets people answer some of the changes of tag that wait.
func (w *world) hands() {
	for _, name := range sortedKeysOf(w.moving) {
		m, n, g := w.moving[name], w.names[name], w.gtld[name]
		if w.rnd.IntN(12) != 0 || !w.Now().Before(m.actBy) {
			continue
		}
		switch {
		case m.hand != "":
			w.shake(n, m)
		case g != nil:
			w.answerGTLD(g, m)
		default:
			action := []TransferAction{TransferApprove, TransferReject}[w.rnd.IntN(2)]
			_, err := w.AnswerDomainTransfer(w.ctx, w.as(n.Sponsor), name, action)
			must(w.t, err)
			if action == TransferReject {
				w.count("transfer rejected")
				n.Statuses = n.Statuses.Without(StatusPendingTransfer)
				delete(w.moving, name)
				continue
			}
			w.count("transfer approved")
			w.moved(n, m.to)
		}
	}
}

// shake answers a handshake.
func (w *world) shake(n *Name, m worldMove) {
	_, err := w.AcceptHandshake(w.ctx, w.as(m.to), m.hand, "")
	if w.agree("accept the handshake of", n, err, n.Statuses.CheckOperation(ObjectDomain, OpTransfer)) {
		w.count("handshake accepted")
		w.moved(n, m.to)
	}
}

// movesDue plays the pull transfers that time approves and the handshakes that
// it ends, in the order of the batch.
func (w *world) movesDue() {
	due := []string{}
	for name, m := range w.moving {
		if !w.Now().Before(m.actBy) {
			due = append(due, name)
		}
	}
	slices.SortFunc(due, func(a, b string) int {
		x, y := w.moving[a], w.moving[b]
		return cmp.Or(x.actBy.Compare(y.actBy), cmp.Compare(x.id, y.id))
	})
	for _, name := range due {
		switch m := w.moving[name]; {
		case m.hand != "":
			w.count("handshake expired")
			delete(w.moving, name)
		case w.gtld[name] != nil:
			w.movedGTLD(w.gtld[name], m)
		default:
			w.count("transfer approved by time")
			w.moved(w.names[name], m.to)
		}
	}
}
