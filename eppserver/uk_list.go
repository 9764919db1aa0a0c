package eppserver

import (
	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// listNames lists a month's names of the tag, by expiry or registration
// (std-list-1.0).
func listNames(c *call) (answer, error) {
	a := c.cmd.Action.(*xml.List)
	list, month := c.reg.ListRegistered, a.Month
	if a.Expiry != nil {
		list, month = c.reg.ListExpiring, a.Expiry
	}
	names, err := list(c.ctx, c.actor, registry.Month{Year: month.Year, Month: month.Month})
	if err != nil {
		return answer{}, err
	}
	return answer{resData: &xml.ListData{Domains: names}}, nil
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
