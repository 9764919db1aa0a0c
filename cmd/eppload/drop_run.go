package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// drop is one drop at work.
type drop struct {
	*DropCommand
	addr     string
	creds    []credential // as dropTags has them
	database string

	mu       sync.Mutex
	won      map[string]string // name → tag that was told to have it
	twice    int
	served   []int // of each catcher
	refused  int
	taken    chan struct{} // closed when all names are
	lastTake time.Time
	errs     []error
}

func (d *drop) name(i int) string { return fmt.Sprintf("drop%04d.%s", i, dropZone) }

func (d *drop) session(ctx context.Context, cred credential) (*eppclient.Client, error) {
	c, err := eppclient.Dial(ctx, d.addr, cred.tls)
	if err != nil {
		return nil, err
	}
	_, err = c.Login(cred.tag, cred.password, eppclient.LoginOptions{})
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (d *drop) run(ctx context.Context) (*dropped, error) {
	d.won, d.served, d.taken = map[string]string{}, make([]int, d.Tags), make(chan struct{})
	owner, err := d.owner(ctx)
	if err != nil {
		return nil, fmt.Errorf("the names before the drop: %w", err)
	}
	defer owner.Close()
	// Those who wait for names are connected long before.
	clients, err := d.connectAll(ctx)
	defer func() {
		for _, c := range slices.Concat(clients...) {
			_ = c.Close() // a second time for most
		}
	}()
	if err != nil {
		return nil, err
	}
	quiet, err := d.measure(ctx, func() bool { return false }, d.Quiet)
	if err != nil {
		return nil, err
	}
	catching, stop := context.WithTimeout(ctx, d.Longest)
	defer stop()
	var catchers sync.WaitGroup
	sessions := 0
	began := time.Now()
	for i, list := range clients {
		sessions += len(list)
		for _, c := range list {
			catchers.Go(func() { d.catch(catching, i, c) })
		}
	}
	released := make(chan error, 1)
	go func() { released <- d.release(catching, owner) }()
	during, err := d.measure(catching, func() bool {
		select {
		case <-d.taken:
			return true
		default:
			return false
		}
	}, d.Longest)
	stop()
	catchers.Wait()
	err = errors.Join(err, <-released, errors.Join(d.errs...))
	if err != nil {
		return nil, err
	}
	return d.result(ctx, sessions, began, quiet, during)
}

// owner makes the names. It is held to the same rate as everybody.
func (d *drop) owner(ctx context.Context) (*eppclient.Client, error) {
	for _, i := range append([]int{0}, catcherIndexes(d.Tags)...) {
		c, err := d.session(ctx, d.creds[i])
		if err == nil {
			err = refusedOr(c.Do(eppclient.ContactCreate("", newContact(fmt.Sprintf("%s%d", dropContact, i), ""))))
			if i != 0 || err != nil {
				err = errors.Join(err, c.Close())
			}
		}
		if err != nil {
			return nil, err
		}
		if i == 0 {
			defer c.Close()
		}
	}
	err := d.liftOwner(ctx)
	if err != nil {
		return nil, err
	}
	c, err := d.session(ctx, d.creds[0])
	if err != nil {
		return nil, err
	}
	for i := range d.Names {
		err = refusedOr(c.Do(eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: d.name(i), Years: 1, Registrant: dropContact + "0"})))
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// liftOwner lets the owner release as fast as it can, as the registry does.
func (d *drop) liftOwner(ctx context.Context) error {
	return d.query(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `UPDATE registrar SET commands_per_second = 100000 WHERE tag = ANY ($1)`, []string{dropOwner, dropOther})
		return err
	})
}

func catcherIndexes(tags int) []int {
	list := make([]int, tags)
	for i := range list {
		list[i] = i + 2
	}
	return list
}

// refusedOr is a refusal as an error.
func refusedOr(answer []byte, err error) error {
	if err != nil {
		return err
	}
	return eppclient.Refusal(answer)
}

// release deletes the names, which free themselves at once: they are new.
func (d *drop) release(ctx context.Context, c *eppclient.Client) error {
	for _, i := range rand.Perm(d.Names) {
		err := refusedOr(c.Do(eppclient.DomainDelete("", d.name(i))))
		if err != nil {
			return fmt.Errorf("release %s: %w", d.name(i), err)
		}
	}
	return ctx.Err()
}

// connectAll opens the sessions of all catchers, by catcher.
func (d *drop) connectAll(ctx context.Context) ([][]*eppclient.Client, error) {
	all := make([][]*eppclient.Client, d.Tags)
	for i := range all {
		n := d.Sessions
		if i < d.Greedy {
			n *= 4
		}
		for range n {
			c, err := d.session(ctx, d.creds[i+2])
			if err != nil {
				return all, err
			}
			all[i] = append(all[i], c)
		}
	}
	return all, nil
}

// catch is one session of a catcher: it asks for the names in an order of its
// own, again and again, as fast as the server answers. A session that the
// server ends is opened again.
func (d *drop) catch(ctx context.Context, catcher int, c *eppclient.Client) {
	contact, cred := fmt.Sprintf("%s%d", dropContact, catcher+2), d.creds[catcher+2]
	defer func() {
		if c != nil {
			_ = c.Close()
		}
	}()
	order := rand.Perm(d.Names)
	for k := 0; ctx.Err() == nil; k++ {
		name := d.name(order[k%len(order)])
		if d.isTaken(name) {
			if d.allTaken() {
				return
			}
			continue
		}
		if c == nil {
			var err error
			c, err = d.session(ctx, cred)
			if err != nil {
				c = nil
				wait(ctx, 100*time.Millisecond)
				continue
			}
		}
		answer, err := c.Do(eppclient.DomainCreate("", eppclient.DomainCreateOptions{Name: name, Years: 1, Registrant: contact}))
		if err != nil {
			_ = c.Close()
			c = nil
			continue
		}
		if !d.note(catcher, cred.tag, name, answer) {
			_ = c.Close()
			c = nil
		}
	}
}

// note counts an answer; false: the server ended the session.
func (d *drop) note(catcher int, tag, name string, answer []byte) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch code := eppclient.ResultCode(answer); code {
	case 1000:
		d.served[catcher]++
		if _, again := d.won[name]; again {
			d.twice++
		}
		d.won[name], d.lastTake = tag, time.Now()
		if len(d.won) == d.Names {
			close(d.taken)
		}
	case 2302:
		d.served[catcher]++
	case 2502:
		d.refused++
		return false
	default:
		d.errs = append(d.errs, fmt.Errorf("create of %s by %s: %s", name, tag, excerpt(answer)))
	}
	return true
}

func (d *drop) isTaken(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, taken := d.won[name]
	return taken
}

func (d *drop) allTaken() bool {
	select {
	case <-d.taken:
		return true
	default:
		return false
	}
}

// measure has the unrelated registrar check names, fifty a second, until the
// time or enough says so.
func (d *drop) measure(ctx context.Context, enough func() bool, longest time.Duration) (*histogram, error) {
	h := &histogram{}
	c, err := d.session(ctx, d.creds[1])
	if err != nil {
		return h, err
	}
	defer c.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(longest); time.Now().Before(end) && !enough(); {
		select {
		case <-ctx.Done():
			return h, errors.New("not all names were taken in time")
		case <-tick.C:
		}
		began := time.Now()
		err = refusedOr(c.Do(eppclient.DomainCheck("", "unrelated."+dropZone)))
		if err != nil {
			return h, fmt.Errorf("the unrelated registrar: %w", err)
		}
		h.record(time.Since(began))
	}
	return h, nil
}

// result compares what was answered with the register and its history.
func (d *drop) result(ctx context.Context, sessions int, began time.Time, quiet, during *histogram) (*dropped, error) {
	ms := func(h *histogram, q float64) float64 { return float64(h.quantile(q).Microseconds()) / 1000 }
	r := &dropped{Tags: d.Tags, Greedy: d.Greedy, Names: d.Names, Rate: d.Rate, Sessions: sessions, Refused: d.refused,
		Seconds: d.lastTake.Sub(began).Seconds(), Winners: len(d.won) - d.twice, Lost: d.twice,
		MostServed: slices.Max(d.served), LeastServed: slices.Min(d.served), Checks: int(during.count),
		QuietP50: ms(quiet, 0.5), QuietP99: ms(quiet, 0.99), DropP50: ms(during, 0.5), DropP99: ms(during, 0.99)}
	wins := map[string]int{}
	for i := range d.Tags {
		wins[d.creds[i+2].tag] = 0
		r.Served += d.served[i]
	}
	for _, tag := range d.won {
		wins[tag]++
	}
	r.LeastWon = d.Names
	for _, n := range wins {
		r.MostWon, r.LeastWon = max(r.MostWon, n), min(r.LeastWon, n)
	}
	r.Share = float64(r.MostServed) / float64(max(r.Served, 1))
	return r, d.query(ctx, func(conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, `SELECT d.name, r.tag, (SELECT count(*) FROM history h WHERE h.object = 'domain'
				AND h.object_name = d.name AND h.action = 'create' AND h.registrar_id <> (SELECT id FROM registrar WHERE tag = $1))
			FROM domain d JOIN registrar r ON r.id = d.sponsor`, dropOwner)
		if err != nil {
			return err
		}
		found := 0
		var name, tag string
		var creates int
		_, err = pgx.ForEachRow(rows, []any{&name, &tag, &creates}, func() error {
			found++
			if d.won[name] != tag || creates != 1 {
				r.Lost++
			}
			return nil
		})
		r.Lost += max(0, d.Names-found)
		return err
	})
}

// query works on the database past the server.
func (d *drop) query(ctx context.Context, fn func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, d.database)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return fn(conn)
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
