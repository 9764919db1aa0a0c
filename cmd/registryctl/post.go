package main

import (
	"strconv"
	"time"

	"github.com/namekeep/namekeep/notify"
)

type postCommands struct {
	List       postList       `cmd:"" help:"Letters by day."`
	HandedOver postHandedOver `cmd:"" name:"handed-over" help:"Mark a day's letters as handed over to the print house."`
}

// Help shows examples.
func (postCommands) Help() string {
	return `  registryctl post list
  registryctl post handed-over 2027-06-08`
}

type postList struct {
	Days int `default:"31" help:"Days at most."`
}

type postDayView struct {
	Day        string `json:"day"`
	Waiting    int    `json:"waiting"`
	Spooled    int    `json:"spooled"`
	HandedOver int    `json:"handed_over"`
	Pages      int    `json:"pages"`
}

func (c *postList) Run(s *session) error {
	_, _, err := s.staff()
	if err != nil {
		return err
	}
	days, err := notify.ListPost(s.ctx, s.db, c.Days)
	if err != nil {
		return err
	}
	views, rows := []postDayView{}, [][]string{}
	for _, d := range days {
		v := postDayView{d.Day.Format(time.DateOnly), d.Waiting, d.Spooled, d.HandedOver, d.Pages}
		views = append(views, v)
		rows = append(rows, []string{v.Day, strconv.Itoa(v.Waiting), strconv.Itoa(v.Spooled), strconv.Itoa(v.HandedOver), strconv.Itoa(v.Pages)})
	}
	return s.list(views, []string{"Day", "Waiting", "In the spool", "Handed over", "Pages"}, rows, "No letters.")
}

type postHandedOver struct {
	Day day `arg:"" help:"Day of the spool, YYYY-MM-DD."`
}

func (c *postHandedOver) Run(s *session) error {
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	n, err := r.HandOverPost(s.ctx, actor, c.Day.date())
	if err != nil {
		return err
	}
	return s.done(map[string]int64{"handed_over": n}, "Letters of %s handed over: %d", c.Day.date(), n)
}
