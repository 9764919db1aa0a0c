package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// Bounds of one run: this is a measuring tool for one machine, and no run of it
// may last or hurt for long.
const (
	maxCount    = 10_000_000
	maxDuration = 10 * time.Minute
	maxSessions = 5_000
	maxPipeline = 64
)

const (
	// connectAtOnce bounds the handshakes in progress while sessions are opened.
	connectAtOnce = 16
	// sessionTimeout bounds each exchange.
	sessionTimeout = 30 * time.Second
	// maxFailures ends a run that only fails.
	maxFailures = 1000
	// effectsPerSession is how many of its changes a session looks up at the end.
	effectsPerSession = 3
)

// load is one run: what to send, to whom, how much of it.
type load struct {
	target   target
	stock    *stock
	mix      mix
	sessions int
	pipeline int           // commands sent together, in one write
	count    int64         // measured commands; 0: only time bounds the run
	duration time.Duration // measured time
	warmup   time.Duration // before it, not counted
	names    int           // per check
	answer   int           // length of a bare server's answers
	resume   bool          // login resumes TLS sessions
	// processes are those whose processor time is told, by what they are.
	processes map[string]func() (time.Duration, error)

	left     atomic.Int64 // of count
	stop     atomic.Bool  // ends the run before its time
	failures atomic.Int64
	start    time.Time // of the measured time
	end      time.Time
}

// check refuses what is out of bounds.
func (l *load) check() error {
	switch {
	case l.sessions < 1 || l.sessions > maxSessions:
		return fmt.Errorf("sessions: from 1 to %d", maxSessions)
	case l.pipeline < 1 || l.pipeline > maxPipeline:
		return fmt.Errorf("pipeline: from 1 to %d", maxPipeline)
	case l.count < 0 || l.count > maxCount:
		return fmt.Errorf("count: at most %d", maxCount)
	case l.duration <= 0 || l.duration > maxDuration || l.warmup < 0 || l.warmup > maxDuration:
		return fmt.Errorf("duration and warm-up: at most %s", maxDuration)
	case l.names < 1 || l.names > 100:
		return errors.New("names per check: from 1 to 100")
	case l.pipeline > 1 && l.mix.has(opLogin):
		return errors.New("login is a session each: nothing to pipeline")
	}
	return checkLoopback(l.target.addr)
}

// run opens the sessions, lets them work, and reports.
func (l *load) run(ctx context.Context) (*report, error) {
	err := l.check()
	if err != nil {
		return nil, err
	}
	workers := make([]*worker, l.sessions)
	defer func() {
		for _, w := range workers {
			if w != nil && w.client != nil {
				_ = w.client.Close() // measured already
			}
		}
	}()
	opening, openCtx := errgroup.WithContext(ctx)
	opening.SetLimit(connectAtOnce)
	for i := range workers {
		opening.Go(func() error {
			w := l.newWorker(i)
			workers[i] = w
			if l.mix.has(opLogin) {
				return nil
			}
			return w.connect(openCtx)
		})
	}
	err = opening.Wait()
	if err != nil {
		return nil, fmt.Errorf("open %d sessions: %w", l.sessions, err)
	}
	return l.measure(ctx, workers)
}

// measure runs the closed loops of all sessions together.
func (l *load) measure(ctx context.Context, workers []*worker) (*report, error) {
	l.left.Store(l.count)
	l.start = time.Now().Add(l.warmup)
	l.end = l.start.Add(l.duration)
	// The processes' times are read when the warm-up ends, by a timer.
	var before map[string]time.Duration
	var beforeErr error
	var sampled sync.WaitGroup
	sampled.Go(func() {
		time.Sleep(time.Until(l.start))
		before, beforeErr = l.sample()
	})
	var loops sync.WaitGroup
	for _, w := range workers {
		loops.Go(func() { w.loop(ctx) })
	}
	loops.Wait()
	finished := time.Now()
	after, err := l.sample()
	sampled.Wait()
	if err = errors.Join(beforeErr, err, ctx.Err()); err != nil {
		return nil, err
	}
	r := l.report(workers, finished.Sub(l.start), before, after)
	for _, w := range workers {
		r.addEffects(w.lookUpEffects())
	}
	return r, nil
}

func (l *load) sample() (map[string]time.Duration, error) {
	times := map[string]time.Duration{}
	for name, read := range l.processes {
		t, err := read()
		if err != nil {
			return nil, fmt.Errorf("processor time of %s: %w", name, err)
		}
		times[name] = t
	}
	t, err := processTime(os.Getpid())
	if err == nil {
		times["client"] = t
	}
	return times, nil
}

// worker is one session.
type worker struct {
	load      *load
	maker     maker
	cred      credential
	client    *eppclient.Client
	byOp      map[operation]*histogram
	failed    uint64
	first     []string // the first failures, for the report
	exhausted bool
	effects   []request // the last changes, a ring
	changes   int
	bytesIn   uint64
	buf       []byte
}

func (l *load) newWorker(i int) *worker {
	tag := i % len(l.target.creds)
	w := &worker{load: l, cred: l.target.creds[tag], byOp: map[operation]*histogram{}}
	w.maker = maker{stock: l.stock, tag: tag, profile: l.target.profile, rand: rand.New(rand.NewPCG(uint64(i), uint64(time.Now().UnixNano()))),
		id: fmt.Sprint(i), names: l.names, answer: l.answer}
	return w
}

// connect opens the session, and logs in unless the server is a bare one.
func (w *worker) connect(ctx context.Context) error {
	c, err := eppclient.Dial(ctx, w.load.target.addr, w.cred.tls)
	if err != nil {
		return err
	}
	c.Timeout = sessionTimeout
	w.client = c
	if w.load.mix[0].op.bare() {
		return nil
	}
	_, err = c.Login(w.cred.tag, w.cred.password, loginOptions(c.Greeting(), w.maker.clTRID()))
	return err
}

// loop sends commands until the time, the count, or the names run out.
func (w *worker) loop(ctx context.Context) {
	for ctx.Err() == nil && w.load.failures.Load() < maxFailures && !w.load.stop.Load() {
		now := time.Now()
		if !now.Before(w.load.end) {
			return
		}
		n, measured := w.load.pipeline, !now.Before(w.load.start)
		if measured && w.load.count > 0 {
			left := w.load.left.Add(-int64(n)) + int64(n)
			if left <= 0 {
				return
			}
			n = int(min(int64(n), left))
		}
		var ok bool
		if w.load.mix.has(opLogin) {
			ok = w.session(ctx, measured)
		} else {
			ok = w.batch(n, measured)
		}
		if !ok {
			return
		}
	}
}

// batch sends n commands in one write and reads their answers. It reports
// whether the session can go on.
func (w *worker) batch(n int, measured bool) bool {
	requests := make([]request, 0, n)
	w.buf = w.buf[:0]
	for range n {
		q, err := w.maker.next(w.load.mix.pick(w.maker.rand))
		if err != nil {
			w.exhausted = true
			break
		}
		w.buf = appendFrame(w.buf, q.frame)
		requests = append(requests, q)
	}
	if len(requests) == 0 {
		return false
	}
	start := time.Now()
	err := w.client.WriteRaw(w.buf)
	if err != nil {
		w.fail(requests[0].op, err)
		return false
	}
	for i := range requests {
		answer, err := w.client.ReadFrame()
		if err != nil {
			w.fail(requests[i].op, err)
			return false
		}
		w.took(requests[i].op, time.Since(start), measured)
		w.bytesIn += uint64(len(answer))
		w.judge(&requests[i], answer)
	}
	return !w.exhausted
}

// judge verifies an answer and notes a change for the look-up at the end.
func (w *worker) judge(q *request, answer []byte) {
	err := q.verify(answer)
	switch {
	case err != nil:
		w.fail(q.op, err)
	case q.result == nil || q.length > 0 && q.op.bare():
	case len(w.effects) < effectsPerSession:
		w.effects = append(w.effects, *q)
		w.changes++
	default:
		w.effects[w.changes%effectsPerSession] = *q
		w.changes++
	}
}

// verify checks the answer of the server or the bare server.
func (q *request) verify(answer []byte) error {
	if !q.op.bare() {
		return q.want.check(answer)
	}
	if len(answer) != q.length || string(answer[:min(len(answer), len(q.prefix))]) != string(q.prefix) {
		return fmt.Errorf("expected %d bytes beginning with %q, got %d: %s", q.length, q.prefix, len(answer), excerpt(answer))
	}
	return nil
}

// session is one login: connect, log in, log out.
func (w *worker) session(ctx context.Context, measured bool) bool {
	id, end := w.maker.clTRID(), w.maker.clTRID()
	config := w.cred.tls
	if config != nil && !w.load.resume {
		config = config.Clone()
		config.ClientSessionCache = nil
	}
	start := time.Now()
	c, err := eppclient.Dial(ctx, w.load.target.addr, config)
	if err != nil {
		w.fail(opLogin, err)
		return true
	}
	defer c.Close()
	c.Timeout = sessionTimeout
	answer, err := c.Do(eppclient.Login(c.Greeting(), w.cred.tag, w.cred.password, loginOptions(c.Greeting(), id)))
	if err == nil {
		err = (&expectation{codes: []string{"1000"}, clTRID: id}).check(answer)
	}
	if err == nil {
		answer, err = c.Do(eppclient.Logout(end))
	}
	if err == nil {
		err = (&expectation{codes: []string{"1500"}, clTRID: end}).check(answer)
	}
	w.took(opLogin, time.Since(start), measured)
	if err != nil {
		w.fail(opLogin, err)
	}
	return true
}

func (w *worker) took(op operation, d time.Duration, measured bool) {
	if !measured {
		return
	}
	h := w.byOp[op]
	if h == nil {
		h = &histogram{}
		w.byOp[op] = h
	}
	h.record(d)
}

func (w *worker) fail(op operation, err error) {
	w.failed++
	w.load.failures.Add(1)
	if len(w.first) < 3 {
		w.first = append(w.first, fmt.Sprintf("%s: %v", op, err))
	}
}

// lookUpEffects asks, outside the measured time, whether the session's last
// changes are really in the register.
func (w *worker) lookUpEffects() (int, []string) {
	var wrong []string
	for _, q := range w.effects {
		id := w.maker.clTRID()
		q.result.clTRID = id
		answer, err := w.client.Do(eppclient.DomainInfo(id, eppclient.DomainInfoOptions{Name: q.name}))
		if err == nil {
			err = q.result.check(answer)
		}
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%s of %s is not in the register: %v", q.op, q.name, err))
		}
	}
	return len(w.effects), wrong
}

// loginOptions announces what deployed registrar software does: all of the
// greeting but our own extension, which makes an info a second query.
func loginOptions(greeting []byte, clTRID string) eppclient.LoginOptions {
	objects, extensions := eppclient.Services(greeting)
	extensions = slices.DeleteFunc(extensions, func(uri string) bool { return uri == "urn:namekeep:epp:renewal-1.0" })
	return eppclient.LoginOptions{ClTRID: clTRID, ObjectURIs: objects, ExtensionURIs: extensions}
}
