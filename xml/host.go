package xml

import "time"

// HostAddr is an address. Version is "v4" or "v6"; the text is not checked
// here beyond its length.
type HostAddr struct {
	Version string
	Addr    string
}

// HostCheck asks whether host names are free.
type HostCheck struct {
	Names []string
}

// HostInfo asks for a host.
type HostInfo struct {
	Name string
}

// HostCreate makes a host.
type HostCreate struct {
	Name  string
	Addrs []HostAddr
}

// HostDelete deletes a host.
type HostDelete struct {
	Name string
}

// HostAddRem is what is added or removed.
type HostAddRem struct {
	Addrs    []HostAddr
	Statuses []Status
}

// HostUpdate changes or renames a host; nil parts are absent, NewName "" too.
type HostUpdate struct {
	Name    string
	Add     *HostAddRem
	Rem     *HostAddRem
	NewName string
}

// HostCheckData answers HostCheck.
type HostCheckData struct {
	Items []CheckItem
}

// HostCreateData answers HostCreate.
type HostCreateData struct {
	Name   string
	CrDate time.Time
}

// HostInfoData answers HostInfo; at least one status. Zero times and UpID are
// left out.
type HostInfoData struct {
	Name     string
	ROID     string
	Statuses []Status
	Addrs    []HostAddr
	ClID     string
	CrID     string
	CrDate   time.Time
	UpID     string
	UpDate   time.Time
	TrDate   time.Time
}

// HostPendingData tells the outcome of a pending action.
type HostPendingData struct {
	Name string
	PendingAction
}
