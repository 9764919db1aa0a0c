package eppserver

// hostCommands are the commands on hosts.
var hostCommands = map[commandKey]handlerFunc{}
