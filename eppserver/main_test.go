package eppserver_test

import (
	"testing"

	"github.com/namekeep/namekeep/eppserver/epptest"
)

func TestMain(m *testing.M) { epptest.Main(m) }
