package registry

import (
	"errors"
	"fmt"
)

// Profile chooses the life cycle and the wording of a zone or listener.
type Profile string

// The two profiles. ProfileUK follows renewals.md; ProfileGTLD is plain RFC EPP
// with the RFC 3915 grace periods.
const (
	ProfileUK   Profile = "uk"
	ProfileGTLD Profile = "gtld"
)

// TagDetagged is the registry's own tag for names without a registrar.
const TagDetagged = "DETAGGED"

// Policy holds every length and switch of the rules. Lengths are civil days
// unless the name says otherwise. No rule has a number of its own.
type Policy struct {
	RegistryTag string `toml:"registry-tag"` // the registry's own tag, billed directly (R22)

	// Renewals (uk).
	RenewWindowDays           int `toml:"renew-window-days"`            // R2: requests are taken from E minus this
	CreditTermsDays           int `toml:"credit-terms-days"`            // terms of a registrar invoice where the registrar has none of its own
	ReminderDay               int `toml:"reminder-day"`                 // days after E
	ProFormaDay               int `toml:"pro-forma-day"`                // days after E; a directly billed or lapsed name gets it on E
	SuspendAfterProFormaDays  int `toml:"suspend-after-pro-forma-days"` // pro forma to suspension
	CancelAfterSuspensionDays int `toml:"cancel-after-suspension-days"` // suspension to cancellation
	AdvanceWarningDays        int `toml:"advance-warning-days"`         // R22: days before E
	AutoBillMax               int `toml:"auto-bill-max"`                // R10: highest auto-bill and next-bill
	AutoPeriodMax             int `toml:"auto-period-max"`              // R10: years
	ClearDays                 int `toml:"clear-days"`                   // R12: whole days between the last change and the renewal
	RegistrantPaymentYears    int `toml:"registrant-payment-years"`     // R31

	MaxYears     int `toml:"max-years"`     // longest period, and how far ahead E may lie
	DefaultYears int `toml:"default-years"` // period where none is given

	Unrenew                bool `toml:"unrenew"`                   // R5: the tag may withdraw an uninvoiced request
	MonthlyStatements      bool `toml:"monthly-statements"`        // B15: on the 1st each registrar is mailed its statement
	DirectRights           bool `toml:"direct-rights"`             // a.uk is for the registrant of the oldest a.co.uk, a.org.uk …
	RenewNotRequiredStatus bool `toml:"renew-not-required-status"` // the status "No longer required" is shown

	// Procedures.
	HandshakeDays        int `toml:"handshake-days"`         // a release waits for the receiver's answer
	TransferDays         int `toml:"transfer-days"`          // a pull transfer is approved after this
	RegistrantChangeDays int `toml:"registrant-change-days"` // C4, C5: both parties confirm within this
	PageLinkDays         int `toml:"page-link-days"`         // N10: the personal link of a reminder is valid
	CodeDays             int `toml:"code-days"`              // N21: an activation code is valid

	// Use of the system.
	ChecksPerDay        int `toml:"checks-per-day"`         // E4: names a registrar may check in a civil day; 0: no limit
	FailedCreatesPerDay int `toml:"failed-creates-per-day"` // E4: refused creates of a registrar in a civil day; 0: no limit

	// RFC 3915 (gtld).
	AddGraceDays       int `toml:"add-grace-days"`
	RenewGraceDays     int `toml:"renew-grace-days"`
	AutoRenewGraceDays int `toml:"auto-renew-grace-days"`
	TransferGraceDays  int `toml:"transfer-grace-days"`
	RedemptionDays     int `toml:"redemption-days"`
	RestoreReportDays  int `toml:"restore-report-days"` // a restore request without a report falls back after this
	PendingDeleteDays  int `toml:"pending-delete-days"`
	AutoRenewYears     int `toml:"auto-renew-years"`
}

// DefaultPolicy returns the lengths of renewals.md and, for gtld, the usual
// ones of RFC 3915 registries.
func DefaultPolicy() Policy {
	return Policy{
		RegistryTag:               "REGISTRY",
		RenewWindowDays:           182,
		CreditTermsDays:           30,
		ReminderDay:               1,
		ProFormaDay:               7,
		SuspendAfterProFormaDays:  30,
		CancelAfterSuspensionDays: 60,
		AdvanceWarningDays:        60,
		AutoBillMax:               182,
		AutoPeriodMax:             9,
		ClearDays:                 1,
		RegistrantPaymentYears:    2,
		MaxYears:                  10,
		DefaultYears:              2,
		RenewNotRequiredStatus:    true,
		HandshakeDays:             5,
		TransferDays:              5,
		RegistrantChangeDays:      14,
		PageLinkDays:              30,
		CodeDays:                  14,
		ChecksPerDay:              100_000,
		FailedCreatesPerDay:       10_000,
		AddGraceDays:              5,
		RenewGraceDays:            5,
		AutoRenewGraceDays:        45,
		TransferGraceDays:         5,
		RedemptionDays:            30,
		RestoreReportDays:         7,
		PendingDeleteDays:         5,
		AutoRenewYears:            1,
	}
}

// Validate reports every setting that contradicts itself or another one, joined
// into one error; each part starts with the configuration key.
func (p Policy) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if p.RegistryTag == "" || p.RegistryTag == TagDetagged {
		fault("registry-tag: must be set and differ from %s", TagDetagged)
	}
	atLeast := func(key string, value, least int) {
		if value < least {
			fault("%s: %d is less than %d", key, value, least)
		}
	}
	atLeast("renew-window-days", p.RenewWindowDays, 1)
	atLeast("credit-terms-days", p.CreditTermsDays, 0)
	atLeast("reminder-day", p.ReminderDay, 1)
	atLeast("suspend-after-pro-forma-days", p.SuspendAfterProFormaDays, 1)
	atLeast("cancel-after-suspension-days", p.CancelAfterSuspensionDays, 1)
	atLeast("advance-warning-days", p.AdvanceWarningDays, 1)
	atLeast("auto-bill-max", p.AutoBillMax, 1)
	atLeast("auto-period-max", p.AutoPeriodMax, 1)
	atLeast("clear-days", p.ClearDays, 0)
	atLeast("registrant-payment-years", p.RegistrantPaymentYears, 1)
	atLeast("max-years", p.MaxYears, 1)
	atLeast("default-years", p.DefaultYears, 1)
	atLeast("handshake-days", p.HandshakeDays, 1)
	atLeast("transfer-days", p.TransferDays, 1)
	atLeast("registrant-change-days", p.RegistrantChangeDays, 1)
	atLeast("page-link-days", p.PageLinkDays, 1)
	atLeast("code-days", p.CodeDays, 1)
	atLeast("checks-per-day", p.ChecksPerDay, 0)
	atLeast("failed-creates-per-day", p.FailedCreatesPerDay, 0)
	atLeast("add-grace-days", p.AddGraceDays, 0)
	atLeast("renew-grace-days", p.RenewGraceDays, 0)
	atLeast("auto-renew-grace-days", p.AutoRenewGraceDays, 0)
	atLeast("transfer-grace-days", p.TransferGraceDays, 0)
	atLeast("redemption-days", p.RedemptionDays, 0)
	atLeast("restore-report-days", p.RestoreReportDays, 1)
	atLeast("pending-delete-days", p.PendingDeleteDays, 0)
	atLeast("auto-renew-years", p.AutoRenewYears, 1)
	if p.ProFormaDay <= p.ReminderDay {
		fault("pro-forma-day: %d is not after reminder-day %d", p.ProFormaDay, p.ReminderDay)
	}
	if p.AutoBillMax > p.RenewWindowDays {
		fault("auto-bill-max: %d lies outside renew-window-days %d", p.AutoBillMax, p.RenewWindowDays)
	}
	if p.DefaultYears > p.MaxYears || p.AutoPeriodMax > p.MaxYears || p.RegistrantPaymentYears > p.MaxYears {
		fault("max-years: %d is less than default-years, auto-period-max or registrant-payment-years", p.MaxYears)
	}
	if p.DefaultYears > p.AutoPeriodMax {
		fault("default-years: %d exceeds auto-period-max %d", p.DefaultYears, p.AutoPeriodMax)
	}
	return errors.Join(faults...)
}

// BilledDirectly reports whether tag is one of the registry's own, whose names
// the registry bills to the registrant (R22).
func (p Policy) BilledDirectly(tag string) bool { return tag == TagDetagged || tag == p.RegistryTag }
