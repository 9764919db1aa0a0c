package registry

import "testing"

// A name that staff lock while a transfer of it is pending stays where it is:
// the transfer ends, both tags hear of it, and its time running out does nothing.
func TestLockEndsThePendingTransfer(t *testing.T) {
	for _, how := range []string{"lock", "prohibited by hand"} {
		t.Run(how, func(t *testing.T) {
			r := newRegister(t)
			d := r.create("A-ONE", "hold.gen")
			r.request("B-TWO", "hold.gen", gtldAuth("hold.gen"))
			state := "serverCancelled"
			if how == "lock" {
				locked, err := r.LockDomain(r.ctx, staff(RoleOperator), "hold.gen", false)
				must(t, err)
				if locked.Statuses.Has(StatusPendingTransfer) || !locked.Statuses.Has(StatusServerTransferProhibited) {
					t.Errorf("statuses %v", locked.Statuses)
				}
				if a, b := r.queued("A-ONE"), r.queued("B-TWO"); a != "domain-transfer domain-transfer staff-change" || b != "domain-transfer" {
					t.Errorf("told: %s; %s", a, b)
				}
			} else {
				state = "pending"
				r.exec(`UPDATE domain SET statuses = statuses || '{serverTransferProhibited}'::text[] WHERE id = $1`, d.ID)
			}
			r.at(testNow.AddDate(0, 0, 6))
			n, err := r.ApproveDueTransfers(r.ctx)
			if err != nil || n != 0 {
				t.Errorf("approved %d, %v", n, err)
			}
			if got := one[string](r, `SELECT state FROM transfer`); got != state || r.domain("hold.gen").Sponsor != "A-ONE" {
				t.Errorf("the transfer is %s, the name with %s", got, r.domain("hold.gen").Sponsor)
			}
			_, err = r.UnlockDomain(r.ctx, staff(RoleOperator), "hold.gen")
			must(t, err)
			n, err = r.ApproveDueTransfers(r.ctx)
			if want := map[string]int{"pending": 1}[state]; err != nil || n != want {
				t.Errorf("unlocked: approved %d, %v, want %d", n, err, want)
			}
		})
	}
}
