package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// operation is a kind of command that the load consists of.
type operation string

// The operations. opLogin is a whole session: connect, login, logout.
const (
	opHello         operation = "hello"
	opLogin         operation = "login"
	opPoll          operation = "poll"
	opCheck         operation = "check"
	opInfo          operation = "info"
	opCreate        operation = "create"
	opRenew         operation = "renew"
	opUpdate        operation = "update"
	opContactCheck  operation = "contact-check"
	opContactInfo   operation = "contact-info"
	opContactCreate operation = "contact-create"
	opContactUpdate operation = "contact-update"
	opHostCheck     operation = "host-check"
	opHostInfo      operation = "host-info"
	opHostCreate    operation = "host-create"

	// What the bare servers are asked.
	opBareEcho  operation = "bare-echo"
	opBareQuery operation = "bare-query"
	opBareRenew operation = "bare-renew"
)

var operations = []operation{opHello, opLogin, opPoll, opCheck, opInfo, opCreate, opRenew, opUpdate,
	opContactCheck, opContactInfo, opContactCreate, opContactUpdate, opHostCheck, opHostInfo, opHostCreate,
	opBareEcho, opBareQuery, opBareRenew}

func (o operation) bare() bool { return strings.HasPrefix(string(o), "bare-") }

// maxWeight bounds the shares of a mix.
const maxWeight = 1_000_000

// share is one operation of a mix with its weight.
type share struct {
	op     operation
	weight int
}

// mix says which operations the load consists of, in what proportion.
type mix []share

// parseMix reads "check=70,info=20,renew=10"; a single operation needs no
// weight. Weights are relative.
func parseMix(s string) (mix, error) {
	var m mix
	for part := range strings.SplitSeq(s, ",") {
		name, number, weighted := strings.Cut(strings.TrimSpace(part), "=")
		op := operation(name)
		if !slices.Contains(operations, op) {
			return nil, fmt.Errorf("unknown operation %q; there are %s", name, operationNames())
		}
		weight := 1
		if weighted {
			var err error
			weight, err = strconv.Atoi(number)
			if err != nil || weight < 1 || weight > maxWeight {
				return nil, fmt.Errorf("weight %q of %s: not a whole number from 1 to %d", number, name, maxWeight)
			}
		}
		if slices.ContainsFunc(m, func(s share) bool { return s.op == op }) {
			return nil, fmt.Errorf("%s is there twice", name)
		}
		m = append(m, share{op, weight})
	}
	if len(m) > 1 && (m.has(opLogin) || slices.ContainsFunc(m, func(s share) bool { return s.op.bare() })) {
		return nil, fmt.Errorf("login and the bare operations cannot be mixed with others")
	}
	return m, nil
}

func operationNames() string {
	names := make([]string, len(operations))
	for i, op := range operations {
		names[i] = string(op)
	}
	return strings.Join(names, ", ")
}

func (m mix) has(op operation) bool {
	return slices.ContainsFunc(m, func(s share) bool { return s.op == op })
}

// pick draws an operation by weight.
func (m mix) pick(r *rand.Rand) operation {
	if len(m) == 1 {
		return m[0].op
	}
	total := 0
	for _, s := range m {
		total += s.weight
	}
	n := r.IntN(total)
	for _, s := range m {
		n -= s.weight
		if n < 0 {
			return s.op
		}
	}
	return m[len(m)-1].op
}

func (m mix) String() string {
	parts := make([]string, len(m))
	for i, s := range m {
		parts[i] = fmt.Sprintf("%s=%d", s.op, s.weight)
	}
	return strings.Join(parts, ",")
}
