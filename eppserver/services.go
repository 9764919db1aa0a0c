package eppserver

import (
	"slices"
	"strings"

	"github.com/namekeep/namekeep/registry"
	"github.com/namekeep/namekeep/xml"
)

// servicesOf checks the URIs of a login (E3). In uk unknown URIs are ignored
// and known ones taken from either list; in gtld they are refused with 2307.
func servicesOf(p xml.Profile, l *xml.Login) (map[string]bool, error) {
	objects, extensions := p.ObjectURIs(), p.ExtensionURIs()
	services := map[string]bool{}
	versions := map[string]string{} // schema without its version → URI
	take := func(uri, tag string, known []string) error {
		schema := withoutVersion(uri)
		if other, ok := versions[schema]; ok && other != uri {
			return serviceError(xml.CodeSyntax, tag, uri, registry.CodeTwoVersions+" Two versions of one schema: the other is "+other+".")
		}
		versions[schema] = uri
		if p == xml.ProfileGTLD && !slices.Contains(known, uri) {
			return serviceError(xml.CodeUnimplementedService, tag, uri, "This service is not offered.")
		}
		// Our own spelling is kept, not the frame's: it lives as long as the session.
		for _, list := range [][]string{objects, extensions} {
			if i := slices.Index(list, uri); i >= 0 {
				services[list[i]] = true
			}
		}
		return nil
	}
	for _, uri := range l.ObjURIs {
		if err := take(uri, "objURI", objects); err != nil {
			return nil, err
		}
	}
	for _, uri := range l.ExtURIs {
		if err := take(uri, "extURI", extensions); err != nil {
			return nil, err
		}
	}
	return services, nil
}

func serviceError(code xml.ResultCode, tag, uri, reason string) error {
	return &xml.Error{Code: code, Reason: reason, Element: &xml.Element{Tag: tag, Text: uri}}
}

// withoutVersion cuts "-1.0" off a URI, or returns it as it is.
func withoutVersion(uri string) string {
	i := strings.LastIndexByte(uri, '-')
	if i < 0 || i+1 == len(uri) || strings.Trim(uri[i+1:], "0123456789.") != "" {
		return uri
	}
	return uri[:i]
}
