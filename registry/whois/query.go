package whois

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is what a query asks for.
type kind string

const (
	kindDomain     kind = "domain"
	kindNameserver kind = "nameserver"
	kindRegistrar  kind = "registrar"
	kindHelp       kind = "help"
)

// keywords are the words that a query may begin with.
var keywords = map[string]kind{
	"domain": kindDomain, "nameserver": kindNameserver, "host": kindNameserver,
	"registrar": kindRegistrar, "tag": kindRegistrar,
}

// query is one line of a client.
type query struct {
	kind kind
	text string // in UTF-8, printable, without white space
}

// malformed is a query that cannot be one; the text is for the client.
type malformed string

func (m malformed) Error() string { return string(m) }

// parseQuery reads a line without its end. The name in it is not judged yet.
func parseQuery(line []byte) (query, error) {
	text := string(line)
	if !utf8.ValidString(text) {
		return query{}, malformed("The query is not UTF-8. Give a name in UTF-8, or in its A-label form (xn--...).")
	}
	text = strings.Trim(text, " \t")
	for _, r := range text {
		if r != ' ' && r != '\t' && !unicode.IsPrint(r) {
			return query{}, malformed("The query has characters that cannot be printed.")
		}
	}
	words := strings.Fields(text)
	switch {
	case len(words) == 0:
		return query{}, malformed("The query is empty. \"help\" tells what can be asked.")
	case len(words) == 1 && (strings.EqualFold(words[0], "help") || words[0] == "?"):
		return query{kind: kindHelp}, nil
	case len(words) == 1 && strings.HasPrefix(words[0], "-"):
		return query{}, malformed("There are no options. \"help\" tells what can be asked.")
	case len(words) == 1:
		return query{kindDomain, words[0]}, nil
	}
	k, ok := keywords[strings.ToLower(words[0])]
	if !ok || len(words) > 2 {
		return query{}, malformed("A query is a name, or \"domain\", \"nameserver\" or \"registrar\" and a name. \"help\" tells more.")
	}
	return query{k, words[1]}, nil
}
