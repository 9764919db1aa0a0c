package eppserver

// contactCommands are the commands on contacts.
var contactCommands = map[commandKey]handlerFunc{}
