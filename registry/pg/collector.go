package pg

import "github.com/prometheus/client_golang/prometheus"

// collector shows the pool to Prometheus.
type collector struct {
	db                                      *DB
	total, inUse, idle, limit               *prometheus.Desc
	acquires, waited, waitTime, interrupted *prometheus.Desc
}

// Collector returns the metrics of the pool, to be registered once.
func (db *DB) Collector() prometheus.Collector {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	return &collector{
		db:          db,
		total:       desc("db_pool_connections", "Connections open."),
		inUse:       desc("db_pool_connections_in_use", "Connections in use."),
		idle:        desc("db_pool_connections_idle", "Connections waiting for use."),
		limit:       desc("db_pool_connections_max", "Connections at most."),
		acquires:    desc("db_pool_acquires_total", "Connections taken into use."),
		waited:      desc("db_pool_waits_total", "Uses that had to wait for a connection."),
		waitTime:    desc("db_pool_acquire_seconds_total", "Time spent on taking connections into use."),
		interrupted: desc("db_pool_acquires_cancelled_total", "Uses given up while waiting."),
	}
}

// Describe implements prometheus.Collector.
func (c *collector) Describe(ch chan<- *prometheus.Desc) { prometheus.DescribeByCollect(c, ch) }

// Collect implements prometheus.Collector.
func (c *collector) Collect(ch chan<- prometheus.Metric) {
	st := c.db.Pool.Stat()
	gauge := func(d *prometheus.Desc, v int32) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v))
	}
	counter := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge(c.total, st.TotalConns())
	gauge(c.inUse, st.AcquiredConns())
	gauge(c.idle, st.IdleConns())
	gauge(c.limit, st.MaxConns())
	counter(c.acquires, float64(st.AcquireCount()))
	counter(c.waited, float64(st.EmptyAcquireCount()))
	counter(c.waitTime, st.AcquireDuration().Seconds())
	counter(c.interrupted, float64(st.CanceledAcquireCount()))
}
