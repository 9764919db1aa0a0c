// Package escrow reads and writes registry data escrow deposits: the envelope of
// RFC 8909 with the objects of RFC 9022, in its XML model, and the definitions
// of its CSV model. Both ways it streams, object by object: a deposit of
// millions takes no more memory than its largest object.
//
// It spells names as the RFCs do and knows no rule of the register. Elements
// are matched by namespace URI, never by prefix. The tokenizer of encoding/xml
// stands below it, because etree holds whole documents; the limits are those
// of package xml: no document type, bounded depth, attributes and size.
//
// Imports: nothing of ours.
package escrow
