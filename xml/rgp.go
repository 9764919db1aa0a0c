package xml

import "time"

// RGPRestore asks for a restore (RFC 3915). Op is "request" or "report";
// Report is nil when absent.
type RGPRestore struct {
	Op     string
	Report *RGPReport
}

// RGPReport is the restore report. Mixed contents are kept as their text.
type RGPReport struct {
	PreData    string
	PostData   string
	DelTime    time.Time
	ResTime    time.Time
	ResReason  string
	Statements []string // one or two
	Other      string
}

// RGPInfoData lists the grace period states in an info answer; at least one.
// S is addPeriod, autoRenewPeriod, renewPeriod, transferPeriod, pendingDelete,
// pendingRestore or redemptionPeriod.
type RGPInfoData struct {
	Statuses []Status
}

// RGPUpdateData lists the states after a restore; at least one.
type RGPUpdateData struct {
	Statuses []Status
}
