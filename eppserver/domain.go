package eppserver

// domainCommands are the commands on domains.
var domainCommands = map[commandKey]handlerFunc{}
