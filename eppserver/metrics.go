package eppserver

import (
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namekeep/namekeep/xml"
)

// metrics are the server's own. Labels come from closed sets: never a name, a
// tag or an address.
type metrics struct {
	commands          *prometheus.CounterVec   // command, object, result
	duration          *prometheus.HistogramVec // command, result class
	connections       *prometheus.GaugeVec     // listener
	sessions          *prometheus.GaugeVec     // listener, profile
	logins            *prometheus.CounterVec   // listener, result
	handshakeFailures *prometheus.CounterVec   // listener, reason
	refused           *prometheus.CounterVec   // listener
	frames            *prometheus.CounterVec   // direction
	bytes             *prometheus.CounterVec   // direction
	panics            prometheus.Counter

	framesIn, framesOut, bytesIn, bytesOut prometheus.Counter

	registerer prometheus.Registerer
	registered []prometheus.Collector
}

// newMetrics makes and registers them; reg may be nil.
func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string, labels ...string) *prometheus.GaugeVec {
		return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		registerer: reg,
		commands:   counter("epp_commands_total", "EPP commands answered.", "command", "object", "result"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "epp_command_duration_seconds", Help: "Time from a whole frame to its answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"command", "class"}),
		connections:       gauge("epp_connections", "Open connections.", "listener"),
		sessions:          gauge("epp_sessions", "Sessions logged in.", "listener", "profile"),
		logins:            counter("epp_logins_total", "Logins by result.", "listener", "result"),
		handshakeFailures: counter("epp_tls_handshake_failures_total", "TLS handshakes that failed.", "listener", "reason"),
		refused:           counter("epp_connections_refused_total", "Connections over a limit.", "listener"),
		frames:            counter("epp_frames_total", "Frames.", "direction"),
		bytes:             counter("epp_frame_bytes_total", "Bytes of frames, headers included.", "direction"),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "epp_panics_total", Help: "Bugs that ended a connection with 2500."}),
	}
	m.framesIn, m.framesOut = m.frames.WithLabelValues("in"), m.frames.WithLabelValues("out")
	m.bytesIn, m.bytesOut = m.bytes.WithLabelValues("in"), m.bytes.WithLabelValues("out")
	if reg == nil {
		return m, nil
	}
	for _, c := range []prometheus.Collector{
		m.commands, m.duration, m.connections, m.sessions, m.logins, m.handshakeFailures, m.refused,
		m.frames, m.bytes, m.panics,
	} {
		err := reg.Register(c)
		if err != nil {
			m.unregister()
			return nil, errors.Join(errors.New("two servers on one registerer"), err)
		}
		m.registered = append(m.registered, c)
	}
	return m, nil
}

// unregister takes the metrics back, so that another server can follow.
func (m *metrics) unregister() {
	for _, c := range m.registered {
		m.registerer.Unregister(c)
	}
	m.registered = nil
}

func (m *metrics) received(n int) {
	m.framesIn.Inc()
	m.bytesIn.Add(float64(n))
}

func (m *metrics) sent(n int) {
	m.framesOut.Inc()
	m.bytesOut.Add(float64(n))
}

// command counts one command. What could not be read is "invalid".
func (m *metrics) command(cmd *xml.Command, code xml.ResultCode, took time.Duration) {
	verb, object := "invalid", ""
	if cmd != nil {
		verb, object = string(cmd.Verb), cmd.Object
	}
	m.commands.WithLabelValues(verb, object, strconv.Itoa(int(code))).Inc()
	class := "refused"
	switch {
	case code.Success():
		class = "ok"
	case code == xml.CodeFailed, code == xml.CodeFailedClosing:
		class = "failed"
	}
	m.duration.WithLabelValues(verb, class).Observe(took.Seconds())
}

// profileName is a profile as metrics and logs spell it.
func profileName(p xml.Profile) string { return string(registryProfile(p)) }
