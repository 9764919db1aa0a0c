package rdap

import "github.com/prometheus/client_golang/prometheus"

// metrics have labels from closed sets: never a name or an address. How long
// answers take the listener measures.
type metrics struct {
	queries *prometheus.CounterVec // object, result
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{queries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "rdap_queries_total",
		Help: "RDAP queries by what they asked for and the status of the answer."}, []string{"object", "result"})}
	if reg == nil {
		return m, nil
	}
	return m, reg.Register(m.queries)
}
