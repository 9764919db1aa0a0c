package zonefile

import (
	"context"
	"fmt"
	"time"
)

// Status is how far a zone is published. Times are of the registry clock.
type Status struct {
	Zone       string
	Serial     uint32
	Published  time.Time // when the serial came about
	Checked    time.Time // when it was last as the register is
	Compared   time.Time // when the whole was last compared with it
	Names      int64     // delegations
	Stopped    time.Time // zero: the shrink guard has not stopped it
	StoppedWhy string
	Compare    bool // the whole is to be compared with the register

	FileSerial  uint32 // 0: no file was written
	FileRecords int64
	FileBytes   int64
	FileAt      time.Time
}

// Statuses returns the publication of every zone that has been published, by
// name.
func (p *Publisher) Statuses(ctx context.Context) ([]Status, error) {
	rows, err := p.reg.DB().Pool.Query(ctx, `SELECT z.name, p.serial, p.published_at, p.checked_at, p.compared_at, p.names, p.stopped_at,
		coalesce(p.stopped_why, ''), p.compare, coalesce(f.serial, 0), coalesce(f.records, 0), coalesce(f.bytes, 0), f.at
		FROM zone_publication p JOIN zone z ON z.id = p.zone_id LEFT JOIN zone_file f ON f.zone_id = p.zone_id ORDER BY z.name`)
	if err != nil {
		return nil, fmt.Errorf("read the publications: %w", err)
	}
	defer rows.Close()
	var out []Status
	for rows.Next() {
		var s Status
		var serial, fileSerial int64
		var stopped, fileAt *time.Time
		err = rows.Scan(&s.Zone, &serial, &s.Published, &s.Checked, &s.Compared, &s.Names, &stopped, &s.StoppedWhy, &s.Compare,
			&fileSerial, &s.FileRecords, &s.FileBytes, &fileAt)
		if err != nil {
			return nil, fmt.Errorf("read the publications: %w", err)
		}
		s.Serial, s.FileSerial = uint32(serial), uint32(fileSerial)
		if stopped != nil {
			s.Stopped = *stopped
		}
		if fileAt != nil {
			s.FileAt = *fileAt
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
