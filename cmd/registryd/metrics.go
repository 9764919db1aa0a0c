package main

import (
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/namekeep/namekeep/certs"
)

// registerMetrics adds what is not EPP: the Go runtime, the process, the pool
// of connections and the certificates. eppserver adds its own.
func (s *service) registerMetrics() error {
	list := []prometheus.Collector{
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		poolCollector{s.db.Pool},
		s.jobs.last, s.jobs.done, s.jobs.bad,
	}
	if s.tls != nil {
		list = append(list, certCollector{s.tls})
	}
	for _, c := range list {
		err := s.metrics.Register(c)
		if err != nil {
			return err
		}
	}
	return nil
}

// jobMetrics tell when the due work last went well, and how much there was.
type jobMetrics struct {
	last *prometheus.GaugeVec
	done *prometheus.CounterVec
	bad  *prometheus.CounterVec
}

func newJobMetrics() *jobMetrics {
	return &jobMetrics{
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "job_last_success_timestamp_seconds",
			Help: "When a regular job last went well in this process; one of all processes does them."}, []string{"job"}),
		done: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "job_done_total", Help: "What regular jobs did."}, []string{"job"}),
		bad:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "job_failures_total", Help: "Regular jobs that failed."}, []string{"job"}),
	}
}

func (m *jobMetrics) note(job string, at time.Time, n int, err error) {
	m.done.WithLabelValues(job).Add(float64(n))
	if err != nil {
		m.bad.WithLabelValues(job).Inc()
		return
	}
	m.last.WithLabelValues(job).Set(float64(at.Unix()))
}

// poolCollector reads the state of the database pool when it is asked.
type poolCollector struct{ pool *pgxpool.Pool }

var (
	poolConns = prometheus.NewDesc("db_pool_connections", "Database connections by state.", []string{"state"}, nil)
	poolMax   = prometheus.NewDesc("db_pool_max_connections", "Most database connections.", nil, nil)
	poolTotal = prometheus.NewDesc("db_pool_acquires_total", "Connections handed out.", nil, nil)
	poolEmpty = prometheus.NewDesc("db_pool_empty_acquires_total", "Connections that had to be waited for.", nil, nil)
	poolGone  = prometheus.NewDesc("db_pool_canceled_acquires_total", "Waits for a connection that were given up.", nil, nil)
	poolWait  = prometheus.NewDesc("db_pool_acquire_seconds_total", "Time spent waiting for connections.", nil, nil)
	poolNew   = prometheus.NewDesc("db_pool_new_connections_total", "Connections opened.", nil, nil)
)

// Describe implements prometheus.Collector.
func (poolCollector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{poolConns, poolMax, poolTotal, poolEmpty, poolGone, poolWait, poolNew} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (c poolCollector) Collect(ch chan<- prometheus.Metric) {
	s := c.pool.Stat()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	counter := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, v)
	}
	gauge(poolConns, float64(s.AcquiredConns()), "in-use")
	gauge(poolConns, float64(s.IdleConns()), "idle")
	gauge(poolConns, float64(s.ConstructingConns()), "opening")
	gauge(poolMax, float64(s.MaxConns()))
	counter(poolTotal, float64(s.AcquireCount()))
	counter(poolEmpty, float64(s.EmptyAcquireCount()))
	counter(poolGone, float64(s.CanceledAcquireCount()))
	counter(poolWait, s.AcquireDuration().Seconds())
	counter(poolNew, float64(s.NewConnsCount()))
}

// certCollector tells when certificates end. Registrars' are not told apart:
// tags are no labels. Which one it is "registryctl certs expiring" says.
type certCollector struct{ files *tlsFiles }

var (
	certExpiry = prometheus.NewDesc("certificate_expiry_timestamp_seconds",
		"When a certificate ends: the server's, the authority's, the first of the registrars'.", []string{"certificate"}, nil)
	certDue = prometheus.NewDesc("registrar_certificates_expiring",
		"Registrars' certificates within so many days of their end and not within the next threshold; those that ended count as the last.",
		[]string{"days"}, nil)
)

// Describe implements prometheus.Collector.
func (certCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- certExpiry
	ch <- certDue
}

// Collect implements prometheus.Collector.
func (c certCollector) Collect(ch chan<- prometheus.Metric) {
	ends := func(which string, at time.Time) {
		ch <- prometheus.MustNewConstMetric(certExpiry, prometheus.GaugeValue, float64(at.Unix()), which)
	}
	ends("server", c.files.server.Leaf().NotAfter)
	first := c.files.cas[0].NotAfter
	for _, ca := range c.files.cas {
		if ca.NotAfter.Before(first) {
			first = ca.NotAfter
		}
	}
	ends("ca", first)
	list := c.files.inForce()
	if at, ok := soonest(list); ok {
		ends("registrar", at)
	}
	counts := due(list, time.Now())
	for _, days := range certs.Thresholds {
		ch <- prometheus.MustNewConstMetric(certDue, prometheus.GaugeValue, float64(counts[days]), strconv.Itoa(days))
	}
}
