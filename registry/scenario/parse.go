package scenario

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/namekeep/namekeep/registry"
)

// Scenario is one name and what people do about it.
type Scenario struct {
	Title   string
	Profile registry.Profile // of the zone; uk if the file does not say
	Name    string
	Tag     string
	Expires registry.Date // E at first; the first registration is paid
	From    registry.Date // the first night
	Until   registry.Date // the last
	Steps   []Step
}

// Step is one command on a civil day.
type Step struct {
	Day  registry.Date
	Verb string
	Args []string
}

// String writes the step as in the file, without its day.
func (s Step) String() string { return strings.Join(append([]string{s.Verb}, s.Args...), " ") }

// verbs are the commands and the number of their arguments.
var verbs = map[string]int{
	"renew":          1, // years
	"auto-bill":      1, // days, 0 is off
	"next-bill":      1,
	"recur-bill":     1, // th or bc
	"not-required":   1, // yes or no
	"tag":            1, // the new tag
	"pay":            1, // the tag that pays its oldest invoice
	"registrant-pay": 0, // the open pro forma

	// In gtld:
	"delete":          0,
	"restore-request": 0,
	"restore-report":  0,
	"transfer":        1, // the gaining tag, which has the authInfo
}

// Parse reads a scenario. The format, a line each; # starts a comment:
//
//	title Nobody renews
//	profile uk
//	name oak.co.example tag ALPHA expires 2027-06-30
//	from 2027-06-01
//	2027-06-20 renew 2
//	until 2027-10-10
//
// An error names the line.
func Parse(r io.Reader) (Scenario, error) {
	var s Scenario
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		err := s.line(words)
		if err != nil {
			return s, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if lines.Err() != nil {
		return s, lines.Err()
	}
	return s, s.check()
}

func (s *Scenario) line(words []string) error {
	var err error
	switch {
	case words[0] == "title":
		s.Title = strings.Join(words[1:], " ")
	case words[0] == "profile" && len(words) == 2 && (words[1] == string(registry.ProfileUK) || words[1] == string(registry.ProfileGTLD)):
		s.Profile = registry.Profile(words[1])
	case words[0] == "name" && len(words) == 6 && words[2] == "tag" && words[4] == "expires":
		s.Name, s.Tag = words[1], words[3]
		s.Expires, err = registry.ParseDate(words[5])
	case words[0] == "from" && len(words) == 2:
		s.From, err = registry.ParseDate(words[1])
	case words[0] == "until" && len(words) == 2:
		s.Until, err = registry.ParseDate(words[1])
	case len(words) > 1:
		return s.command(words)
	default:
		return fmt.Errorf("%q is not understood", strings.Join(words, " "))
	}
	return err
}

func (s *Scenario) command(words []string) error {
	day, err := registry.ParseDate(words[0])
	if err != nil {
		return fmt.Errorf("%q is neither a setting nor a date", words[0])
	}
	want, known := verbs[words[1]]
	if !known {
		return fmt.Errorf("%q is not a command", words[1])
	}
	step := Step{Day: day, Verb: words[1], Args: words[2:]}
	if len(step.Args) != want {
		return fmt.Errorf("%s takes %d values", step.Verb, want)
	}
	if slices.Contains([]string{"renew", "auto-bill", "next-bill"}, step.Verb) {
		_, err = strconv.Atoi(step.Args[0])
		if err != nil {
			return fmt.Errorf("%q is not a number", step.Args[0])
		}
	}
	if len(s.Steps) > 0 && day.Before(s.Steps[len(s.Steps)-1].Day) {
		return fmt.Errorf("%s comes before the line above", day)
	}
	s.Steps = append(s.Steps, step)
	return nil
}

// maxDays bounds how long a scenario may go on: each night is a run of the batch.
const maxDays = 15 * 366

func (s *Scenario) check() error {
	if s.Profile == "" {
		s.Profile = registry.ProfileUK
	}
	switch {
	case s.Name == "":
		return fmt.Errorf("there is no line \"name NAME tag TAG expires DATE\"")
	case s.From.IsZero() || s.Until.IsZero():
		return fmt.Errorf("there is no line \"from DATE\", or no line \"until DATE\"")
	case !s.Until.After(s.From) || s.Until.Sub(s.From) > maxDays:
		return fmt.Errorf("from %s until %s: at least a day and at most %d", s.From, s.Until, maxDays)
	case len(s.Steps) > 0 && (s.Steps[0].Day.Before(s.From) || s.Steps[len(s.Steps)-1].Day.After(s.Until)):
		return fmt.Errorf("a command lies outside %s to %s", s.From, s.Until)
	}
	return nil
}
