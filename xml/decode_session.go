package xml

import "github.com/beevik/etree"

// login decodes <login>. Version and language are the server's to judge.
func (d *decoder) login(e *etree.Element) *Login {
	d.attrs(e)
	r := d.enter(e, NSEPP)
	l := &Login{}
	if r.need("clID") {
		l.ClID = d.clID(r.e())
	}
	if r.need("pw") {
		l.PW = d.secret(r.e(), 6, 16)
	}
	if r.next("newPW") || d.opt.Lenient && r.next("newPw") {
		pw := d.secret(r.e(), 6, 16)
		l.NewPW = &pw
	}
	if r.need("options") {
		d.attrs(r.e())
		o := d.enter(r.e(), NSEPP)
		if o.need("version") {
			l.Version = d.token(o.e(), 1, 16)
		}
		if o.need("lang") {
			l.Lang = d.token(o.e(), 1, 64)
		}
		o.end()
	}
	if r.need("svcs") {
		d.services(r.e(), l)
	}
	r.end()
	return l
}

// services decodes the lists of URIs.
func (d *decoder) services(e *etree.Element, l *Login) {
	d.attrs(e)
	r := d.enter(e, NSEPP)
	for ok := r.need("objURI"); ok; ok = r.next("objURI") {
		l.ObjURIs = append(l.ObjURIs, d.token(r.e(), 1, 1024))
	}
	if r.next("svcExtension") {
		d.attrs(r.e())
		x := d.enter(r.e(), NSEPP)
		if !x.peek("extURI") && !d.opt.Lenient {
			x.need("extURI")
		}
		for x.next("extURI") {
			l.ExtURIs = append(l.ExtURIs, d.token(x.e(), 1, 1024))
		}
		x.end()
	}
	r.end()
}

// poll decodes <poll>.
func (d *decoder) poll(e *etree.Element) any {
	op := d.enum(e, "op", true, "req", "ack")
	d.attrs(e, "op", "msgID")
	d.enter(e, NSEPP).end()
	if op == "req" {
		return &PollReq{}
	}
	id, _ := attr(e, "msgID")
	return &PollAck{MsgID: id}
}

// extLoginSec decodes the RFC 8807 extension. Its passwords have no upper
// length but that of any text.
func extLoginSec(d *decoder, r *reader, x *Extensions) {
	d.attrs(r.self)
	l := &LoginSec{}
	if r.next("userAgent") {
		l.UserAgent = d.userAgent(r.e())
	}
	if r.next("pw") {
		pw := d.secret(r.e(), 6, unbounded)
		l.PW = &pw
	}
	if r.next("newPW") {
		pw := d.secret(r.e(), 6, unbounded)
		l.NewPW = &pw
	}
	x.LoginSec = l
}

func (d *decoder) userAgent(e *etree.Element) *UserAgent {
	d.attrs(e)
	r := d.enter(e, NSLoginSec)
	u := &UserAgent{}
	if len(r.kids) == 0 {
		d.fail(CodeSyntax, e, "app, tech or os is missing")
	}
	if r.next("app") {
		u.App = d.token(r.e(), 0, unbounded)
	}
	if r.next("tech") {
		u.Tech = d.token(r.e(), 0, unbounded)
	}
	if r.next("os") {
		u.OS = d.token(r.e(), 0, unbounded)
	}
	r.end()
	return u
}
