package cluster

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// account is always nil: the server runs as ourselves.
type account struct{}

func settle(dir string) (string, *account, error) { return dir, nil, nil }

func (a *account) open(string) error { return nil }

func (a *account) chown(string) error { return nil }

func (a *account) become(*exec.Cmd) {}

// systemEnv is what Windows programs cannot do without.
func systemEnv() []string {
	return []string{"SYSTEMROOT=" + os.Getenv("SYSTEMROOT"), "TEMP=" + os.TempDir()}
}

// listen takes a free port of the loopback address.
func (s *starter) listen() (endpoint, map[string]string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return endpoint{}, nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	err = l.Close()
	return endpoint{"127.0.0.1", port}, map[string]string{
		"listen_addresses":        "127.0.0.1",
		"unix_socket_directories": "",
		"port":                    strconv.Itoa(port),
	}, err
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	return p.Release() == nil
}

// interrupt asks for a fast shutdown; there are no signals, so pg_ctl has to.
func interrupt(c *Cluster) error {
	bin := c.bin
	if bin == "" {
		version, err := os.ReadFile(filepath.Join(c.dir, "data", "PG_VERSION"))
		if err != nil {
			return err
		}
		s := &starter{dir: c.dir}
		bin, err = s.binariesFor(string(version[:len(version)-1]))
		if err != nil {
			return err
		}
	}
	return exec.Command(filepath.Join(bin, "pg_ctl"), "stop", "-m", "fast", "-D", filepath.Join(c.dir, "data")).Run()
}
