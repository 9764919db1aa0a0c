package main

import "github.com/namekeep/namekeep/registry"

// change carries out a staff change of one name, after a question if there is
// one, and shows the name.
func (s *session) change(text, question string, do func(*registry.Registry, registry.Actor, string) error) error {
	name, err := registry.ToASCII(text)
	if err != nil {
		return err
	}
	if question != "" {
		err = s.confirm("%s %s", name, question)
		if err != nil {
			return err
		}
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = do(r, actor, name)
	if err != nil {
		return err
	}
	return s.showDomain(r, actor, name)
}

type domainLock struct {
	Name     string `arg:"" help:"Name."`
	Renewals bool   `help:"Renewals too."`
}

func (c *domainLock) Run(s *session) error {
	return s.change(c.Name, "", func(r *registry.Registry, a registry.Actor, name string) error {
		_, err := r.LockDomain(s.ctx, a, name, c.Renewals)
		return err
	})
}

type domainUnlock struct {
	Name string `arg:"" help:"Name."`
}

func (c *domainUnlock) Run(s *session) error {
	return s.change(c.Name, "", func(r *registry.Registry, a registry.Actor, name string) error {
		_, err := r.UnlockDomain(s.ctx, a, name)
		return err
	})
}

type domainSuspend struct {
	Name string `arg:"" help:"Name."`
}

func (c *domainSuspend) Run(s *session) error {
	return s.change(c.Name, "will be taken out of the zone: web and mail of it stop.",
		func(r *registry.Registry, a registry.Actor, name string) error {
			_, err := r.SuspendDomain(s.ctx, a, name)
			return err
		})
}

type domainResume struct {
	Name string `arg:"" help:"Name."`
}

func (c *domainResume) Run(s *session) error {
	return s.change(c.Name, "", func(r *registry.Registry, a registry.Actor, name string) error {
		_, err := r.ResumeDomain(s.ctx, a, name)
		return err
	})
}

type domainCancel struct {
	Name string `arg:"" help:"Name."`
}

func (c *domainCancel) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	err = s.confirm("%s will be removed, with the hosts below it. Anybody can register it then. There is no way back.", name)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	err = r.CancelDomain(s.ctx, actor, name)
	if err != nil {
		return err
	}
	return s.done(map[string]string{"name": name, "result": "cancelled"}, "%s is cancelled.", name)
}

type domainTransfer struct {
	Name string `arg:"" help:"Name."`
	To   string `required:"" placeholder:"TAG" help:"Registrar that gets it."`
}

func (c *domainTransfer) Run(s *session) error {
	return s.change(c.Name, "will move to "+c.To+". Both registrars are told; auto-bill and the authInfo end.",
		func(r *registry.Registry, a registry.Actor, name string) error {
			_, err := r.TransferByStaff(s.ctx, a, name, c.To)
			return err
		})
}

type domainDetag struct {
	Name string `arg:"" help:"Name."`
}

func (c *domainDetag) Run(s *session) error {
	return s.change(c.Name, "will have no registrar: the registry bills the registrant from now on.",
		func(r *registry.Registry, a registry.Actor, name string) error {
			_, err := r.Detag(s.ctx, a, name)
			return err
		})
}

type domainAuthInfo struct {
	Name string `arg:"" help:"Name."`
}

func (c *domainAuthInfo) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	err = s.confirm("%s gets a new authInfo; one that was issued before is void.", name)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	issued, err := r.IssueAuthInfo(s.ctx, actor, name)
	if err != nil {
		return err
	}
	// As text: the type hides itself from logs. It is shown once, only here.
	return s.done(map[string]string{"name": name, "authinfo": string(issued)}, "%s", string(issued))
}

type domainDecide struct {
	Name     string `arg:"" help:"Name."`
	Decision string `arg:"" enum:"accept,refuse" help:"accept or refuse."`
	Why      string `placeholder:"TEXT" help:"Reason for the registrar; needed to refuse."`
}

func (c *domainDecide) Run(s *session) error {
	name, err := registry.ToASCII(c.Name)
	if err != nil {
		return err
	}
	accept := c.Decision == "accept"
	question := "%s will be registered, and its registrar charged."
	if !accept {
		question = "The creation of %s will be refused; the name is free again."
	}
	err = s.confirm(question, name)
	if err != nil {
		return err
	}
	r, actor, err := s.staff()
	if err != nil {
		return err
	}
	_, err = r.DecideReferral(s.ctx, actor, name, accept, c.Why)
	if err != nil {
		return err
	}
	if accept {
		return s.showDomain(r, actor, name)
	}
	return s.done(map[string]string{"name": name, "result": "refused"}, "The creation of %s is refused.", name)
}
