package eppserver

import (
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// listsAtOnce is how many lists are made at the same time. One may have as many
// names as the register allows, which is some 40 MB while it is written.
const listsAtOnce = 2

// listNames lists a month's names of the tag, by expiry or registration
// (std-list-1.0).
func listNames(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.List)
	list, month := c.reg.ListRegistered, a.Month
	if a.Expiry != nil {
		list, month = c.reg.ListExpiring, a.Expiry
	}
	places := c.s.srv.lists
	select {
	case places <- struct{}{}:
	case <-c.ctx.Done():
		return answer{}, c.ctx.Err()
	}
	out := answer{done: func() { <-places }}
	names, err := list(c.ctx, c.actor, registry.Month{Year: month.Year, Month: month.Month})
	out.resData = &xml.ListData{Domains: names}
	return out, err
}

// listTags lists the registrars to whom names can be released (nom-tag-1.0).
func listTags(c *call) (answer, error) {
	tags, err := c.reg.ListTags(c.ctx)
	if err != nil {
		return answer{}, err
	}
	data := &xml.TagListData{}
	for _, t := range tags {
		data.Tags = append(data.Tags, xml.TagInfo{RegistrarTag: t.TAG, Name: t.Name, TradName: t.TradName, Handshake: t.Asks})
	}
	return answer{resData: data}, nil
}
