package eppserver

// pollCommands are the commands on the poll queue.
var pollCommands = map[commandKey]handlerFunc{}
