//go:build unix

package cluster

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// systemState is where root keeps data that must survive.
const systemState = "/var/lib/namekeep"

// maxSocketPath is the longest path of a Unix socket (sockaddr_un, less the
// final zero; 103 on macOS, and there the temporary folder is long too).
const maxSocketPath = 103

// socketPort is only a part of the socket's name.
const socketPort = 5432

// account is who runs the server when we are root: PostgreSQL refuses root.
// The nil account is ourselves.
type account struct{ uid, gid uint32 }

// settle decides who runs the server and where its data is.
func settle(dir string) (string, *account, error) {
	if os.Geteuid() != 0 {
		return dir, nil, nil
	}
	child, err := serverAccount()
	if err != nil {
		return "", nil, err
	}
	if !child.reaches(dir) {
		dir = fallbackDir(dir)
	}
	// Who wrote the data goes on, even if an account was added since.
	info, err := os.Stat(filepath.Join(dir, "data"))
	if err == nil {
		st, ok := info.Sys().(*syscall.Stat_t)
		if ok && st.Uid != 0 {
			child = &account{st.Uid, st.Gid}
		}
	}
	return dir, child, nil
}

// fallbackDir stands for a folder the server cannot reach.
func fallbackDir(dir string) string {
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(systemState, fmt.Sprintf("%s-%x", filepath.Base(dir), sum[:4]))
}

// serverAccount is postgres, else nobody: an account with a passwd entry, which
// the server insists on.
func serverAccount() (*account, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &account{uint32(uid), uint32(gid)}, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody")
}

// reaches reports whether a can walk to dir. Folders that are not there yet
// will be ours, and open.
func (a *account) reaches(dir string) bool {
	for at := dir; ; at = filepath.Dir(at) {
		info, err := os.Stat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil || !info.IsDir() || !a.walks(info):
			return false
		}
		if at == filepath.Dir(at) {
			return true
		}
	}
}

func (a *account) walks(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	mode := info.Mode().Perm()
	switch {
	case st.Uid == a.uid:
		return mode&0o100 != 0
	case st.Gid == a.gid:
		return mode&0o010 != 0
	}
	return mode&0o001 != 0
}

// open undoes a strict umask on the folder just made.
func (a *account) open(dir string) error {
	if a == nil || a.reaches(dir) {
		return nil
	}
	err := os.Chmod(dir, 0o711)
	if err == nil && !a.reaches(dir) {
		err = fmt.Errorf("the server's account (uid %d) cannot reach %s", a.uid, dir)
	}
	return err
}

func (a *account) chown(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// become sets the account of a command, in a session of its own: Ctrl-C at our
// terminal is for us, and we stop the server when we are done.
func (a *account) become(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if a != nil {
		// Groups stays nil: the child loses root's.
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
}

func systemEnv() []string { return nil }

// listen prepares the socket's folder: below dir, or in the temporary folder if
// the path would be too long.
func (s *starter) listen() (endpoint, map[string]string, error) {
	run := filepath.Join(s.dir, "run")
	socket := func(dir string) string { return filepath.Join(dir, ".s.PGSQL."+strconv.Itoa(socketPort)) }
	if len(socket(run)) > maxSocketPath {
		sum := sha256.Sum256([]byte(s.dir))
		run = filepath.Join("/tmp", fmt.Sprintf("namekeep-%d-%x", os.Geteuid(), sum[:6]))
	}
	err := os.Mkdir(run, 0o755)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return endpoint{}, nil, err
	}
	info, err := os.Lstat(run)
	if err != nil {
		return endpoint{}, nil, err
	}
	// Somebody else may have been there first in a shared temporary folder.
	st, ok := info.Sys().(*syscall.Stat_t)
	mine := ok && (int(st.Uid) == os.Geteuid() || s.child != nil && st.Uid == s.child.uid)
	if !info.IsDir() || !mine {
		return endpoint{}, nil, fmt.Errorf("%s belongs to somebody else", run)
	}
	err = s.child.chown(run)
	if err != nil {
		return endpoint{}, nil, err
	}
	return endpoint{run, socketPort}, map[string]string{
		"listen_addresses":        "",
		"unix_socket_directories": run,
		"port":                    strconv.Itoa(socketPort),
	}, nil
}

// alive reports whether a process is there; EPERM means it is, and not ours.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return err == nil || errors.Is(err, syscall.EPERM)
}

// interrupt asks for a fast shutdown.
func interrupt(c *Cluster) error { return syscall.Kill(c.pid, syscall.SIGINT) }
