package whois

import "github.com/prometheus/client_golang/prometheus"

// What becomes of a query.
const (
	resultFound     = "found"
	resultNotFound  = "not found"
	resultMalformed = "malformed"
	resultLimited   = "rate limited"
	resultBusy      = "too many connections"
	resultFault     = "error"
)

// metrics have labels from closed sets: never a name or an address.
type metrics struct {
	queries *prometheus.CounterVec // object, result
	took    prometheus.Histogram
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		queries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "whois_queries_total",
			Help: "WHOIS queries by what they asked for and what became of them."}, []string{"object", "result"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "whois_query_duration_seconds",
			Help:    "From the connection to the answer, the wait for the query included.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 10}}),
	}
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{m.queries, m.took} {
		err := reg.Register(c)
		if err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) count(k kind, result string) { m.queries.WithLabelValues(string(k), result).Inc() }
