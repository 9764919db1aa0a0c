package notify

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namekeep/namekeep/registry/pg"
)

// Metrics counts what became of messages and shows the state of the outbox.
type Metrics struct {
	db      *pg.DB
	clock   func() time.Time
	results *prometheus.CounterVec

	waiting, oldest, failed, letters, up *prometheus.Desc
}

// Results of handing in a message, as labels of mail_results_total.
const (
	resultSent    = "sent"
	resultRefused = "refused" // for good, by the server
	resultRetry   = "retry"   // to be tried again
	resultExpired = "expired" // given up after three days
	resultBroken  = "broken"  // the notice could not be rendered
)

// NewMetrics returns the metrics of an outbox, to be registered once. The clock
// is real time.
func NewMetrics(db *pg.DB, clock func() time.Time) *Metrics {
	desc := func(name, help string) *prometheus.Desc { return prometheus.NewDesc(name, help, nil, nil) }
	m := &Metrics{
		db: db, clock: clock,
		results: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "mail_results_total",
			Help: "Attempts to send a message by result."}, []string{"result"}),
		waiting: desc("mail_outbox_waiting", "Messages that wait to be sent."),
		oldest:  desc("mail_outbox_oldest_seconds", "Age of the oldest message that waits."),
		failed:  desc("mail_outbox_failed", "Messages that failed and were not retried by staff."),
		letters: desc("post_letters_waiting", "Letters that are not in the spool yet."),
		up:      desc("mail_outbox_up", "1 if the outbox could be read."),
	}
	for _, r := range []string{resultSent, resultRefused, resultRetry, resultExpired, resultBroken} {
		m.results.WithLabelValues(r)
	}
	return m
}

func (m *Metrics) count(result string) {
	if m != nil {
		m.results.WithLabelValues(result).Inc()
	}
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.results.Describe(ch)
	for _, d := range []*prometheus.Desc{m.waiting, m.oldest, m.failed, m.letters, m.up} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.results.Collect(ch)
	ctx, cancel := context.WithTimeout(context.Background(), pg.DefaultConnectTimeout)
	defer cancel()
	var waiting, failed, letters int64
	var oldest *time.Time
	err := m.db.Pool.QueryRow(ctx, `SELECT
		(SELECT count(*) FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL),
		(SELECT min(queued_at) FROM outbox WHERE sent_at IS NULL AND failed_at IS NULL),
		(SELECT count(*) FROM outbox WHERE failed_at IS NOT NULL),
		(SELECT count(*) FROM post_item WHERE spooled_at IS NULL)`).Scan(&waiting, &oldest, &failed, &letters)
	gauge := func(d *prometheus.Desc, v float64) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v)
	}
	if err != nil {
		gauge(m.up, 0)
		return
	}
	age := 0.0
	if oldest != nil {
		age = max(0, m.clock().Sub(*oldest).Seconds())
	}
	gauge(m.up, 1)
	gauge(m.waiting, float64(waiting))
	gauge(m.oldest, age)
	gauge(m.failed, float64(failed))
	gauge(m.letters, float64(letters))
}
