package main

import (
	"errors"
	"fmt"

	"github.com/namekeep/namekeep/xml"
)

// expiry returns the expiry date in the answer to a domain info, as YYYY-MM-DD.
func expiry(answer []byte) (string, error) {
	p, err := xml.ParseResponse(answer)
	if err != nil {
		return "", err
	}
	for i := range p.ResData {
		n := &p.ResData[i]
		if n.NS != xml.NSDomain || n.Tag != "infData" {
			continue
		}
		if date := n.Child(xml.NSDomain, "exDate"); date != nil && len(date.Text) >= len("2027-03-20") {
			return date.Text[:len("2027-03-20")], nil
		}
	}
	return "", errors.New("the server does not say when the name expires: give --cur-exp")
}

// messageID returns the identifier of the poll message in an answer.
func messageID(answer []byte) (string, error) {
	p, err := xml.ParseResponse(answer)
	if err != nil {
		return "", err
	}
	if p.MsgQ == nil || p.MsgQ.ID == "" {
		return "", fmt.Errorf("poll: the answer names no message")
	}
	return p.MsgQ.ID, nil
}
