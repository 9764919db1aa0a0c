package eppserver

// ukCommands are the commands on the uk profile's own objects.
var ukCommands = map[commandKey]handlerFunc{}
