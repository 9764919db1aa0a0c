// Package mailbox is a mail server that delivers nowhere: it keeps what it is
// given in a folder and shows it on a web page as a person would see it. It is
// for the demo and for test beds, on loopback.
//
// Imports: nothing of ours.
package mailbox
