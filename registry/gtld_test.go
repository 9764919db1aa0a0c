package registry

import (
	"slices"
	"testing"
	"time"
)

func TestGTLDLifeCycle(t *testing.T) {
	p := DefaultPolicy()
	created := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	n := GTLDName{Name: "oak.test", Sponsor: "ALPHA", Expiry: date(t, "2028-11-22"),
		Graces: []Grace{NewGrace(RGPAdd, "ALPHA", 2, created, p)}}
	end := created.Add(5 * 24 * time.Hour)
	d, err := DecideGTLDDelete(n, "ALPHA", end.Add(-1), p)
	if err != nil || !d.Purge || len(d.Refunds) != 1 || d.Phase != "" {
		t.Errorf("delete in the add grace period: %+v, %v", d, err)
	}
	d, err = DecideGTLDDelete(n, "ALPHA", end, p)
	if err != nil || d.Purge || len(d.Refunds) != 0 || d.Phase != RGPRedemption || !d.PhaseEnd.Equal(end.Add(30*24*time.Hour)) {
		t.Errorf("delete when it has ended: %+v, %v", d, err)
	}
	if s := n.States(created); !slices.Equal(s, []RGPState{RGPAdd}) {
		t.Errorf("states: %v", s)
	}

	deleted := n
	deleted.Phase, deleted.PhaseEnd = d.Phase, d.PhaseEnd
	if _, err := DecideGTLDDelete(deleted, "ALPHA", end, p); KindOf(err) != KindStatusProhibits {
		t.Errorf("delete twice: %v", err)
	}
	if _, err := DecideRestoreReport(deleted, "ALPHA", end, time.UTC, p); KindOf(err) != KindStatusProhibits {
		t.Errorf("report without request: %v", err)
	}
	if _, err := DecideRestoreRequest(deleted, "BRAVO", end, p); KindOf(err) != KindAuthorization {
		t.Errorf("restore by another tag: %v", err)
	}
	r, err := DecideRestoreRequest(deleted, "ALPHA", d.PhaseEnd.Add(-1), p)
	if err != nil || r.Phase != RGPPendingRestore {
		t.Errorf("restore at the last moment: %+v, %v", r, err)
	}
	if _, err = DecideRestoreRequest(deleted, "ALPHA", d.PhaseEnd, p); KindOf(err) != KindStatusProhibits {
		t.Errorf("restore too late: %v", err)
	}
	pending := deleted
	pending.Phase, pending.PhaseEnd = r.Phase, r.PhaseEnd
	if back, err := DecideRestoreReport(pending, "ALPHA", r.PhaseEnd.Add(-1), time.UTC, p); err != nil || back.Phase != "" || back.Expiry != n.Expiry {
		t.Errorf("report: %+v, %v", back, err)
	}
	pending.Expiry = date(t, "2026-11-30")
	if back, _ := DecideRestoreReport(pending, "ALPHA", r.PhaseEnd.Add(-1), time.UTC, p); back.Expiry != date(t, "2027-11-30") || back.Years != 1 {
		t.Errorf("restored after expiry: %+v", back)
	}
	if step, due := pending.NextPhase(r.PhaseEnd, p); !due || step.Phase != RGPRedemption {
		t.Errorf("no report: %+v", step)
	}
	if _, due := deleted.NextPhase(d.PhaseEnd.Add(-1), p); due {
		t.Error("redemption ends early")
	}
	step, due := deleted.NextPhase(d.PhaseEnd.Add(time.Hour), p)
	if !due || step.Phase != RGPPendingDelete || !step.PhaseEnd.Equal(d.PhaseEnd.Add(5*24*time.Hour)) {
		t.Errorf("after redemption: %+v", step)
	}
	deleted.Phase, deleted.PhaseEnd = step.Phase, step.PhaseEnd
	if step, due = deleted.NextPhase(step.PhaseEnd, p); !due || !step.Purge {
		t.Errorf("after pendingDelete: %+v", step)
	}
}

func TestGTLDGraceRefunds(t *testing.T) {
	p, now := DefaultPolicy(), time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC)
	n := GTLDName{Name: "oak.test", Sponsor: "ALPHA", Expiry: date(t, "2030-01-01"), Graces: []Grace{
		NewGrace(RGPAutoRenew, "ALPHA", 1, now.Add(-44*24*time.Hour), p),
		NewGrace(RGPRenew, "ALPHA", 2, now.Add(-24*time.Hour), p),
		NewGrace(RGPTransfer, "ALPHA", 1, now.Add(-6*24*time.Hour), p),
	}}
	d, err := DecideGTLDDelete(n, "ALPHA", now, p)
	if err != nil || d.Purge || len(d.Refunds) != 2 || d.Expiry != date(t, "2027-01-01") {
		t.Errorf("delete in renew and auto-renew grace: %+v, %v", d, err)
	}
	n.HasHosts = true
	if _, err = DecideGTLDDelete(n, "ALPHA", now, p); KindOf(err) != KindAssociation {
		t.Errorf("delete with hosts below: %v", err)
	}
	tr, err := DecideGTLDTransfer(n, 1, now, time.UTC, p)
	if err != nil || tr.Expiry != date(t, "2030-01-01") || len(tr.Refunds) != 1 {
		t.Errorf("transfer in auto-renew grace: %+v, %v", tr, err)
	}
	n.Graces, n.Expiry = nil, date(t, "2036-12-01")
	if tr, _ = DecideGTLDTransfer(n, 1, now, time.UTC, p); tr.Expiry != date(t, "2037-01-10") {
		t.Errorf("transfer beyond ten years: %+v", tr)
	}
	n.Expiry = date(t, "2027-01-10")
	if _, due := n.DecideExpiry(n.Expiry, p); due {
		t.Error("renewed on E")
	}
	if e, due := n.DecideExpiry(n.Expiry.AddDays(1), p); !due || e != date(t, "2028-01-10") {
		t.Errorf("automatic renewal: %s %v", e, due)
	}
}
