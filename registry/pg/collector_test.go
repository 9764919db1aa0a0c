package pg_test

import (
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/namekeep/namekeep/registry/pg/pgtest"
)

func TestCollector(t *testing.T) {
	db := pgtest.New(t)
	reg := prometheus.NewPedanticRegistry()
	if err := reg.Register(db.Collector()); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(), "select 1"); err != nil {
		t.Fatal(err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		m := f.GetMetric()[0]
		values[f.GetName()] = m.GetGauge().GetValue() + m.GetCounter().GetValue()
	}
	if len(values) != 8 || values["db_pool_connections_max"] != 4 || values["db_pool_acquires_total"] < 1 {
		t.Errorf("metrics %v", values)
	}
}
