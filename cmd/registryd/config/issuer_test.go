package config

import (
	"reflect"
	"testing"

	"github.com/namekeep/namekeep/billing"
)

func TestIssuer(t *testing.T) {
	by := Identity{Name: "R", Address: []string{"1 High St"}, Email: "r@r.example", URL: "https://r.example", TaxID: "VAT GB 1",
		Payment: []string{"IBAN: GB1"}}.Issuer()
	want := billing.Issuer{Name: "R", Lines: []string{"1 High St", "r@r.example", "https://r.example"}, TaxID: "VAT GB 1", Bank: []string{"IBAN: GB1"}}
	if !reflect.DeepEqual(by, want) {
		t.Errorf("%+v", by)
	}
}
