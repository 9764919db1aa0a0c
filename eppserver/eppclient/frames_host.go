package eppclient

import "strings"

// HostUpdateOptions are the fields of a host update; empty ones are left out.
type HostUpdateOptions struct {
	Name                 string
	AddAddrs, RemAddrs   []string
	AddStatus, RemStatus []string
	// NewName renames the host unless "".
	NewName string
}

// HostCheck returns a check of several host names.
func HostCheck(clTRID string, names ...string) []byte {
	return check(clTRID, "host", nsHost, "host:name", names)
}

// HostInfo returns a host info.
func HostInfo(clTRID, name string) []byte {
	f := command()
	f.object("info", "host", nsHost, func() { f.text("host:name", name) })
	return f.end(clTRID)
}

// HostCreate returns a host create with IPv4 and IPv6 addresses.
func HostCreate(clTRID, name string, addrs ...string) []byte {
	f := command()
	f.object("create", "host", nsHost, func() {
		f.text("host:name", name)
		f.addresses(addrs)
	})
	return f.end(clTRID)
}

// HostUpdate returns a host update.
func HostUpdate(clTRID string, o HostUpdateOptions) []byte {
	f := command()
	f.object("update", "host", nsHost, func() {
		f.text("host:name", o.Name)
		f.hostChange("host:add", o.AddAddrs, o.AddStatus)
		f.hostChange("host:rem", o.RemAddrs, o.RemStatus)
		if o.NewName != "" {
			f.open("host:chg")
			f.text("host:name", o.NewName)
			f.close("host:chg")
		}
	})
	return f.end(clTRID)
}

// HostDelete returns a host delete.
func HostDelete(clTRID, name string) []byte {
	return remove(clTRID, "host", nsHost, "host:name", name)
}

func (f *builder) hostChange(tag string, addrs, status []string) {
	if len(addrs)+len(status) == 0 {
		return
	}
	f.open(tag)
	f.addresses(addrs)
	f.statuses("host:status", status)
	f.close(tag)
}

func (f *builder) addresses(list []string) {
	for _, addr := range list {
		f.text("host:addr", addr, "ip", ipVersion(addr))
	}
}

// ipVersion tells the versions apart by form; whether the address is valid is
// the server's to say.
func ipVersion(addr string) string {
	if strings.Contains(addr, ":") {
		return "v6"
	}
	return "v4"
}
