package registry

// BillSettings are the automatic renewal settings of a name (R10).
type BillSettings struct {
	Auto       int // auto-bill: days before E; 0 is off
	Next       int // next-bill: days before E, once; 0 is off
	AutoPeriod int // years; 0 means the policy's default
	NextPeriod int // years; 0 means the policy's default
}
