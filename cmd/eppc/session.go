package main

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/namekeep/namekeep/eppserver/eppclient"
	"golang.org/x/term"
)

// connection says where to connect and as whom.
type connection struct {
	Demo         string        `env:"EPPC_DEMO" placeholder:"DIR" help:"Directory of a running demo (default: demo, if it is there and no server is given)."`
	Profile      string        `env:"EPPC_PROFILE" enum:"uk,gtld" default:"uk" help:"The demo's listener: ${enum}."`
	Server       string        `env:"EPPC_SERVER" placeholder:"HOST:PORT" help:"Server to connect to."`
	ServerName   string        `env:"EPPC_SERVER_NAME" placeholder:"NAME" help:"Name in the server's certificate, if not the host."`
	CA           string        `env:"EPPC_CA" placeholder:"FILE" help:"CA certificates the server's is checked by (PEM)."`
	Cert         string        `env:"EPPC_CERT" placeholder:"FILE" help:"Client certificate (PEM)."`
	Key          string        `env:"EPPC_KEY" placeholder:"FILE" help:"Its private key (PEM)."`
	Plain        bool          `env:"EPPC_PLAIN" help:"Connect without TLS (test listeners on loopback)."`
	Tag          string        `env:"EPPC_TAG" help:"Registrar tag to log in as (demo: the first one)."`
	Password     string        `env:"EPPC_PASSWORD" placeholder:"PW" help:"Its password; see --password-file."`
	PasswordFile string        `env:"EPPC_PASSWORD_FILE" type:"path" placeholder:"FILE" help:"File with the password; a line end is not part of it."`
	Timeout      time.Duration `env:"EPPC_TIMEOUT" default:"60s" help:"How long to wait for the connection, and for each answer."`
}

// session is the connection the commands of one run share. It connects and
// logs in when the first command needs it.
type session struct {
	ctx            context.Context // of the run; kong hands commands one value only
	conn           *connection
	out            *output
	stdin          io.Reader
	stdout, stderr io.Writer
	// askPassword reads a password without echo; nil asks on the terminal if
	// there is one.
	askPassword func(prompt string) (string, error)

	client   *eppclient.Client
	loggedIn bool
	run      string // random part of the transaction identifiers
	count    int
}

// clTRID returns a new transaction identifier.
func (s *session) clTRID() string {
	if s.run == "" {
		var b [4]byte
		_, _ = rand.Read(b[:]) // never fails (crypto/rand)
		s.run = hex.EncodeToString(b[:])
	}
	s.count++
	return fmt.Sprintf("EPPC-%s-%d", s.run, s.count)
}

// connect opens the connection unless it is open.
func (s *session) connect() error {
	if s.client != nil {
		return nil
	}
	if err := s.resolve(); err != nil {
		return err
	}
	var config *tls.Config
	if !s.conn.Plain {
		var err error
		if config, err = eppclient.TLSConfig(s.conn.CA, s.conn.Cert, s.conn.Key); err != nil {
			return err
		}
		config.ServerName = s.conn.ServerName
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.conn.Timeout)
	defer cancel()
	client, err := eppclient.Dial(ctx, s.conn.Server, config)
	if err != nil {
		return err
	}
	client.Timeout = s.conn.Timeout
	s.client = client
	return nil
}

// resolve fills what was not given from the demo, if that is what is meant.
func (s *session) resolve() error {
	c := s.conn
	if c.Demo == "" && c.Server != "" {
		return nil
	}
	dir := c.Demo
	if dir == "" {
		dir = "demo"
	}
	demo, err := eppclient.LoadDemo(dir)
	if errors.Is(err, fs.ErrNotExist) && c.Demo == "" {
		return usageError("no server: give --server, or start the demo here (registryd demo)")
	}
	if err != nil {
		return err
	}
	if c.Server == "" {
		if c.Server = demo.EPP[c.Profile]; c.Plain {
			c.Server = demo.PlainEPP
		}
		if c.Server == "" {
			return usageError(fmt.Sprintf("the demo in %s has no such listener (profile %s, plain %v)", dir, c.Profile, c.Plain))
		}
	}
	if c.CA == "" {
		c.CA = demo.CAFile
	}
	registrar, ok := demo.Registrar(c.Tag)
	if !ok {
		return nil // a tag made later, with certificate and password given
	}
	c.Tag = registrar.Tag
	if c.Cert == "" && c.Key == "" {
		c.Cert, c.Key = registrar.CertFile, registrar.KeyFile
	}
	if c.Password == "" && c.PasswordFile == "" {
		c.Password = registrar.Password
	}
	return nil
}

// password returns the password, from the first source that has one.
func (s *session) password() (string, error) {
	c := s.conn
	if c.Password != "" {
		return c.Password, nil
	}
	if c.PasswordFile != "" {
		data, err := os.ReadFile(c.PasswordFile)
		if err != nil {
			return "", err
		}
		return strings.TrimRight(string(data), "\r\n"), nil
	}
	return s.prompt("Password of " + c.Tag + ": ")
}

// prompt asks for a password without echo.
func (s *session) prompt(prompt string) (string, error) {
	if s.askPassword != nil {
		return s.askPassword(prompt)
	}
	file, ok := s.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return "", usageError("no terminal to ask for the password of " + s.conn.Tag + ": set EPPC_PASSWORD or give --password-file")
	}
	state, err := term.GetState(int(file.Fd()))
	if err != nil {
		return "", err
	}
	fmt.Fprint(s.stderr, prompt)
	defer fmt.Fprintln(s.stderr)
	type reply struct {
		password []byte
		err      error
	}
	got := make(chan reply, 1)
	go func() { // a read of the terminal cannot be broken off
		password, err := term.ReadPassword(int(file.Fd()))
		got <- reply{password, err}
	}()
	select {
	case r := <-got:
		return string(r.password), r.err
	case <-s.ctx.Done():
		return "", errors.Join(s.ctx.Err(), term.Restore(int(file.Fd()), state))
	}
}

// login connects and logs in unless that is done. A refusal is shown.
func (s *session) login(newPassword string) error {
	if err := s.connect(); err != nil {
		return err
	}
	if s.loggedIn {
		return nil
	}
	if s.conn.Tag == "" {
		return usageError("no tag: give --tag")
	}
	password, err := s.password()
	if err != nil {
		return err
	}
	answer, err := s.client.Login(s.conn.Tag, password, eppclient.LoginOptions{
		NewPassword: newPassword, UserAgent: "eppc", ClTRID: s.clTRID(),
	})
	var refused *eppclient.ResultError
	if errors.As(err, &refused) {
		fmt.Fprintln(s.stderr, "eppc: login refused")
		return errors.Join(s.show(answer), err)
	}
	if err != nil {
		return s.lost(err)
	}
	s.loggedIn = true
	return nil
}

// ask logs in if need be, sends a command and returns the answer without
// showing it.
func (s *session) ask(frame []byte) ([]byte, error) {
	if err := s.login(""); err != nil {
		return nil, err
	}
	return s.exchange(frame)
}

// exchange sends a command, logged in or not.
func (s *session) exchange(frame []byte) ([]byte, error) {
	stop := context.AfterFunc(s.ctx, func() { _ = s.client.Close() })
	defer stop()
	answer, err := s.client.Do(frame)
	if err != nil {
		return nil, s.lost(err)
	}
	return answer, nil
}

// do sends a command and shows the answer. A refusal is returned as error.
func (s *session) do(frame []byte) error {
	answer, err := s.ask(frame)
	if err != nil {
		return err
	}
	return s.finish(answer)
}

// finish shows an answer and returns its refusal if it is one.
func (s *session) finish(answer []byte) error {
	if err := s.show(answer); err != nil {
		return err
	}
	return eppclient.Refusal(answer)
}

// show prints an answer.
func (s *session) show(answer []byte) error { return s.out.show(s.stdout, answer) }

// lost forgets a connection that failed. The command is not sent again: it may
// have been carried out.
func (s *session) lost(err error) error {
	if s.ctx.Err() != nil {
		err = errors.Join(s.ctx.Err(), err)
	}
	if s.client != nil {
		_ = s.client.Close() // the first fault is the one that matters
	}
	s.client, s.loggedIn = nil, false
	return err
}

// end logs out, if logged in, and closes the connection. Whether the server
// heard it changes nothing.
func (s *session) end() {
	if s.client == nil {
		return
	}
	if s.loggedIn {
		_, _ = s.client.Logout(s.clTRID())
	}
	_ = s.client.Close()
	s.client, s.loggedIn = nil, false
}
