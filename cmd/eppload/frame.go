package main

import "encoding/binary"

// headerLength is the size of the length before each frame (RFC 5734).
const headerLength = 4

// appendFrame appends a frame with its header, so that many go in one write.
func appendFrame(buf, frame []byte) []byte {
	buf = binary.BigEndian.AppendUint32(buf, uint32(len(frame)+headerLength))
	return append(buf, frame...)
}
