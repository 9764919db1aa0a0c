package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// ReloadInterval is how often Reloader.Run looks at the files by default.
const ReloadInterval = 5 * time.Second

// Reloader serves a certificate from two PEM files and follows their changes.
// Sessions that are open keep the certificate they began with; new handshakes
// see the new one. It is safe for concurrent use.
type Reloader struct {
	certFile, keyFile string
	onError           func(error)
	current           atomic.Pointer[tls.Certificate]

	mu       sync.Mutex // one load at a time; guards the rest
	loaded   stamp      // of the files last loaded
	reported string     // last fault told, so that each is told once
}

// stamp identifies a state of the two files without reading them.
type stamp struct{ cert, key fileStamp }

type fileStamp struct {
	modified time.Time
	size     int64
}

// NewReloader loads the certificate. onError, which may be nil, is told each
// new fault of a later reload. It fails when the files do not load, do not
// belong together or have expired.
func NewReloader(certFile, keyFile string, onError func(error)) (*Reloader, error) {
	r := &Reloader{certFile: certFile, keyFile: keyFile, onError: onError}
	if err := r.Reload(); err != nil {
		return nil, err
	}
	return r, nil
}

// GetCertificate returns the current certificate; it is the hook of the same
// name in tls.Config.
func (r *Reloader) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return r.current.Load(), nil
}

// Leaf returns the current server certificate.
func (r *Reloader) Leaf() *x509.Certificate { return r.current.Load().Leaf }

// Reload loads the files now. If that fails the certificate in use stays.
func (r *Reloader) Reload() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	st, err := r.stat()
	if err != nil {
		return err
	}
	return r.load(st)
}

// Run looks at the files every interval and reloads them when they changed,
// until the context ends. A fault goes to onError once and the load is tried
// again each time: certificate and key may be replaced one after the other.
// An interval of zero means ReloadInterval.
func (r *Reloader) Run(ctx context.Context, interval time.Duration) {
	if interval <= 0 {
		interval = ReloadInterval
	}
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			r.poll()
		}
	}
}

// poll reloads if the files differ from those loaded.
func (r *Reloader) poll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	st, err := r.stat()
	if err == nil && st != r.loaded {
		err = r.load(st)
	}
	if err == nil {
		r.reported = ""
		return
	}
	if err.Error() != r.reported && r.onError != nil {
		r.onError(err)
	}
	r.reported = err.Error()
}

// load reads the files, whose state was st before reading. A change during
// the reading shows as another stamp at the next poll.
func (r *Reloader) load(st stamp) error {
	pair, err := tls.LoadX509KeyPair(r.certFile, r.keyFile)
	if err != nil {
		return fmt.Errorf("certs: load %s: %w", r.certFile, err)
	}
	if now := time.Now(); now.After(pair.Leaf.NotAfter) {
		return fmt.Errorf("certs: load %s: the certificate expired on %s",
			r.certFile, pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	r.current.Store(&pair)
	r.loaded = st
	return nil
}

// stat returns the state of both files.
func (r *Reloader) stat() (stamp, error) {
	cert, err := os.Stat(r.certFile)
	if err != nil {
		return stamp{}, fmt.Errorf("certs: %w", err)
	}
	key, err := os.Stat(r.keyFile)
	if err != nil {
		return stamp{}, fmt.Errorf("certs: %w", err)
	}
	return stamp{
		cert: fileStamp{cert.ModTime(), cert.Size()},
		key:  fileStamp{key.ModTime(), key.Size()},
	}, nil
}
