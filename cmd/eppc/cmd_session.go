package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/namekeep/namekeep/eppserver/eppclient"
)

// codes of poll answers (RFC 5730 section 3).
const (
	codeNoMessages = 1300
	codeMessage    = 1301
)

type helloCommand struct{}

func (c *helloCommand) Run(s *session) error {
	fresh := s.client == nil
	if err := s.connect(); err != nil {
		return err
	}
	greeting := s.client.Greeting()
	if !fresh {
		var err error
		if greeting, err = s.client.Hello(); err != nil {
			return s.lost(err)
		}
	}
	return s.show(greeting)
}

type loginCommand struct {
	NewPasswordFile string `type:"path" placeholder:"FILE" help:"Set the password to the content of this file."`
	AskNew          bool   `help:"Set a new password, asked for without echo."`
}

func (c *loginCommand) Run(s *session) error {
	var password string
	switch {
	case c.NewPasswordFile != "":
		data, err := os.ReadFile(c.NewPasswordFile)
		if err != nil {
			return err
		}
		if password = strings.TrimRight(string(data), "\r\n"); password == "" {
			return usageError("the new password is empty")
		}
	case c.AskNew:
		var err error
		if password, err = s.prompt("New password: "); err != nil {
			return err
		}
		again, err := s.prompt("Once more: ")
		if err != nil {
			return err
		}
		if password == "" || password != again {
			return usageError("the two differ, or are empty")
		}
	}
	if s.loggedIn && password != "" {
		return usageError("a new password is set at login, and this session is logged in already")
	}
	if err := s.login(password); err != nil {
		return err
	}
	fmt.Fprintf(s.stderr, "logged in as %s\n", s.conn.Tag)
	return nil
}

type pollCommand struct {
	Ack string `placeholder:"ID" xor:"what" help:"Acknowledge this message."`
	All bool   `xor:"what" help:"Show and acknowledge message after message until there is none."`
}

func (c *pollCommand) Run(s *session) error {
	if c.Ack != "" {
		return s.do(eppclient.PollAck(s.clTRID(), c.Ack))
	}
	if !c.All {
		return s.do(eppclient.Poll(s.clTRID()))
	}
	for {
		answer, err := s.ask(eppclient.Poll(s.clTRID()))
		if err != nil {
			return err
		}
		if err := s.finish(answer); err != nil || eppclient.ResultCode(answer) != codeMessage {
			return err
		}
		id, err := messageID(answer)
		if err != nil {
			return err
		}
		if answer, err = s.ask(eppclient.PollAck(s.clTRID(), id)); err != nil {
			return err
		}
		if eppclient.Refusal(answer) != nil {
			return s.finish(answer)
		}
	}
}

type rawCommand struct {
	File    string `arg:"" help:"File with one or more EPP documents, or - for standard input."`
	NoLogin bool   `help:"Do not log in first: the frames do that, or are meant to be refused."`
}

// maxRaw bounds what raw reads, in bytes.
const maxRaw = 64 << 20

func (c *rawCommand) Run(s *session) error {
	var in io.Reader = s.stdin
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer file.Close()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxRaw+1))
	if err != nil {
		return err
	}
	if len(data) > maxRaw {
		return fmt.Errorf("%s is longer than %d bytes", c.File, maxRaw)
	}
	frames := splitFrames(data)
	if len(frames) == 0 {
		return usageError(c.File + " holds no frame")
	}
	var refused error
	for _, frame := range frames {
		if !c.NoLogin {
			err = s.login("")
		} else {
			err = s.connect()
		}
		if err != nil {
			return err
		}
		answer, err := s.exchange(frame)
		if err != nil {
			return err
		}
		if eppclient.ResultCode(answer) == 0 { // a greeting
			err = s.show(answer)
		} else {
			err = s.finish(answer)
		}
		var result *eppclient.ResultError
		if err != nil && !errors.As(err, &result) {
			return err
		}
		refused = errors.Join(refused, err)
	}
	return refused
}

// splitFrames cuts documents after each </epp>. What follows the last one
// without being white space is a frame too: the server is to judge it.
func splitFrames(data []byte) [][]byte {
	const end = "</epp>"
	var frames [][]byte
	for {
		data = bytes.TrimSpace(data)
		if len(data) == 0 {
			return frames
		}
		i := bytes.Index(data, []byte(end))
		if i < 0 {
			return append(frames, data)
		}
		frames = append(frames, data[:i+len(end)])
		data = data[i+len(end):]
	}
}
