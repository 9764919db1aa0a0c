package eppserver_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
)

func quiet(o *epptest.Options) { o.Config.Log, o.Config.DebugXML = nil, false }

// BenchmarkHello is the cost of a frame and its answer; eight sessions.
func BenchmarkHello(b *testing.B) {
	h := epptest.New(b, quiet)
	var clients [8]*epptest.Client
	for i := range clients {
		clients[i] = h.Login("DEMO-A")
	}
	b.ResetTimer()
	var wg sync.WaitGroup
	for i, c := range clients {
		wg.Go(func() {
			for n := i; n < b.N; n += len(clients) {
				if _, err := c.Hello(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "hello/s")
}

// BenchmarkSessionPerCommand is connect, login, logout; eight at a time.
func BenchmarkSessionPerCommand(b *testing.B) {
	h := epptest.New(b, quiet)
	h.Login("DEMO-A") // the password is known from here on
	cfg := h.ClientTLS("DEMO-A")
	work := make(chan int)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range work {
				c, err := eppclient.Dial(b.Context(), h.UK, cfg)
				if err == nil {
					_, err = c.Login("DEMO-A", epptest.Password, eppclient.LoginOptions{})
				}
				if err == nil {
					_, err = c.Logout("")
				}
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	b.ResetTimer()
	for i := range b.N {
		work <- i
	}
	close(work)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logins/s")
}

// BenchmarkIdleSession is the memory of a session that waits, server and
// client together; the client's share is some 35 kB.
func BenchmarkIdleSession(b *testing.B) {
	h := epptest.New(b, quiet, func(o *epptest.Options) { o.UK.Limits.Sessions = -1 })
	h.Login("DEMO-A")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range b.N {
		h.Login("DEMO-A")
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	used := after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse
	b.ReportMetric(float64(used)/float64(b.N), "B/session")
}
