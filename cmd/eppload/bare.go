package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/namekeep/namekeep/certs"
)

// BareCommand is eppload bare: a server that does the outer work of a command
// only, to compare a registry with.
//
//	echo   TLS and frames: answers so many bytes
//	query  the same and one prepared point query on a table of names
//	renew  the same and the writes of a renewal, in one statement
type BareCommand struct {
	Kind        string `arg:"" enum:"echo,query,renew" help:"echo, query or renew."`
	Listen      string `help:"Address on loopback." default:"127.0.0.1:7799"`
	Dir         string `help:"Folder for the certificates, made there unless they are." default:"eppload-certs" type:"path"`
	AnswerBytes int    `help:"Length of the answers." default:"900"`
	Database    string `help:"URL of a server's database; a scratch database is made beside it." env:"DATABASE_URL"`
	Scratch     string `help:"Name of the scratch database." default:"eppload_bare"`
	Names       int64  `help:"Names in the scratch table." default:"1000000"`
	Zone        string `help:"Zone of the names." default:"co.uk"`
	Base        string `help:"Day from which expiries count (YYYY-MM-DD); by default today."`
	Spread      int    `help:"Days over which expiries are spread." default:"730"`
	Connections int32  `help:"Connections to the database." default:"16"`
	Child       bool   `hidden:"" help:"Stop when standard input ends."`
}

// bareTags is how many tags a bare server's population has: one.
var bareTags = []string{"BARE"}

// Run serves until the context ends.
func (c *BareCommand) Run(ctx context.Context, out *console) error {
	err := checkLoopback(c.Listen)
	if err != nil {
		return err
	}
	if c.Child {
		var cancel context.CancelFunc
		ctx, cancel = untilOrphaned(ctx, out.stdout)
		defer cancel()
	}
	if c.AnswerBytes < 100 || c.AnswerBytes > 64<<10 {
		return errors.New("answer-bytes: from 100 to 65536")
	}
	config, err := bareTLS(c.Dir)
	if err != nil {
		return err
	}
	s := &bareServer{answerBytes: c.AnswerBytes}
	if c.Kind != "echo" {
		p, err := newPopulation(c.Names, c.Zone, bareTags, c.Base, c.Spread)
		if err != nil {
			return err
		}
		set, err := openCertSet(c.Dir, bareTags)
		if err != nil {
			return err
		}
		db, err := openBare(ctx, c.Database, c.Scratch, p, set, c.Connections)
		if err != nil {
			return err
		}
		defer db.close()
		s.work = db.query
		if c.Kind == "renew" {
			s.work = db.renew
		}
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return err
	}
	err = announce(out.stdout, ln.Addr().String())
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	return s.serve(ctx, ln, config)
}

// bareTLS returns the settings of the server under test, with certificates
// from the folder.
func bareTLS(dir string) (*tls.Config, error) {
	set, err := openCertSet(dir, bareTags)
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(set.serverCert, set.serverKey)
	if err != nil {
		return nil, err
	}
	return certs.ServerTLSConfig(certs.ServerOptions{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &pair, nil },
		Clients:        certs.ClientPolicy{CAs: set.pool},
	})
}

// bareGreeting is what a client waits for.
const bareGreeting = `<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><greeting><svID>bare</svID></greeting></epp>`

// bareServer answers every frame with so many bytes.
type bareServer struct {
	answerBytes int
	// work does what a frame asks for and returns the start of the answer; nil
	// is echo.
	work func(ctx context.Context, name, curExpDate []byte) ([]byte, error)
}

// serve takes connections until the context ends.
func (s *bareServer) serve(ctx context.Context, ln net.Listener, config *tls.Config) error {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	var conns sync.WaitGroup
	defer conns.Wait()
	for {
		nc, err := ln.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("accept: %w", err)
		}
		conns.Go(func() {
			c := tls.Server(nc, config)
			closing := context.AfterFunc(ctx, func() { nc.Close() })
			defer closing()
			defer c.Close()
			// A client that hangs up is the normal end.
			_ = s.session(ctx, c)
		})
	}
}

// session answers frames in order; answers to pipelined frames go in one write.
func (s *bareServer) session(ctx context.Context, c net.Conn) error {
	r, w := bufio.NewReaderSize(c, 4<<10), bufio.NewWriterSize(c, 4<<10)
	_, err := w.Write(appendFrame(nil, []byte(bareGreeting)))
	if err != nil {
		return err
	}
	var frame, answer []byte
	for {
		if r.Buffered() == 0 {
			err = w.Flush()
			if err != nil {
				return err
			}
		}
		frame, err = readInto(r, frame)
		if err != nil {
			return err
		}
		name, _ := between(frame, "<domain:name>", "</domain:name>")
		begin := name
		if s.work != nil {
			date, _ := between(frame, "<domain:curExpDate>", "</domain:curExpDate>")
			begin, err = s.work(ctx, name, date)
			if err != nil {
				begin = []byte(err.Error()) // the client finds it is not what it asked for
			}
		}
		answer = s.fill(answer, begin)
		_, err = w.Write(answer)
		if err != nil {
			return err
		}
	}
}

// fill makes an answer with its header: begin, then padding.
func (s *bareServer) fill(answer, begin []byte) []byte {
	answer = binary.BigEndian.AppendUint32(answer[:0], uint32(s.answerBytes+headerLength))
	answer = append(answer, begin[:min(len(begin), s.answerBytes)]...)
	for len(answer) < s.answerBytes+headerLength {
		answer = append(answer, '.')
	}
	return answer
}

// readInto reads a frame into a buffer that is used again.
func readInto(r *bufio.Reader, buf []byte) ([]byte, error) {
	header, err := r.Peek(headerLength)
	if err != nil {
		return buf, err
	}
	length := int(binary.BigEndian.Uint32(header)) - headerLength
	_, _ = r.Discard(headerLength) // it was peeked at
	if length < 1 || length > 64<<10 {
		return buf, errors.New("impossible frame length")
	}
	if cap(buf) < length {
		buf = make([]byte, length)
	}
	buf = buf[:length]
	_, err = io.ReadFull(r, buf)
	return buf, err
}
