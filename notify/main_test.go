package notify

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

// leakChecked runs the tests and then looks for goroutines left behind.
type leakChecked struct{ m *testing.M }

func (l leakChecked) Run() int {
	code := l.m.Run()
	if code == 0 {
		err := goleak.Find(goleak.IgnoreTopFunction("github.com/jackc/pgx/v5/pgxpool.(*Pool).backgroundHealthCheck"))
		if err != nil {
			println(err.Error())
			return 1
		}
	}
	return code
}

func TestMain(m *testing.M) { pgtest.Main(leakChecked{m}) }
