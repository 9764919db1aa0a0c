package eppserver_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"github.com/namekeep/namekeep/eppserver/epptest"
	"github.com/namekeep/namekeep/xml"
)

// E3: many guesses at once do not share one delay, over all connections. The
// registrar, whose password the server has seen, is not kept out meanwhile.
func TestParallelGuesses(t *testing.T) {
	t.Parallel()
	h := epptest.New(t)
	h.Login("DEMO-A")
	var answered atomic.Int32
	var guessers sync.WaitGroup
	end := time.Now().Add(2 * time.Second)
	for range 24 {
		cfg := h.ClientTLS("DEMO-A")
		guessers.Go(func() {
			for time.Now().Before(end) {
				c, err := eppclient.Dial(t.Context(), h.UK, cfg)
				if err != nil {
					t.Error(err)
					return
				}
				c.Timeout = time.Until(end) + 10*time.Millisecond
				answer, err := c.Do(eppclient.Login(c.Greeting(), "DEMO-A", "wrong-password", eppclient.LoginOptions{}))
				if err == nil && eppclient.ResultCode(answer) == int(xml.CodeAuthentication) {
					answered.Add(1)
				}
				_ = c.Close()
			}
		})
	}
	time.Sleep(time.Second)
	began := time.Now()
	h.Login("DEMO-A")
	if took := time.Since(began); took > 700*time.Millisecond {
		t.Errorf("the registrar waited %s while others guessed", took)
	}
	guessers.Wait()
	// One at once, then after 0.1, 0.2, 0.4, 0.8 and 1.6 seconds; a success in
	// between forgets the failures once.
	if n := answered.Load(); n < 2 || n > 12 {
		t.Errorf("%d guesses were answered within two seconds", n)
	}
}

// E3, E4: who is not logged in may send a few frames, no flood of them.
func TestFramesBeforeLogin(t *testing.T) {
	t.Parallel()
	h := epptest.New(t)
	c := h.Connect("DEMO-A")
	began := time.Now()
	for range 14 {
		_, err := c.Hello()
		if err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 1500*time.Millisecond {
		t.Errorf("14 frames before the login were answered in %s", took)
	}
	c.LogIn("DEMO-A")
	began = time.Now()
	for range 100 {
		_, err := c.Hello()
		if err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("100 frames after the login took %s", took)
	}
}
