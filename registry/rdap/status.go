package rdap

import "github.com/namekeep/namekeep/registry"

// statuses maps EPP to RDAP (RFC 8056 section 2). "linked" and "ok" read
// differently; the rest are the same words apart.
var statuses = map[string]string{
	"addPeriod":                "add period",
	"autoRenewPeriod":          "auto renew period",
	"clientDeleteProhibited":   "client delete prohibited",
	"clientHold":               "client hold",
	"clientRenewProhibited":    "client renew prohibited",
	"clientTransferProhibited": "client transfer prohibited",
	"clientUpdateProhibited":   "client update prohibited",
	"inactive":                 "inactive",
	"linked":                   "associated",
	"ok":                       "active",
	"pendingCreate":            "pending create",
	"pendingDelete":            "pending delete",
	"pendingRenew":             "pending renew",
	"pendingRestore":           "pending restore",
	"pendingTransfer":          "pending transfer",
	"pendingUpdate":            "pending update",
	"redemptionPeriod":         "redemption period",
	"renewPeriod":              "renew period",
	"serverDeleteProhibited":   "server delete prohibited",
	"serverHold":               "server hold",
	"serverRenewProhibited":    "server renew prohibited",
	"serverTransferProhibited": "server transfer prohibited",
	"serverUpdateProhibited":   "server update prohibited",
	"transferPeriod":           "transfer period",
}

// shown maps statuses of one sort. A status that EPP gains one day would be left
// out rather than sent in a spelling that RDAP does not know; a test holds the
// table to the register's statuses.
func shown[S ~string](list []S) []string {
	out := []string{}
	for _, s := range list {
		if v, ok := statuses[string(s)]; ok {
			out = append(out, v)
		}
	}
	return out
}

// domainStatus are the statuses of a name with its periods of RFC 3915. Both
// have a pendingDelete; RDAP has one.
func domainStatus(d *registry.PublicDomain) []string {
	out := shown(d.ShownStatuses())
	if d.Zone.Profile != registry.ProfileGTLD {
		return out
	}
	for _, s := range shown(d.RGPStates(d.Now)) {
		if s != statuses["pendingDelete"] || !d.Statuses.Has(registry.StatusPendingDelete) {
			out = append(out, s)
		}
	}
	return out
}
