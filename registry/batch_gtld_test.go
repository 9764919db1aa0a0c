package registry

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/jackc/pgx/v5"
)

// worldGTLD is a name of the gtld zone, by the rules.
type worldGTLD struct {
	GTLDName
	charges map[string]int // what it was charged, by operation
}

func (w *world) createGTLD(tag string) *worldGTLD {
	w.made++
	d := w.register.create(tag, fmt.Sprintf("g%05d.gen", w.made))
	g := &worldGTLD{GTLDName: GTLDName{Name: d.Name, Sponsor: tag, Expiry: d.Expires,
		Graces: []Grace{NewGrace(RGPAdd, tag, 1, w.Now(), w.p)}}, charges: map[string]int{"create": 1}}
	w.gtld[d.Name], w.ids[d.Name] = g, d.ID
	return g
}

// gtldRenewals plays the automatic renewals of a batch day.
func (w *world) gtldRenewals(day Date) {
	for _, name := range sortedKeysOf(w.gtld) {
		g := w.gtld[name]
		for {
			e, due := g.DecideExpiry(day, w.p)
			if !due || w.broke[g.Sponsor] {
				break
			}
			w.count("gtld auto-renew")
			g.charges["renew"]++
			g.Expiry = e
			g.Graces = append(g.Graces, NewGrace(RGPAutoRenew, g.Sponsor, w.p.AutoRenewYears, day.Start(w.loc), w.p))
		}
	}
}

// gtldPhases plays the ends of the phases of deleted names.
func (w *world) gtldPhases(day Date) {
	for _, name := range sortedKeysOf(w.gtld) {
		g := w.gtld[name]
		for {
			step, due := g.NextPhase(day.Start(w.loc), w.p)
			if !due {
				break
			}
			if step.Purge {
				w.count("gtld purge")
				w.checkCharges(g)
				delete(w.gtld, name)
				break
			}
			if g.Phase == RGPPendingRestore {
				w.count("gtld restore falls back")
			}
			g.Phase, g.PhaseEnd = step.Phase, step.PhaseEnd
		}
	}
}

func (w *world) actGTLD(g *worldGTLD) {
	if g.Phase != "" {
		w.restoreGTLD(g)
		return
	}
	switch w.rnd.IntN(8) {
	case 0:
		w.renewGTLD(g)
	case 1:
		w.deleteGTLD(g)
	default:
		w.pullGTLD(g)
	}
}

// agreeGTLD checks that both sides grant or refuse.
func (w *world) agreeGTLD(what string, g *worldGTLD, database, rules error) bool {
	w.t.Helper()
	return w.agree(what, &Name{Name: g.Name, Sponsor: g.Sponsor, Expiry: g.Expiry, Statuses: g.Statuses}, database, rules)
}

func (w *world) renewGTLD(g *worldGTLD) {
	dec, rules := DecideRenew(Name{Name: g.Name, Profile: ProfileGTLD, Sponsor: g.Sponsor, Expiry: g.Expiry, Statuses: g.Statuses},
		RenewParams{Tag: g.Sponsor, CurExpiry: g.Expiry, Years: 1}, w.today, w.p)
	if rules == nil && w.broke[g.Sponsor] {
		rules = errBroke
	}
	_, dberr := w.RenewDomain(w.ctx, w.as(g.Sponsor), RenewDomainParams{Name: g.Name, CurExpiry: g.Expiry, Years: 1})
	if w.agreeGTLD("renew", g, dberr, rules) {
		w.count("gtld renew")
		g.charges["renew"]++
		g.Expiry = dec.Expiry
		g.Graces = append(g.Graces, NewGrace(RGPRenew, g.Sponsor, 1, w.Now(), w.p))
	}
}

func (w *world) deleteGTLD(g *worldGTLD) {
	dec, rules := DecideGTLDDelete(g.GTLDName, g.Sponsor, w.Now(), w.p)
	_, dberr := w.DeleteDomain(w.ctx, w.as(g.Sponsor), g.Name)
	if !w.agreeGTLD("delete", g, dberr, rules) {
		return
	}
	w.count("gtld delete")
	if len(dec.Refunds) > 0 {
		w.count("gtld delete in grace")
	}
	for _, r := range dec.Refunds {
		g.charges[operationOf(r.State)]--
	}
	if dec.Purge {
		w.checkCharges(g)
		delete(w.gtld, g.Name)
		return
	}
	g.Phase, g.PhaseEnd, g.Expiry, g.Graces = dec.Phase, dec.PhaseEnd, dec.Expiry, nil
	g.Statuses = g.Statuses.With(StatusPendingDelete)
}

func operationOf(s RGPState) string {
	switch s {
	case RGPAdd:
		return "create"
	case RGPTransfer:
		return "transfer"
	default:
		return "renew"
	}
}

// restoreGTLD asks for a restore or reports one.
func (w *world) restoreGTLD(g *worldGTLD) {
	p := RestoreDomainParams{Name: g.Name}
	dec, rules := DecideRestoreRequest(g.GTLDName, g.Sponsor, w.Now(), w.p)
	if g.Phase == RGPPendingRestore {
		p.Report = &RestoreReport{PreData: "a", PostData: "b", Reason: "a mistake", Statements: []string{"x", "y"}}
		dec, rules = DecideRestoreReport(g.GTLDName, g.Sponsor, w.Now(), w.loc, w.p)
		if rules == nil && w.broke[g.Sponsor] {
			rules = errBroke
		}
	}
	_, dberr := w.RestoreDomain(w.ctx, w.as(g.Sponsor), p)
	if !w.agreeGTLD("restore", g, dberr, rules) {
		return
	}
	g.Phase, g.PhaseEnd, g.Expiry = dec.Phase, dec.PhaseEnd, dec.Expiry
	if p.Report == nil {
		return
	}
	w.count("gtld restore")
	g.charges["restore"]++
	if dec.Years > 0 {
		g.charges["renew"]++
	}
	g.Statuses = g.Statuses.Without(StatusPendingDelete)
}

// pullGTLD asks for a name of another tag.
func (w *world) pullGTLD(g *worldGTLD) {
	if g.Statuses.CheckOperation(ObjectDomain, OpUpdate) != nil {
		return
	}
	auth, err := w.IssueAuthInfo(w.ctx, w.as(g.Sponsor), g.Name)
	must(w.t, err)
	to := w.other(g.Sponsor)
	rules := g.Statuses.CheckOperation(ObjectDomain, OpTransfer)
	if rules == nil && w.broke[to] {
		rules = errBroke
	}
	got, dberr := w.RequestDomainTransfer(w.ctx, w.as(to), TransferDomainParams{Name: g.Name, AuthInfo: auth})
	if w.agreeGTLD("pull", g, dberr, rules) {
		g.Statuses = g.Statuses.With(StatusPendingTransfer)
		w.moving[g.Name] = worldMove{to: to, id: got.ID, actBy: got.ActBy}
	}
}

func (w *world) answerGTLD(g *worldGTLD, m worldMove) {
	action := []TransferAction{TransferApprove, TransferReject}[w.rnd.IntN(2)]
	_, err := w.AnswerDomainTransfer(w.ctx, w.as(g.Sponsor), g.Name, action)
	must(w.t, err)
	if action == TransferApprove {
		w.movedGTLD(g, m)
		return
	}
	g.Statuses = g.Statuses.Without(StatusPendingTransfer)
	delete(w.moving, g.Name)
}

// movedGTLD plays a completed transfer.
func (w *world) movedGTLD(g *worldGTLD, m worldMove) {
	dec, err := DecideGTLDTransfer(g.GTLDName, 1, w.Now(), w.loc, w.p)
	must(w.t, err)
	w.count("gtld transfer")
	for range dec.Refunds {
		g.charges["renew"]--
	}
	g.charges["transfer"]++
	g.Expiry, g.Sponsor = dec.Expiry, m.to
	g.Graces = []Grace{NewGrace(RGPTransfer, m.to, 1, w.Now(), w.p)}
	g.Statuses = g.Statuses.Without(StatusPendingTransfer)
	delete(w.moving, g.Name)
}

// compareGTLD holds a name of the database against the rules.
func (w *world) compareGTLD(d *dueName) {
	g := w.gtld[d.rule.Name]
	if g == nil {
		w.t.Fatalf("%s: %s is there, by the rules it is gone", w.today, d.rule.Name)
	}
	if d.rule.Sponsor != g.Sponsor || d.rule.Expiry != g.Expiry || d.phase != g.Phase || !d.phaseEnd.Equal(g.PhaseEnd) ||
		!slices.Equal(d.rule.Statuses, g.Statuses) {
		w.t.Fatalf("%s: %s\n  database %s E %s %s %s %v\n  rules    %s E %s %s %s %v", w.today, g.Name, d.rule.Sponsor, d.rule.Expiry,
			d.phase, d.phaseEnd, d.rule.Statuses, g.Sponsor, g.Expiry, g.Phase, g.PhaseEnd, g.Statuses)
	}
}

// checkGraces holds the grace periods that are open against the rules.
func (w *world) checkGraces() {
	want := []string{}
	for name, g := range w.gtld {
		for _, v := range g.Graces {
			if v.Open(w.Now()) {
				want = append(want, graceText(name, v))
			}
		}
	}
	rows, err := w.db.Pool.Query(w.ctx, `SELECT d.name, g.kind, r.tag, g.years, g.starts_at, g.ends_at FROM grace_period g
		JOIN domain d ON d.id = g.domain_id JOIN registrar r ON r.id = g.registrar_id WHERE g.ends_at > $1`, w.Now())
	must(w.t, err)
	got := []string{}
	var name string
	var v Grace
	_, err = pgx.ForEachRow(rows, []any{&name, &v.State, &v.Tag, &v.Years, &v.Starts, &v.Ends}, func() error {
		got = append(got, graceText(name, v))
		return nil
	})
	must(w.t, err)
	sort.Strings(want)
	sort.Strings(got)
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: grace periods\n  database %v\n  rules    %v", w.today, got, want)
	}
}

func graceText(name string, g Grace) string {
	return fmt.Sprintf("%s %s %s %d %s %s", name, g.State, g.Tag, g.Years, g.Starts.UTC().Format(time.RFC3339), g.Ends.UTC().Format(time.RFC3339))
}

// checkCharges: a gtld name was charged once for each thing that was done, save
// what was credited inside a grace period.
func (w *world) checkCharges(g *worldGTLD) {
	w.t.Helper()
	rows, err := w.db.Pool.Query(w.ctx, `SELECT operation, count(*)::int FROM charge WHERE domain_id = $1 AND reversed_at IS NULL GROUP BY 1`, w.ids[g.Name])
	must(w.t, err)
	got := map[string]int{}
	var op string
	var n int
	_, err = pgx.ForEachRow(rows, []any{&op, &n}, func() error { got[op] = n; return nil })
	must(w.t, err)
	for _, op := range []string{"create", "renew", "transfer", "restore"} {
		if got[op] != g.charges[op] {
			w.t.Errorf("%s: %s was charged %d times for %s, by the rules %d", w.today, g.Name, got[op], op, g.charges[op])
		}
	}
}
