package scenario

import (
	"context"
	"fmt"

	"github.com/namekeep/namekeep/billing"
	"github.com/namekeep/namekeep/registry"
)

// gtld carries out the commands that only zones of that profile have.
func (p *player) gtld(ctx context.Context, s Step) error {
	switch s.Verb {
	case "delete":
		done, err := p.r.DeleteDomain(ctx, p.staff, p.s.Name)
		for _, c := range done.Credits {
			back := billing.Money{Minor: -c.Amount.Minor, Currency: c.Amount.Currency}
			p.credit += fmt.Sprintf(", credited: %s %s", c.Operation, back)
		}
		return err
	case "transfer":
		return p.transfer(ctx, s.Args[0])
	}
	restore := registry.RestoreDomainParams{Name: p.s.Name}
	if s.Verb == "restore-report" {
		restore.Report = &registry.RestoreReport{PreData: "as before", PostData: "as before", Reason: "deleted by mistake",
			Statements: []string{"It is the same registrant.", "This report is true."}}
	}
	_, err := p.r.RestoreDomain(ctx, p.staff, restore)
	return err
}

// transfer has another tag ask for the name with its authInfo.
func (p *player) transfer(ctx context.Context, tag string) error {
	auth, err := p.r.IssueAuthInfo(ctx, p.staff, p.s.Name)
	if err != nil {
		return err
	}
	var id int32
	err = p.db.Pool.QueryRow(ctx, `SELECT id FROM registrar WHERE tag = $1`, tag).Scan(&id)
	if err != nil {
		return err
	}
	actor := registry.Actor{Kind: registry.ActorRegistrar, TAG: tag, Registrar: id, SvTRID: "SCENARIO"}
	_, err = p.r.RequestDomainTransfer(ctx, actor, registry.TransferDomainParams{Name: p.s.Name, AuthInfo: auth})
	return err
}

// gtldStatus names the states of RFC 3915 that a name is in.
func gtldStatus(states []registry.RGPState) registry.RegistrationStatus {
	text := "registered"
	for i, s := range states {
		if i == 0 {
			text = string(s)
			continue
		}
		text += ", " + string(s)
	}
	return registry.RegistrationStatus(text)
}
