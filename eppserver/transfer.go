package eppserver

// transferCommands are the commands on transfers.
var transferCommands = map[commandKey]handlerFunc{}
