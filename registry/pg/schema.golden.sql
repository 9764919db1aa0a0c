-- The schema after all migrations, for reading. Written by
-- go test ./registry/pg -run Golden -update

table account_payment_method
    id bigint not null generated always as identity
    account_id bigint not null
    system text not null
    gateway text not null
    token text
    hint text not null default ''::text
    state text not null
    added_at timestamp with time zone not null
    constraint account_payment_method_check CHECK (((state = 'disabled'::text) OR (token IS NOT NULL)))
    constraint account_payment_method_hint_check CHECK ((hint !~ '[0-9][0-9 -]{6,}[0-9]'::text))
    constraint account_payment_method_state_check CHECK ((state = ANY (ARRAY['active'::text, 'disabled'::text])))
    constraint account_payment_method_system_check CHECK ((system ~ '^[a-z0-9][a-z0-9 -]*$'::text))
    constraint account_payment_method_token_check CHECK (((token <> ''::text) AND (token !~ '^[0-9][0-9 -]{10,22}[0-9]$'::text)))
    constraint account_payment_method_account_id_fkey FOREIGN KEY (account_id) REFERENCES registrant_account(id)
    constraint account_payment_method_pkey PRIMARY KEY (id)
    CREATE INDEX account_payment_method_account ON public.account_payment_method USING btree (account_id)

table account_ticket
    account_id bigint not null
    reference text not null
    constraint account_ticket_reference_check CHECK ((reference <> ''::text))
    constraint account_ticket_account_id_fkey FOREIGN KEY (account_id) REFERENCES registrant_account(id)
    constraint account_ticket_pkey PRIMARY KEY (account_id, reference)

table account_transfer
    id bigint not null generated always as identity
    account_id bigint not null
    losing integer not null
    gaining integer not null
    mode text not null
    notify boolean not null
    rate numeric
    state text not null
    failure text
    new_account_id bigint
    names integer not null default 0
    registrar_id integer
    staff text
    reason text
    created_at timestamp with time zone not null
    ended_at timestamp with time zone
    constraint account_transfer_check CHECK ((gaining <> losing))
    constraint account_transfer_check1 CHECK (((state = 'completed'::text) = (new_account_id IS NOT NULL)))
    constraint account_transfer_check2 CHECK (((state = 'failed'::text) = (failure IS NOT NULL)))
    constraint account_transfer_check3 CHECK (((state = ANY (ARRAY['completed'::text, 'failed'::text])) = (ended_at IS NOT NULL)))
    constraint account_transfer_mode_check CHECK ((mode = ANY (ARRAY['subscriptions-only'::text, 'full'::text])))
    constraint account_transfer_rate_check CHECK ((rate > (0)::numeric))
    constraint account_transfer_state_check CHECK ((state = ANY (ARRAY['new'::text, 'running'::text, 'completed'::text, 'failed'::text])))
    constraint account_transfer_account_id_fkey FOREIGN KEY (account_id) REFERENCES registrant_account(id)
    constraint account_transfer_gaining_fkey FOREIGN KEY (gaining) REFERENCES registrar(id)
    constraint account_transfer_losing_fkey FOREIGN KEY (losing) REFERENCES registrar(id)
    constraint account_transfer_new_account_id_fkey FOREIGN KEY (new_account_id) REFERENCES registrant_account(id)
    constraint account_transfer_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint account_transfer_pkey PRIMARY KEY (id)
    CREATE INDEX account_transfer_account ON public.account_transfer USING btree (account_id, id)
    CREATE INDEX account_transfer_new ON public.account_transfer USING btree (new_account_id) WHERE (new_account_id IS NOT NULL)
    CREATE UNIQUE INDEX account_transfer_once ON public.account_transfer USING btree (account_id) WHERE (state <> 'failed'::text)

table account_user
    account_id bigint not null
    login text collate "C" not null
    name text not null default ''::text
    email text not null
    role text not null
    privileges text[] not null default '{}'::text[]
    constraint account_user_email_check CHECK ((email <> ''::text))
    constraint account_user_login_check CHECK ((login ~ '^[!-~]{1,64}$'::text))
    constraint account_user_role_check CHECK ((role = ANY (ARRAY['full access'::text, 'billing'::text, 'technical'::text, 'view'::text])))
    constraint account_user_account_id_fkey FOREIGN KEY (account_id) REFERENCES registrant_account(id)
    constraint account_user_pkey PRIMARY KEY (account_id, login)

table allocation
    id bigint not null generated always as identity
    invoice_id bigint not null
    amount bigint not null
    source text not null
    payment_id bigint
    allocated_on date not null
    payout_id bigint
    taken_from bigint
    constraint allocation_amount_check CHECK (
CASE source
    WHEN 'taken back'::text THEN (amount < 0)
    ELSE (amount > 0)
END)
    constraint allocation_payment_check CHECK (((source = 'payment'::text) = (payment_id IS NOT NULL)))
    constraint allocation_source_check CHECK ((source = ANY (ARRAY['payment'::text, 'account'::text, 'prepaid'::text, 'taken back'::text])))
    constraint allocation_taken_check CHECK ((((source = 'taken back'::text) = (payout_id IS NOT NULL)) AND ((payout_id IS NULL) = (taken_from IS NULL))))
    constraint allocation_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice(id)
    constraint allocation_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payment(id)
    constraint allocation_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES payout(id)
    constraint allocation_taken_from_fkey FOREIGN KEY (taken_from) REFERENCES allocation(id)
    constraint allocation_pkey PRIMARY KEY (id)
    CREATE INDEX allocation_invoice ON public.allocation USING btree (invoice_id)
    CREATE INDEX allocation_payment ON public.allocation USING btree (payment_id) WHERE (payment_id IS NOT NULL)
    CREATE INDEX allocation_taken_from ON public.allocation USING btree (taken_from) WHERE (taken_from IS NOT NULL)
    CREATE TRIGGER allocation_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.allocation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table audit_block
    number bigint not null
    source text collate "C" not null
    form smallint not null
    after_id bigint not null
    last_id bigint not null
    rows integer not null
    digests bytea not null
    sealed_at timestamp with time zone not null
    previous bytea not null
    hash bytea not null
    constraint audit_block_check CHECK ((last_id > after_id))
    constraint audit_block_check1 CHECK ((length(digests) = (16 * rows)))
    constraint audit_block_form_check CHECK ((form > 0))
    constraint audit_block_hash_check CHECK ((length(hash) = 32))
    constraint audit_block_number_check CHECK ((number > 0))
    constraint audit_block_previous_check CHECK ((length(previous) = 32))
    constraint audit_block_rows_check CHECK ((rows > 0))
    constraint audit_block_pkey PRIMARY KEY (number)
    CREATE UNIQUE INDEX audit_block_source ON public.audit_block USING btree (source, last_id)
    CREATE TRIGGER audit_block_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_block FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table balance_mark
    account_id bigint not null
    entry_id bigint not null
    balance bigint not null
    constraint balance_mark_account_id_fkey FOREIGN KEY (account_id) REFERENCES ledger_account(id)
    constraint balance_mark_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES entry(id)
    constraint balance_mark_pkey PRIMARY KEY (account_id, entry_id)

table bank_file
    id bigint not null generated always as identity
    sha256 bytea not null
    name text not null
    format text not null
    lines integer not null
    imported_at timestamp with time zone not null
    staff text
    constraint bank_file_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'camt.053'::text])))
    constraint bank_file_sha256_check CHECK ((length(sha256) = 32))
    constraint bank_file_pkey PRIMARY KEY (id)
    constraint bank_file_sha256_key UNIQUE (sha256)

table batch_count
    step text collate "C" not null
    day date not null
    event text not null
    n bigint not null
    constraint batch_count_pkey PRIMARY KEY (step, day, event)

table batch_failure
    step text collate "C" not null
    day date not null
    domain_id bigint not null
    domain_name text collate "C" not null
    registrar_id integer
    event text not null
    reason text not null
    constraint batch_failure_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint batch_failure_pkey PRIMARY KEY (step, day, domain_id, event)

table batch_run
    step text collate "C" not null
    day date not null
    work bigint not null default 0
    policy text not null
    started_at timestamp with time zone not null
    filled_at timestamp with time zone
    finished_at timestamp with time zone
    constraint batch_run_pkey PRIMARY KEY (step, day)
    CREATE INDEX batch_run_day ON public.batch_run USING btree (day DESC)
    CREATE INDEX batch_run_open ON public.batch_run USING btree (day) WHERE (finished_at IS NULL)

table batch_work
    step text collate "C" not null
    day date not null
    domain_id bigint not null
    constraint batch_work_pkey PRIMARY KEY (step, day, domain_id)

table charge
    id bigint not null generated always as identity
    registrar_id integer not null
    operation text not null
    zone_id integer not null
    domain_id bigint not null
    domain_name text collate "C" not null
    request_id bigint
    years smallint not null
    period_from date
    period_to date
    currency text not null
    amount bigint not null
    tax_rate integer not null
    tax bigint not null
    charged_at timestamp with time zone not null
    charged_on date not null
    invoice_id bigint
    reversed_at timestamp with time zone
    prepaid boolean not null default false
    constraint charge_amount_check CHECK ((amount >= 0))
    constraint charge_operation_check CHECK ((operation = ANY (ARRAY['create'::text, 'renew'::text, 'restore'::text, 'transfer'::text])))
    constraint charge_tax_check CHECK ((tax >= 0))
    constraint charge_invoice_fkey FOREIGN KEY (invoice_id) REFERENCES invoice(id)
    constraint charge_pkey PRIMARY KEY (id)
    constraint charge_request_id_key UNIQUE (request_id)
    CREATE INDEX charge_domain ON public.charge USING btree (domain_id)
    CREATE INDEX charge_invoice ON public.charge USING btree (invoice_id, id) WHERE (invoice_id IS NOT NULL)
    CREATE INDEX charge_uninvoiced ON public.charge USING btree (registrar_id, id) INCLUDE (amount, tax) WHERE ((invoice_id IS NULL) AND (reversed_at IS NULL))
    CREATE TRIGGER charge_is_fixed BEFORE UPDATE ON public.charge FOR EACH ROW WHEN (((((((((((((((((old.registrar_id IS DISTINCT FROM new.registrar_id) OR (old.operation IS DISTINCT FROM new.operation)) OR (old.zone_id IS DISTINCT FROM new.zone_id)) OR (old.domain_id IS DISTINCT FROM new.domain_id)) OR (old.domain_name IS DISTINCT FROM new.domain_name)) OR (old.request_id IS DISTINCT FROM new.request_id)) OR (old.years IS DISTINCT FROM new.years)) OR (old.period_from IS DISTINCT FROM new.period_from)) OR (old.period_to IS DISTINCT FROM new.period_to)) OR (old.currency IS DISTINCT FROM new.currency)) OR (old.amount IS DISTINCT FROM new.amount)) OR (old.tax_rate IS DISTINCT FROM new.tax_rate)) OR (old.tax IS DISTINCT FROM new.tax)) OR (old.charged_at IS DISTINCT FROM new.charged_at)) OR (old.prepaid IS DISTINCT FROM new.prepaid)) OR ((old.invoice_id IS NOT NULL) AND (new.invoice_id IS DISTINCT FROM old.invoice_id)))) EXECUTE FUNCTION charge_is_fixed()
    CREATE TRIGGER charge_stays BEFORE DELETE ON public.charge FOR EACH ROW EXECUTE FUNCTION charge_is_fixed()

table contact
    id bigint not null generated always as identity
    handle text collate "C" not null
    sponsor integer not null
    statuses text[] not null default '{}'::text[]
    postal jsonb not null
    voice text
    voice_ext text
    fax text
    fax_ext text
    email text not null
    disclose jsonb
    trad_name text
    type text
    company_no text
    opt_out boolean not null default false
    natural_person boolean not null
    auth_hash bytea
    auth_set_at timestamp with time zone
    creator integer not null
    created_at timestamp with time zone not null
    updater integer
    updated_at timestamp with time zone
    transferred_at timestamp with time zone
    constraint contact_email_check CHECK ((email <> ''::text))
    constraint contact_handle_check CHECK ((handle ~ '^[!-~]([ -~]{1,14})[!-~]$'::text))
    constraint contact_creator_fkey FOREIGN KEY (creator) REFERENCES registrar(id)
    constraint contact_sponsor_fkey FOREIGN KEY (sponsor) REFERENCES registrar(id)
    constraint contact_updater_fkey FOREIGN KEY (updater) REFERENCES registrar(id)
    constraint contact_pkey PRIMARY KEY (id)
    constraint contact_handle_key UNIQUE (handle)
    CREATE INDEX contact_sponsor ON public.contact USING btree (sponsor)
    CREATE TRIGGER contact_nature_is_final BEFORE UPDATE OF natural_person ON public.contact FOR EACH ROW EXECUTE FUNCTION contact_nature_is_final()

table contact_verification
    contact_id bigint not null
    email text not null
    state text not null
    asked_on date not null
    due_on date not null
    verified_on date
    failed_on date
    proof text
    token_hash bytea
    constraint contact_verification_check CHECK (((state = 'verified'::text) = (verified_on IS NOT NULL)))
    constraint contact_verification_check1 CHECK (((state = 'verified'::text) = (proof IS NOT NULL)))
    constraint contact_verification_check2 CHECK (((state <> 'failed'::text) OR (failed_on IS NOT NULL)))
    constraint contact_verification_proof_check CHECK ((proof = ANY (ARRAY['link'::text, 'change'::text, 'staff'::text])))
    constraint contact_verification_state_check CHECK ((state = ANY (ARRAY['unverified'::text, 'verified'::text, 'failed'::text])))
    constraint contact_verification_token_hash_check CHECK ((length(token_hash) = 32))
    constraint contact_verification_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(id) ON DELETE CASCADE
    constraint contact_verification_pkey PRIMARY KEY (contact_id)
    constraint contact_verification_token_hash_key UNIQUE (token_hash)
    CREATE INDEX contact_verification_due ON public.contact_verification USING btree (due_on, contact_id) WHERE (state = 'unverified'::text)
    CREATE INDEX contact_verification_failed ON public.contact_verification USING btree (contact_id) WHERE (state = 'failed'::text)

table credit_note
    id bigint not null generated always as identity
    number bigint not null
    invoice_id bigint not null
    registrar_id integer not null
    reason text not null
    note text not null default ''::text
    dated date not null
    currency text not null
    net bigint not null
    tax bigint not null
    gross bigint not null
    applied bigint not null
    addressee jsonb not null
    created_at timestamp with time zone not null
    staff text
    constraint credit_note_check CHECK ((gross = (net + tax)))
    constraint credit_note_check1 CHECK (((applied >= 0) AND (applied <= gross)))
    constraint credit_note_net_check CHECK ((net >= 0))
    constraint credit_note_reason_check CHECK ((reason = ANY (ARRAY['distance-selling'::text, 'billing-error'::text, 'registry-fault'::text, 'goodwill'::text, 'grace-period'::text])))
    constraint credit_note_tax_check CHECK ((tax >= 0))
    constraint credit_note_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice(id)
    constraint credit_note_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint credit_note_pkey PRIMARY KEY (id)
    constraint credit_note_number_key UNIQUE (number)
    CREATE INDEX credit_note_invoice ON public.credit_note USING btree (invoice_id)
    CREATE INDEX credit_note_registrar ON public.credit_note USING btree (registrar_id, id)
    CREATE TRIGGER credit_note_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.credit_note FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table credit_note_line
    charge_id bigint not null
    credit_note_id bigint not null
    constraint credit_note_line_charge_id_fkey FOREIGN KEY (charge_id) REFERENCES charge(id)
    constraint credit_note_line_credit_note_id_fkey FOREIGN KEY (credit_note_id) REFERENCES credit_note(id)
    constraint credit_note_line_pkey PRIMARY KEY (charge_id)
    CREATE INDEX credit_note_line_note ON public.credit_note_line USING btree (credit_note_id)
    CREATE TRIGGER credit_note_line_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.credit_note_line FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table daily_usage
    registrar_id integer not null
    day date not null
    kind text not null
    used bigint not null
    constraint daily_usage_kind_check CHECK ((kind = ANY (ARRAY['names-checked'::text, 'creates-failed'::text])))
    constraint daily_usage_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint daily_usage_pkey PRIMARY KEY (registrar_id, day, kind)

table document_series
    kind text not null
    prefix text not null
    last bigint not null default 0
    constraint document_series_kind_check CHECK ((kind = ANY (ARRAY['invoice'::text, 'credit note'::text, 'pro forma'::text, 'receipt'::text, 'memo'::text])))
    constraint document_series_pkey PRIMARY KEY (kind)
    constraint document_series_prefix_key UNIQUE (prefix)

table domain with (fillfactor=90, autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02)
    id bigint not null generated always as identity
    name text collate "C" not null
    zone_id integer not null
    sponsor integer not null
    registrant bigint
    statuses text[] not null default '{}'::text[]
    expires date not null
    first_paid boolean not null
    unassigned boolean not null default false
    suspended_on date
    suspended_reason text
    auto_bill smallint
    next_bill smallint
    auto_period smallint
    next_period smallint
    first_bill text
    recur_bill text not null default 'th'::text
    renew_not_required boolean not null default false
    notes text[] not null default '{}'::text[]
    reseller text
    referred_at timestamp with time zone
    delete_phase text
    delete_phase_ends timestamp with time zone
    auth_hash bytea
    auth_set_at timestamp with time zone
    tag_changed boolean not null default false
    creator integer not null
    created_at timestamp with time zone not null
    updater integer
    updated_at timestamp with time zone
    transferred_at timestamp with time zone
    first_due date
    advance_warning_on date
    reminder_on date
    pro_forma_on date
    not_required_on date
    recheck boolean not null default false
    constraint domain_auto_bill_check CHECK (((auto_bill >= 1) AND (auto_bill <= 182)))
    constraint domain_auto_period_check CHECK (((auto_period >= 1) AND (auto_period <= 9)))
    constraint domain_bc_no_auto CHECK (((recur_bill = 'th'::text) OR ((auto_bill IS NULL) AND (next_bill IS NULL))))
    constraint domain_delete_phase CHECK (((delete_phase IS NULL) = (delete_phase_ends IS NULL)))
    constraint domain_delete_phase_check CHECK ((delete_phase = ANY (ARRAY['redemptionPeriod'::text, 'pendingRestore'::text, 'pendingDelete'::text])))
    constraint domain_first_bill_check CHECK ((first_bill = ANY (ARRAY['th'::text, 'bc'::text])))
    constraint domain_name_check CHECK ((name = lower(name)))
    constraint domain_next_bill_check CHECK (((next_bill >= 1) AND (next_bill <= 182)))
    constraint domain_next_period_check CHECK (((next_period >= 1) AND (next_period <= 9)))
    constraint domain_one_bill_field CHECK (((auto_bill IS NULL) OR (next_bill IS NULL)))
    constraint domain_recur_bill_check CHECK ((recur_bill = ANY (ARRAY['th'::text, 'bc'::text])))
    constraint domain_suspension CHECK (((suspended_on IS NULL) = (suspended_reason IS NULL)))
    constraint domain_registrant_fkey FOREIGN KEY (registrant) REFERENCES contact(id)
    constraint domain_pkey PRIMARY KEY (id)
    constraint domain_name_key UNIQUE (name)
    CREATE INDEX domain_auto_due ON public.domain USING btree (((expires - (COALESCE(auto_bill, next_bill))::integer))) WHERE (COALESCE(auto_bill, next_bill) IS NOT NULL)
    CREATE INDEX domain_bc_expires ON public.domain USING btree (expires) WHERE (recur_bill = 'bc'::text)
    CREATE INDEX domain_created ON public.domain USING brin (created_at) WITH (pages_per_range='16', autosummarize='on')
    CREATE INDEX domain_delete_due ON public.domain USING btree (delete_phase_ends) WHERE (delete_phase IS NOT NULL)
    CREATE INDEX domain_expires ON public.domain USING btree (expires, sponsor)
    CREATE INDEX domain_first_due ON public.domain USING btree (first_due) WHERE ((first_due IS NOT NULL) AND (NOT first_paid) AND (suspended_on IS NULL))
    CREATE INDEX domain_not_required ON public.domain USING btree (expires) WHERE (renew_not_required AND (suspended_on IS NULL))
    CREATE INDEX domain_not_required_untold ON public.domain USING btree (id) WHERE (renew_not_required AND (not_required_on IS NULL))
    CREATE INDEX domain_pro_forma ON public.domain USING btree (pro_forma_on) WHERE ((pro_forma_on IS NOT NULL) AND (suspended_on IS NULL))
    CREATE INDEX domain_recheck ON public.domain USING btree (id) WHERE recheck
    CREATE INDEX domain_registrant ON public.domain USING btree (registrant)
    CREATE INDEX domain_suspended ON public.domain USING btree (suspended_on) WHERE (suspended_on IS NOT NULL)
    CREATE TRIGGER domain_life_changes BEFORE UPDATE ON public.domain FOR EACH ROW WHEN (((new.sponsor <> old.sponsor) OR (new.recur_bill <> old.recur_bill) OR (new.renew_not_required <> old.renew_not_required) OR (new.expires < old.expires) OR (new.first_paid <> old.first_paid) OR ((new.suspended_on IS NULL) AND (old.suspended_on IS NOT NULL)) OR ((new.expires > old.expires) AND ((old.advance_warning_on IS NOT NULL) OR (old.reminder_on IS NOT NULL) OR (old.pro_forma_on IS NOT NULL) OR (old.not_required_on IS NOT NULL))))) EXECUTE FUNCTION domain_life_changes()
    CREATE TRIGGER domain_refers BEFORE INSERT OR UPDATE OF zone_id, sponsor ON public.domain FOR EACH ROW EXECUTE FUNCTION domain_refers()
    CREATE TRIGGER plan_subscription_ends AFTER UPDATE OF sponsor, registrant ON public.domain FOR EACH ROW WHEN (((new.sponsor <> old.sponsor) OR (new.registrant IS DISTINCT FROM old.registrant))) EXECUTE FUNCTION plan_subscription_ends()

table domain_contact
    domain_id bigint not null
    role text not null
    contact_id bigint not null
    constraint domain_contact_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'tech'::text, 'billing'::text])))
    constraint domain_contact_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contact(id)
    constraint domain_contact_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE
    constraint domain_contact_pkey PRIMARY KEY (domain_id, role, contact_id)
    CREATE INDEX domain_contact_contact ON public.domain_contact USING btree (contact_id)

table domain_ds
    domain_id bigint not null
    ordinal smallint not null
    key_tag integer
    algorithm smallint
    digest_type smallint
    digest bytea
    key_flags integer
    key_proto smallint
    key_alg smallint
    public_key bytea
    constraint domain_ds_algorithm_check CHECK (((algorithm >= 0) AND (algorithm <= 255)))
    constraint domain_ds_check CHECK (((key_tag IS NULL) = (digest IS NULL)))
    constraint domain_ds_check1 CHECK (((key_flags IS NULL) = (public_key IS NULL)))
    constraint domain_ds_check2 CHECK (((digest IS NOT NULL) OR (public_key IS NOT NULL)))
    constraint domain_ds_digest_type_check CHECK (((digest_type >= 0) AND (digest_type <= 255)))
    constraint domain_ds_key_tag_check CHECK (((key_tag >= 0) AND (key_tag <= 65535)))
    constraint domain_ds_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE
    constraint domain_ds_pkey PRIMARY KEY (domain_id, ordinal)

table domain_host
    domain_id bigint not null
    host_id bigint not null
    constraint domain_host_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE
    constraint domain_host_host_id_fkey FOREIGN KEY (host_id) REFERENCES host(id)
    constraint domain_host_pkey PRIMARY KEY (domain_id, host_id)
    CREATE INDEX domain_host_host ON public.domain_host USING btree (host_id)

table entry
    id bigint not null generated always as identity
    journal_id bigint not null
    account_id bigint not null
    currency text not null
    amount bigint not null
    constraint entry_amount_check CHECK ((amount <> 0))
    constraint entry_account_id_currency_fkey FOREIGN KEY (account_id, currency) REFERENCES ledger_account(id, currency)
    constraint entry_journal_id_currency_fkey FOREIGN KEY (journal_id, currency) REFERENCES journal(id, currency)
    constraint entry_pkey PRIMARY KEY (id)
    CREATE INDEX entry_account ON public.entry USING btree (account_id, id) INCLUDE (amount)
    CREATE INDEX entry_journal ON public.entry USING btree (journal_id)
    CREATE TRIGGER entry_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.entry FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    CREATE TRIGGER entry_balances AFTER INSERT ON public.entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION entry_balances()

table epp_session
    id bigint not null generated always as identity
    server_id text collate "C" not null
    registrar_id integer not null
    address text not null
    started_at timestamp with time zone not null
    constraint epp_session_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint epp_session_server_id_fkey FOREIGN KEY (server_id) REFERENCES server(id) ON DELETE CASCADE
    constraint epp_session_pkey PRIMARY KEY (id)
    CREATE INDEX epp_session_registrar ON public.epp_session USING btree (registrar_id)
    CREATE INDEX epp_session_server ON public.epp_session USING btree (server_id)

table escrow_deposit
    id bigint not null generated always as identity
    deposit_id text collate "C" not null
    zones text[] not null
    type text not null
    format text not null
    prev_id text collate "C"
    resend smallint not null
    replaced boolean not null default false
    watermark timestamp with time zone not null
    history_id bigint not null
    batch_open boolean not null
    counts jsonb not null
    file text not null
    sha256 bytea not null
    constraint escrow_deposit_check CHECK (((type = 'FULL'::text) OR (prev_id IS NOT NULL)))
    constraint escrow_deposit_deposit_id_check CHECK ((deposit_id <> ''::text))
    constraint escrow_deposit_format_check CHECK ((format = ANY (ARRAY['xml'::text, 'csv'::text])))
    constraint escrow_deposit_resend_check CHECK ((resend >= 0))
    constraint escrow_deposit_sha256_check CHECK ((length(sha256) = 32))
    constraint escrow_deposit_type_check CHECK ((type = ANY (ARRAY['FULL'::text, 'DIFF'::text, 'INCR'::text])))
    constraint escrow_deposit_pkey PRIMARY KEY (id)
    constraint escrow_deposit_deposit_id_key UNIQUE (deposit_id)
    CREATE INDEX escrow_deposit_latest ON public.escrow_deposit USING btree (zones, id DESC) WHERE (NOT replaced)

table grace_period
    id bigint not null generated always as identity
    domain_id bigint not null
    kind text not null
    registrar_id integer not null
    years smallint not null
    charge_id bigint
    starts_at timestamp with time zone not null
    ends_at timestamp with time zone not null
    constraint grace_period_check CHECK ((ends_at > starts_at))
    constraint grace_period_kind_check CHECK ((kind = ANY (ARRAY['addPeriod'::text, 'renewPeriod'::text, 'autoRenewPeriod'::text, 'transferPeriod'::text])))
    constraint grace_period_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE
    constraint grace_period_pkey PRIMARY KEY (id)
    CREATE INDEX grace_period_domain ON public.grace_period USING btree (domain_id)

table handshake
    id bigint not null generated always as identity
    losing integer not null
    gaining integer not null
    registrant bigint
    state text not null
    asked_at timestamp with time zone not null
    act_by timestamp with time zone not null
    acted_at timestamp with time zone
    constraint handshake_check CHECK ((gaining <> losing))
    constraint handshake_check1 CHECK (((state = 'pending'::text) = (acted_at IS NULL)))
    constraint handshake_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'accepted'::text, 'rejected'::text, 'expired'::text, 'cancelled'::text])))
    constraint handshake_gaining_fkey FOREIGN KEY (gaining) REFERENCES registrar(id)
    constraint handshake_losing_fkey FOREIGN KEY (losing) REFERENCES registrar(id)
    constraint handshake_registrant_fkey FOREIGN KEY (registrant) REFERENCES contact(id) ON DELETE SET NULL
    constraint handshake_pkey PRIMARY KEY (id)
    CREATE INDEX handshake_due ON public.handshake USING btree (act_by) WHERE (state = 'pending'::text)

table handshake_domain
    handshake_id bigint not null
    domain_id bigint not null
    domain_name text collate "C" not null
    open boolean not null default true
    constraint handshake_domain_handshake_id_fkey FOREIGN KEY (handshake_id) REFERENCES handshake(id)
    constraint handshake_domain_pkey PRIMARY KEY (handshake_id, domain_id)
    CREATE UNIQUE INDEX handshake_domain_one_open ON public.handshake_domain USING btree (domain_id) WHERE open

table history
    id bigint not null generated always as identity
    at timestamp with time zone not null
    object text not null
    object_id bigint not null
    object_name text collate "C" not null
    action text not null
    registrar_id integer
    staff text
    reason text
    cltrid text
    svtrid text
    changes jsonb
    constraint history_pkey PRIMARY KEY (id)
    CREATE INDEX history_at ON public.history USING brin (at) WITH (pages_per_range='16', autosummarize='on')
    CREATE INDEX history_object ON public.history USING btree (object, object_name, id)
    CREATE TRIGGER history_keeps_rows BEFORE DELETE OR UPDATE OR TRUNCATE ON public.history FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table host
    id bigint not null generated always as identity
    name text collate "C" not null
    sponsor integer not null
    superordinate bigint
    statuses text[] not null default '{}'::text[]
    addresses inet[] not null default '{}'::inet[]
    creator integer not null
    created_at timestamp with time zone not null
    updater integer
    updated_at timestamp with time zone
    transferred_at timestamp with time zone
    constraint host_external_has_no_glue CHECK (((superordinate IS NOT NULL) OR (addresses = '{}'::inet[])))
    constraint host_name_check CHECK ((name = lower(name)))
    constraint host_creator_fkey FOREIGN KEY (creator) REFERENCES registrar(id)
    constraint host_sponsor_fkey FOREIGN KEY (sponsor) REFERENCES registrar(id)
    constraint host_superordinate_fkey FOREIGN KEY (superordinate) REFERENCES domain(id)
    constraint host_updater_fkey FOREIGN KEY (updater) REFERENCES registrar(id)
    constraint host_pkey PRIMARY KEY (id)
    constraint host_name_key UNIQUE (name)
    CREATE INDEX host_addresses ON public.host USING gin (addresses) WHERE (addresses <> '{}'::inet[])
    CREATE INDEX host_sponsor ON public.host USING btree (sponsor)
    CREATE INDEX host_superordinate ON public.host USING btree (superordinate) WHERE (superordinate IS NOT NULL)

table installation
    id boolean not null default true
    test_bed boolean not null default false
    clock_offset interval not null default '00:00:00'::interval
    repository_id text not null default 'UK'::text
    registry_tag text not null default 'REGISTRY'::text
    time_zone text not null default 'Europe/London'::text
    created_at timestamp with time zone not null
    constraint installation_id_check CHECK (id)
    constraint installation_pkey PRIMARY KEY (id)

table invoice
    id bigint not null generated always as identity
    number bigint not null
    kind text not null
    registrar_id integer not null
    dated date not null
    due date not null
    currency text not null
    lines integer not null
    net bigint not null
    tax bigint not null
    gross bigint not null
    addressee jsonb not null
    created_at timestamp with time zone not null
    constraint invoice_check CHECK ((due >= dated))
    constraint invoice_check1 CHECK ((gross = (net + tax)))
    constraint invoice_kind_check CHECK ((kind = ANY (ARRAY['renewals'::text, 'registrations'::text])))
    constraint invoice_lines_check CHECK ((lines > 0))
    constraint invoice_net_check CHECK ((net >= 0))
    constraint invoice_tax_check CHECK ((tax >= 0))
    constraint invoice_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint invoice_pkey PRIMARY KEY (id)
    constraint invoice_number_key UNIQUE (number)
    constraint invoice_registrar_id_kind_currency_dated_key UNIQUE (registrar_id, kind, currency, dated)
    CREATE TRIGGER invoice_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.invoice FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table journal
    id bigint not null generated always as identity
    at timestamp with time zone not null
    day date not null
    source text not null
    source_id bigint not null
    currency text not null
    description text not null
    constraint journal_source_check CHECK ((source = ANY (ARRAY['charge'::text, 'reversal'::text, 'invoice'::text, 'payment'::text, 'allocation'::text, 'credit note'::text, 'receipt'::text, 'memo'::text, 'payout'::text, 'receipt reversal'::text])))
    constraint journal_pkey PRIMARY KEY (id)
    constraint journal_id_currency_key UNIQUE (id, currency)
    constraint journal_source_source_id_key UNIQUE (source, source_id)
    CREATE TRIGGER journal_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.journal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table lease
    job text collate "C" not null
    holder text collate "C" not null
    until timestamp with time zone not null
    constraint lease_pkey PRIMARY KEY (job)

table ledger_account
    id bigint not null generated always as identity
    kind text not null
    registrar_id integer
    zone_id integer
    customer_id bigint
    currency text not null
    owner bigint not null generated always as (COALESCE((registrar_id)::bigint, (zone_id)::bigint, customer_id, (0)::bigint)) stored
    constraint ledger_account_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    constraint ledger_account_owner CHECK (
CASE
    WHEN (kind = ANY (ARRAY['receivable'::text, 'deposit'::text, 'prepaid'::text])) THEN ((registrar_id IS NOT NULL) AND (zone_id IS NULL) AND (customer_id IS NULL))
    WHEN (kind = 'revenue'::text) THEN ((zone_id IS NOT NULL) AND (registrar_id IS NULL) AND (customer_id IS NULL))
    WHEN (kind = 'customer'::text) THEN ((customer_id IS NOT NULL) AND (registrar_id IS NULL) AND (zone_id IS NULL))
    WHEN (kind = ANY (ARRAY['bank'::text, 'tax'::text, 'clearing'::text])) THEN ((registrar_id IS NULL) AND (zone_id IS NULL) AND (customer_id IS NULL))
    ELSE false
END)
    constraint ledger_account_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES registrant_account(id)
    constraint ledger_account_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint ledger_account_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
    constraint ledger_account_pkey PRIMARY KEY (id)
    constraint ledger_account_id_currency_key UNIQUE (id, currency)
    constraint ledger_account_kind_owner_currency_key UNIQUE (kind, owner, currency)

table login_failure
    key text collate "C" not null
    count integer not null
    last_at timestamp with time zone not null
    constraint login_failure_pkey PRIMARY KEY (key)

table memo
    id bigint not null generated always as identity
    number bigint not null
    account_id bigint not null
    kind text not null
    currency text not null
    amount bigint not null
    description text not null
    transfer_id bigint
    other_currency text
    other_amount bigint
    rate numeric
    dated date not null
    created_at timestamp with time zone not null
    staff text
    constraint memo_amount_check CHECK ((amount <> 0))
    constraint memo_check CHECK (((other_currency IS NULL) = (other_amount IS NULL)))
    constraint memo_check1 CHECK (((kind <> 'transfer out'::text) OR (transfer_id IS NOT NULL)))
    constraint memo_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    constraint memo_description_check CHECK ((description <> ''::text))
    constraint memo_kind_check CHECK ((kind = ANY (ARRAY['adjustment'::text, 'transfer out'::text, 'initial balance'::text])))
    constraint memo_rate_check CHECK ((rate > (0)::numeric))
    constraint memo_account_id_fkey FOREIGN KEY (account_id) REFERENCES registrant_account(id)
    constraint memo_transfer_id_fkey FOREIGN KEY (transfer_id) REFERENCES account_transfer(id)
    constraint memo_pkey PRIMARY KEY (id)
    constraint memo_number_key UNIQUE (number)
    CREATE INDEX memo_account ON public.memo USING btree (account_id, id)
    CREATE TRIGGER memo_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.memo FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table notification_schedule
    id bigint not null generated always as identity
    registrar_id integer not null
    name text not null
    days smallint[] not null default '{}'::smallint[]
    constraint notification_schedule_name_check CHECK ((name <> ''::text))
    constraint notification_schedule_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint notification_schedule_pkey PRIMARY KEY (id)
    constraint notification_schedule_id_registrar_id_key UNIQUE (id, registrar_id)
    constraint notification_schedule_registrar_id_name_key UNIQUE (registrar_id, name)

table open_item
    invoice_id bigint not null
    registrar_id integer not null
    currency text not null
    due date not null
    open bigint not null
    settled_on date
    constraint open_item_check CHECK (((open = 0) = (settled_on IS NOT NULL)))
    constraint open_item_open_check CHECK ((open >= 0))
    constraint open_item_invoice_id_fkey FOREIGN KEY (invoice_id) REFERENCES invoice(id)
    constraint open_item_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint open_item_pkey PRIMARY KEY (invoice_id)
    CREATE INDEX open_item_due ON public.open_item USING btree (due) WHERE (open > 0)
    CREATE INDEX open_item_registrar ON public.open_item USING btree (registrar_id, due, invoice_id) WHERE (open > 0)

table outbox
    id bigint not null generated always as identity
    kind text not null
    recipient text not null
    language text not null default 'en'::text
    payload jsonb not null
    registrar_id integer
    domain_id bigint
    dedup text collate "C"
    created_at timestamp with time zone not null
    due_at timestamp with time zone
    attempts smallint not null default 0
    locked_until timestamp with time zone
    sent_at timestamp with time zone
    failed_at timestamp with time zone
    message_id text
    last_error text
    queued_at timestamp with time zone not null default clock_timestamp()
    smtp_code smallint
    constraint outbox_check CHECK (((sent_at IS NULL) OR (failed_at IS NULL)))
    constraint outbox_kind_check CHECK ((kind <> ''::text))
    constraint outbox_recipient_check CHECK ((recipient <> ''::text))
    constraint outbox_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint outbox_pkey PRIMARY KEY (id)
    constraint outbox_dedup_key UNIQUE (dedup)
    CREATE INDEX outbox_domain ON public.outbox USING btree (domain_id, id) WHERE (domain_id IS NOT NULL)
    CREATE INDEX outbox_failed ON public.outbox USING btree (id) WHERE (failed_at IS NOT NULL)
    CREATE INDEX outbox_queued ON public.outbox USING btree (queued_at) WHERE ((sent_at IS NULL) AND (failed_at IS NULL))
    CREATE INDEX outbox_waiting ON public.outbox USING btree (due_at, id) WHERE ((sent_at IS NULL) AND (failed_at IS NULL))

table page_attempt
    what text collate "C" not null
    who bytea not null
    slot timestamp with time zone not null
    n integer not null
    constraint page_attempt_pkey PRIMARY KEY (what, who, slot)
    CREATE INDEX page_attempt_slot ON public.page_attempt USING btree (slot)

table page_token
    hash bytea not null
    page text not null
    contact_id bigint not null
    registrar_id integer not null
    created_at timestamp with time zone not null
    expires_at timestamp with time zone not null
    used_at timestamp with time zone
    constraint page_token_check CHECK ((expires_at > created_at))
    constraint page_token_hash_check CHECK ((length(hash) = 32))
    constraint page_token_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint page_token_pkey PRIMARY KEY (hash)
    CREATE INDEX page_token_contact ON public.page_token USING btree (contact_id)
    CREATE INDEX page_token_expires ON public.page_token USING btree (expires_at)

table payment
    id bigint not null generated always as identity
    registrar_id integer
    customer_id bigint
    currency text not null
    amount bigint not null
    received_on date not null
    method text not null
    reference text not null default ''::text
    bank_ref text
    bank_file_id bigint
    recorded_at timestamp with time zone not null
    staff text
    constraint payment_amount_check CHECK ((amount > 0))
    constraint payment_check CHECK (((registrar_id IS NULL) <> (customer_id IS NULL)))
    constraint payment_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    constraint payment_method_check CHECK ((method = ANY (ARRAY['hand'::text, 'bank file'::text])))
    constraint payment_bank_file_id_fkey FOREIGN KEY (bank_file_id) REFERENCES bank_file(id)
    constraint payment_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES registrant_account(id)
    constraint payment_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint payment_pkey PRIMARY KEY (id)
    constraint payment_bank_ref_key UNIQUE (bank_ref)
    CREATE INDEX payment_customer ON public.payment USING btree (customer_id, id) WHERE (customer_id IS NOT NULL)
    CREATE INDEX payment_registrar ON public.payment USING btree (registrar_id, id) WHERE (registrar_id IS NOT NULL)
    CREATE TRIGGER payment_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.payment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table payment_system
    registrar_id integer not null
    system text not null
    gateway text not null
    active boolean not null default true
    constraint payment_system_gateway_check CHECK ((gateway <> ''::text))
    constraint payment_system_system_check CHECK ((system ~ '^[a-z0-9][a-z0-9 -]*$'::text))
    constraint payment_system_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint payment_system_pkey PRIMARY KEY (registrar_id, system)

table payout
    id bigint not null generated always as identity
    kind text not null
    payment_id bigint
    registrar_id integer
    customer_id bigint
    currency text not null
    amount bigint not null
    paid_on date not null
    reason text not null
    bank_ref text
    recorded_at timestamp with time zone not null
    staff text
    constraint payout_amount_check CHECK ((amount > 0))
    constraint payout_check CHECK (((registrar_id IS NULL) <> (customer_id IS NULL)))
    constraint payout_check1 CHECK (((kind = 'reversal'::text) = (payment_id IS NOT NULL)))
    constraint payout_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    constraint payout_kind_check CHECK ((kind = ANY (ARRAY['reversal'::text, 'refund'::text])))
    constraint payout_reason_check CHECK ((reason <> ''::text))
    constraint payout_customer_id_fkey FOREIGN KEY (customer_id) REFERENCES registrant_account(id)
    constraint payout_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payment(id)
    constraint payout_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint payout_pkey PRIMARY KEY (id)
    constraint payout_bank_ref_key UNIQUE (bank_ref)
    constraint payout_payment_id_key UNIQUE (payment_id)
    CREATE INDEX payout_customer ON public.payout USING btree (customer_id, id) WHERE (customer_id IS NOT NULL)
    CREATE INDEX payout_registrar ON public.payout USING btree (registrar_id, id) WHERE (registrar_id IS NOT NULL)
    CREATE TRIGGER payout_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.payout FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table plan
    id bigint not null generated always as identity
    registrar_id integer not null
    zone_id integer not null
    name text not null
    ancestor_id bigint
    delegated boolean not null generated always as ((ancestor_id IS NOT NULL)) stored
    ancestor_is_delegated boolean generated always as (
CASE
    WHEN (ancestor_id IS NOT NULL) THEN false
    ELSE NULL::boolean
END) stored
    service_terms_id bigint
    schedule_id bigint
    document_id bigint
    freezes boolean not null default false
    constraint plan_check CHECK ((ancestor_id <> id))
    constraint plan_name_check CHECK ((name <> ''::text))
    constraint plan_ancestor FOREIGN KEY (ancestor_id, zone_id, ancestor_is_delegated) REFERENCES plan(id, zone_id, delegated)
    constraint plan_document FOREIGN KEY (document_id, registrar_id) REFERENCES terms_document(id, registrar_id)
    constraint plan_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint plan_schedule FOREIGN KEY (schedule_id, registrar_id) REFERENCES notification_schedule(id, registrar_id)
    constraint plan_service_terms FOREIGN KEY (service_terms_id, registrar_id) REFERENCES service_terms(id, registrar_id)
    constraint plan_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
    constraint plan_pkey PRIMARY KEY (id)
    constraint plan_id_registrar_id_key UNIQUE (id, registrar_id)
    constraint plan_id_zone_id_delegated_key UNIQUE (id, zone_id, delegated)
    constraint plan_one_of_ancestor UNIQUE (registrar_id, ancestor_id)
    constraint plan_registrar_id_name_key UNIQUE (registrar_id, name)
    CREATE INDEX plan_of_ancestor ON public.plan USING btree (ancestor_id) WHERE (ancestor_id IS NOT NULL)

table plan_price
    plan_id bigint not null
    years smallint not null
    currency text not null
    valid_from date not null
    amount bigint not null
    constraint plan_price_amount_check CHECK ((amount >= 0))
    constraint plan_price_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    constraint plan_price_years_check CHECK (((years >= 1) AND (years <= 10)))
    constraint plan_price_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plan(id)
    constraint plan_price_pkey PRIMARY KEY (plan_id, years, currency, valid_from)

table plan_subscription
    domain_id bigint not null
    account_id bigint not null
    registrar_id integer not null
    plan_id bigint not null
    years smallint not null
    currency text not null
    price bigint not null
    promotion_id bigint
    frozen boolean not null default false
    service_terms_id bigint
    schedule_id bigint
    synced_on date not null
    constraint plan_subscription_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    constraint plan_subscription_price_check CHECK ((price >= 0))
    constraint plan_subscription_years_check CHECK (((years >= 1) AND (years <= 10)))
    constraint plan_subscription_account FOREIGN KEY (account_id, registrar_id) REFERENCES registrant_account(id, registrar_id)
    constraint plan_subscription_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE
    constraint plan_subscription_plan FOREIGN KEY (plan_id, registrar_id) REFERENCES plan(id, registrar_id)
    constraint plan_subscription_promotion_id_fkey FOREIGN KEY (promotion_id) REFERENCES promotion(id)
    constraint plan_subscription_schedule FOREIGN KEY (schedule_id, registrar_id) REFERENCES notification_schedule(id, registrar_id)
    constraint plan_subscription_terms FOREIGN KEY (service_terms_id, registrar_id) REFERENCES service_terms(id, registrar_id)
    constraint plan_subscription_pkey PRIMARY KEY (domain_id)
    CREATE INDEX plan_subscription_account_id ON public.plan_subscription USING btree (account_id)
    CREATE INDEX plan_subscription_plan_id ON public.plan_subscription USING btree (plan_id)

table poll_message
    id bigint not null generated always as identity
    registrar_id integer not null
    queued_at timestamp with time zone not null
    kind text not null
    text text not null
    payload jsonb
    dedup text
    acked_at timestamp with time zone
    constraint poll_message_pkey PRIMARY KEY (id)
    constraint poll_message_dedup_key UNIQUE (dedup)
    CREATE INDEX poll_message_waiting ON public.poll_message USING btree (registrar_id, id) WHERE (acked_at IS NULL)

table post_item
    id bigint not null generated always as identity
    kind text not null
    addressee jsonb not null
    language text not null default 'en'::text
    payload jsonb not null
    document text not null default ''::text
    domain_id bigint
    dedup text collate "C"
    day date not null
    created_at timestamp with time zone not null
    file text
    pages smallint
    spooled_at timestamp with time zone
    handed_over_at timestamp with time zone
    constraint post_item_kind_check CHECK ((kind <> ''::text))
    constraint post_item_pkey PRIMARY KEY (id)
    constraint post_item_dedup_key UNIQUE (dedup)
    CREATE INDEX post_item_document ON public.post_item USING btree (document) WHERE (document <> ''::text)
    CREATE INDEX post_item_spooled ON public.post_item USING btree (day, id) WHERE (handed_over_at IS NULL)
    CREATE INDEX post_item_waiting ON public.post_item USING btree (day, id) WHERE (spooled_at IS NULL)

table price
    id bigint not null generated always as identity
    zone_id integer not null
    operation text not null
    tier text not null
    years smallint not null
    currency text not null
    amount bigint not null
    valid_from date not null
    constraint price_amount_check CHECK ((amount >= 0))
    constraint price_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    constraint price_operation_check CHECK ((operation = ANY (ARRAY['create'::text, 'renew'::text, 'restore'::text, 'transfer'::text])))
    constraint price_tier_check CHECK ((tier = ANY (ARRAY['member'::text, 'non-member'::text])))
    constraint price_years_check CHECK (((years >= 0) AND (years <= 10)))
    constraint price_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
    constraint price_pkey PRIMARY KEY (id)
    constraint price_zone_id_operation_tier_years_currency_valid_from_key UNIQUE (zone_id, operation, tier, years, currency, valid_from)

table pro_forma
    id bigint not null generated always as identity
    number bigint not null
    account_id bigint not null
    domain_id bigint not null
    domain_name text collate "C" not null
    zone_id integer not null
    period date not null
    years smallint not null
    currency text not null
    amount bigint not null
    tax_rate integer not null
    tax bigint not null
    issued_on date not null
    addressee jsonb not null
    state text not null default 'open'::text
    closed_on date
    constraint pro_forma_amount_check CHECK ((amount >= 0))
    constraint pro_forma_check CHECK (((state = 'open'::text) = (closed_on IS NULL)))
    constraint pro_forma_state_check CHECK ((state = ANY (ARRAY['open'::text, 'paid'::text, 'void'::text])))
    constraint pro_forma_tax_check CHECK ((tax >= 0))
    constraint pro_forma_years_check CHECK (((years >= 1) AND (years <= 10)))
    constraint pro_forma_account_fkey FOREIGN KEY (account_id) REFERENCES registrant_account(id)
    constraint pro_forma_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
    constraint pro_forma_pkey PRIMARY KEY (id)
    constraint pro_forma_number_key UNIQUE (number)
    CREATE INDEX pro_forma_account ON public.pro_forma USING btree (account_id, id)
    CREATE INDEX pro_forma_domain ON public.pro_forma USING btree (domain_id, id)
    CREATE UNIQUE INDEX pro_forma_one_open ON public.pro_forma USING btree (domain_id) WHERE (state = 'open'::text)

table promotion
    id bigint not null generated always as identity
    plan_id bigint not null
    name text not null
    discount integer not null
    valid_from date not null
    valid_to date not null
    constraint promotion_check CHECK ((valid_to >= valid_from))
    constraint promotion_discount_check CHECK (((discount >= 1) AND (discount <= 10000)))
    constraint promotion_name_check CHECK ((name <> ''::text))
    constraint promotion_plan_id_fkey FOREIGN KEY (plan_id) REFERENCES plan(id)
    constraint promotion_pkey PRIMARY KEY (id)
    constraint promotion_plan_id_name_key UNIQUE (plan_id, name)

table receipt
    id bigint not null generated always as identity
    number bigint not null
    pro_forma_id bigint not null
    payment_id bigint not null
    account_id bigint not null
    zone_id integer not null
    period_from date not null
    period_to date not null
    currency text not null
    net bigint not null
    tax bigint not null
    gross bigint not null
    dated date not null
    created_at timestamp with time zone not null
    constraint receipt_check CHECK ((gross = (net + tax)))
    constraint receipt_net_check CHECK ((net >= 0))
    constraint receipt_tax_check CHECK ((tax >= 0))
    constraint receipt_account_id_fkey FOREIGN KEY (account_id) REFERENCES registrant_account(id)
    constraint receipt_payment_id_fkey FOREIGN KEY (payment_id) REFERENCES payment(id)
    constraint receipt_pro_forma_id_fkey FOREIGN KEY (pro_forma_id) REFERENCES pro_forma(id)
    constraint receipt_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
    constraint receipt_pkey PRIMARY KEY (id)
    constraint receipt_number_key UNIQUE (number)
    constraint receipt_pro_forma_id_key UNIQUE (pro_forma_id)
    CREATE INDEX receipt_account ON public.receipt USING btree (account_id, id)
    CREATE TRIGGER receipt_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.receipt FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table receipt_reversal
    id bigint not null generated always as identity
    receipt_id bigint not null
    payout_id bigint not null
    dated date not null
    constraint receipt_reversal_payout_id_fkey FOREIGN KEY (payout_id) REFERENCES payout(id)
    constraint receipt_reversal_receipt_id_fkey FOREIGN KEY (receipt_id) REFERENCES receipt(id)
    constraint receipt_reversal_pkey PRIMARY KEY (id)
    constraint receipt_reversal_receipt_id_key UNIQUE (receipt_id)
    CREATE TRIGGER receipt_reversal_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.receipt_reversal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table refund_due
    charge_id bigint not null
    constraint refund_due_charge_id_fkey FOREIGN KEY (charge_id) REFERENCES charge(id)
    constraint refund_due_pkey PRIMARY KEY (charge_id)

table registrant_account
    id bigint not null generated always as identity
    contact_id bigint not null
    contact_handle text collate "C" not null
    registrar_id integer not null
    currency text not null
    status text not null default 'active'::text
    opened_at timestamp with time zone not null
    class text not null default 'standard'::text
    tax_zone text
    sales_person text
    sales_branch text
    schedule_id bigint
    holder_role text not null default 'full access'::text
    transferred_to bigint
    constraint registrant_account_class_check CHECK ((class <> ''::text))
    constraint registrant_account_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    constraint registrant_account_holder_role_check CHECK ((holder_role = ANY (ARRAY['full access'::text, 'billing'::text, 'technical'::text, 'view'::text])))
    constraint registrant_account_status_check CHECK ((status = ANY (ARRAY['active'::text, 'transferred out'::text, 'closed'::text])))
    constraint registrant_account_transferred CHECK (((status = 'transferred out'::text) = (transferred_to IS NOT NULL)))
    constraint registrant_account_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint registrant_account_schedule FOREIGN KEY (schedule_id, registrar_id) REFERENCES notification_schedule(id, registrar_id)
    constraint registrant_account_transferred_to_fkey FOREIGN KEY (transferred_to) REFERENCES registrant_account(id)
    constraint registrant_account_pkey PRIMARY KEY (id)
    constraint registrant_account_of_vendor UNIQUE (id, registrar_id)
    CREATE UNIQUE INDEX registrant_account_one_active ON public.registrant_account USING btree (contact_id, registrar_id) WHERE (status = 'active'::text)
    CREATE INDEX registrant_account_registrar ON public.registrant_account USING btree (registrar_id)

table registrant_change
    id bigint not null generated always as identity
    object text collate "C" not null
    object_id bigint not null
    object_name text collate "C" not null
    registrar_id integer not null
    state text not null default 'pending'::text
    proposed bigint
    before jsonb not null
    after jsonb not null
    notice jsonb not null
    asked_at timestamp with time zone not null
    act_by timestamp with time zone not null
    ended_at timestamp with time zone
    reason text
    cltrid text
    svtrid text
    constraint registrant_change_check CHECK ((act_by > asked_at))
    constraint registrant_change_check1 CHECK (((state = 'pending'::text) = (ended_at IS NULL)))
    constraint registrant_change_check2 CHECK (((proposed IS NULL) OR ((object = 'domain'::text) AND (state = 'pending'::text))))
    constraint registrant_change_object_check CHECK ((object = ANY (ARRAY['domain'::text, 'contact'::text])))
    constraint registrant_change_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'done'::text, 'refused'::text, 'expired'::text, 'cancelled'::text, 'failed'::text])))
    constraint registrant_change_proposed_fkey FOREIGN KEY (proposed) REFERENCES contact(id)
    constraint registrant_change_pkey PRIMARY KEY (id)
    CREATE INDEX registrant_change_due ON public.registrant_change USING btree (act_by, id) WHERE (state = 'pending'::text)
    CREATE INDEX registrant_change_object ON public.registrant_change USING btree (object, object_id, id)
    CREATE UNIQUE INDEX registrant_change_one_pending ON public.registrant_change USING btree (object, object_id) WHERE (state = 'pending'::text)
    CREATE INDEX registrant_change_proposed ON public.registrant_change USING btree (proposed) WHERE (proposed IS NOT NULL)
    CREATE INDEX registrant_change_registrar ON public.registrant_change USING btree (registrar_id, id)

table registrant_change_party
    change_id bigint not null
    side text not null
    email text not null
    token_hash bytea not null
    answer text
    answered_at timestamp with time zone
    constraint registrant_change_party_answer_check CHECK ((answer = ANY (ARRAY['confirmed'::text, 'refused'::text])))
    constraint registrant_change_party_check CHECK (((answer IS NULL) = (answered_at IS NULL)))
    constraint registrant_change_party_side_check CHECK ((side = ANY (ARRAY['previous'::text, 'new'::text])))
    constraint registrant_change_party_token_hash_check CHECK ((length(token_hash) = 32))
    constraint registrant_change_party_change_id_fkey FOREIGN KEY (change_id) REFERENCES registrant_change(id)
    constraint registrant_change_party_pkey PRIMARY KEY (change_id, side)
    constraint registrant_change_party_token_hash_key UNIQUE (token_hash)

table registrar
    id integer not null generated always as identity
    tag text collate "C" not null
    kind text not null default 'registrar'::text
    name text not null
    trad_name text
    url text
    billing_email text
    sales_email text
    technical_email text
    language text not null default 'en'::text
    state text not null default 'active'::text
    handshake text not null default 'accept'::text
    tier text not null default 'member'::text
    currency text not null default 'GBP'::text
    tax_rate integer not null default 2000
    terms text not null default 'credit'::text
    credit_days smallint not null default 30
    credit_limit bigint
    low_balance bigint
    max_sessions integer
    commands_per_second integer
    password_hash text
    password_changed_at timestamp with time zone
    password_expires_at timestamp with time zone
    created_at timestamp with time zone not null
    updated_at timestamp with time zone
    reminder_reader text not null default 'sales'::text
    decisions text not null default 'notify'::text
    iana_id integer
    abuse_email text
    abuse_phone text
    constraint registrar_check CHECK (((kind = 'registrar'::text) OR (password_hash IS NULL)))
    constraint registrar_commands_per_second_check CHECK ((commands_per_second > 0))
    constraint registrar_credit_days_check CHECK (((credit_days >= 0) AND (credit_days <= 365)))
    constraint registrar_credit_limit_check CHECK ((credit_limit >= 0))
    constraint registrar_currency_check CHECK ((currency ~ '^[A-Z]{3}$'::text))
    constraint registrar_decisions_check CHECK ((decisions = ANY (ARRAY['notify'::text, 'automatic'::text])))
    constraint registrar_handshake_check CHECK ((handshake = ANY (ARRAY['accept'::text, 'new-customers'::text, 'always'::text, 'reject'::text])))
    constraint registrar_iana_id_check CHECK ((iana_id > 0))
    constraint registrar_kind_check CHECK ((kind = ANY (ARRAY['registrar'::text, 'registry'::text, 'detagged'::text])))
    constraint registrar_low_balance_check CHECK ((low_balance >= 0))
    constraint registrar_max_sessions_check CHECK ((max_sessions > 0))
    constraint registrar_name_check CHECK ((name <> ''::text))
    constraint registrar_reminder_reader_check CHECK ((reminder_reader = ANY (ARRAY['sales'::text, 'registrant'::text, 'both'::text])))
    constraint registrar_state_check CHECK ((state = ANY (ARRAY['active'::text, 'suspended'::text, 'closed'::text])))
    constraint registrar_tag_check CHECK ((tag ~ '^[A-Z0-9-]{2,15}[A-Z0-9_-]$'::text))
    constraint registrar_tax_rate_check CHECK (((tax_rate >= 0) AND (tax_rate <= 10000)))
    constraint registrar_terms_check CHECK ((terms = ANY (ARRAY['credit'::text, 'prepaid'::text])))
    constraint registrar_tier_check CHECK ((tier = ANY (ARRAY['member'::text, 'non-member'::text])))
    constraint registrar_pkey PRIMARY KEY (id)
    constraint registrar_iana_id_key UNIQUE (iana_id)
    constraint registrar_tag_key UNIQUE (tag)
    CREATE UNIQUE INDEX registrar_one_of_a_kind ON public.registrar USING btree (kind) WHERE (kind <> 'registrar'::text)
    CREATE TRIGGER registrar_keeps_rows BEFORE DELETE OR TRUNCATE ON public.registrar FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table registrar_certificate
    id bigint not null generated always as identity
    registrar_id integer not null
    fingerprint text collate "C" not null
    subject text not null
    serial text not null
    issued boolean not null
    not_before timestamp with time zone not null
    not_after timestamp with time zone not null
    added_at timestamp with time zone not null
    revoked_at timestamp with time zone
    constraint registrar_certificate_fingerprint_check CHECK ((fingerprint ~ '^[0-9a-f]{64}$'::text))
    constraint registrar_certificate_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint registrar_certificate_pkey PRIMARY KEY (id)
    CREATE UNIQUE INDEX registrar_certificate_fingerprint ON public.registrar_certificate USING btree (fingerprint)
    CREATE INDEX registrar_certificate_registrar ON public.registrar_certificate USING btree (registrar_id)

table renewal_confirmation
    code_hash bytea not null
    domain_id bigint not null
    period date not null
    registrar_id integer not null
    contact_id bigint not null
    asked_at timestamp with time zone not null
    expires_at timestamp with time zone not null
    used_at timestamp with time zone
    constraint renewal_confirmation_code_hash_check CHECK ((length(code_hash) = 32))
    constraint renewal_confirmation_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE
    constraint renewal_confirmation_pkey PRIMARY KEY (code_hash)
    CREATE INDEX renewal_confirmation_domain ON public.renewal_confirmation USING btree (domain_id, asked_at)
    CREATE INDEX renewal_confirmation_expires ON public.renewal_confirmation USING btree (expires_at)

table renewal_decision
    domain_id bigint not null
    period date not null
    registrar_id integer not null
    contact_id bigint not null
    choice text not null
    years smallint
    via text not null
    decided_at timestamp with time zone not null
    refused text
    constraint renewal_decision_check CHECK (((choice = 'renew'::text) = (years IS NOT NULL)))
    constraint renewal_decision_choice_check CHECK ((choice = ANY (ARRAY['renew'::text, 'decline'::text])))
    constraint renewal_decision_via_check CHECK ((via = ANY (ARRAY['selection'::text, 'code'::text])))
    constraint renewal_decision_years_check CHECK (((years >= 1) AND (years <= 10)))
    constraint renewal_decision_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE
    constraint renewal_decision_pkey PRIMARY KEY (domain_id)
    CREATE INDEX renewal_decision_registrar ON public.renewal_decision USING btree (registrar_id, period)

table renewal_request with (autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02)
    id bigint not null generated always as identity
    domain_id bigint not null
    domain_name text collate "C" not null
    period date not null
    registrar_id integer not null
    years smallint not null
    new_expires date not null
    origin text not null
    requested_at timestamp with time zone not null
    state text not null default 'uninvoiced'::text
    due date
    ended_on date
    constraint renewal_request_check CHECK ((new_expires > period))
    constraint renewal_request_check1 CHECK (((state <> 'invoiced'::text) OR (due IS NOT NULL)))
    constraint renewal_request_origin_check CHECK ((origin = ANY (ARRAY['command'::text, 'auto-bill'::text, 'next-bill'::text, 'staff'::text, 'page'::text])))
    constraint renewal_request_state_check CHECK ((state = ANY (ARRAY['uninvoiced'::text, 'invoiced'::text, 'paid'::text, 'lapsed'::text, 'withdrawn'::text])))
    constraint renewal_request_years_check CHECK (((years >= 1) AND (years <= 10)))
    constraint renewal_request_pkey PRIMARY KEY (id)
    CREATE INDEX renewal_request_lapse ON public.renewal_request USING btree (due) WHERE (state = 'invoiced'::text)
    CREATE INDEX renewal_request_lapsed ON public.renewal_request USING btree (domain_id) WHERE (state = 'lapsed'::text)
    CREATE UNIQUE INDEX renewal_request_once ON public.renewal_request USING btree (domain_id, period, registrar_id) WHERE (state <> 'withdrawn'::text)
    CREATE UNIQUE INDEX renewal_request_withdrawn_once ON public.renewal_request USING btree (domain_id, period, registrar_id) WHERE (state = 'withdrawn'::text)

table reserved_name
    zone_id integer not null
    label text collate "C" not null
    kind text not null
    reason text not null
    constraint reserved_name_kind_check CHECK ((kind = ANY (ARRAY['reserved'::text, 'blocked'::text])))
    constraint reserved_name_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
    constraint reserved_name_pkey PRIMARY KEY (zone_id, label)

table server
    id text collate "C" not null
    started_at timestamp with time zone not null
    seen_at timestamp with time zone not null
    constraint server_pkey PRIMARY KEY (id)

table service_terms
    id bigint not null generated always as identity
    registrar_id integer not null
    name text not null
    description text not null default ''::text
    constraint service_terms_name_check CHECK ((name <> ''::text))
    constraint service_terms_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint service_terms_pkey PRIMARY KEY (id)
    constraint service_terms_id_registrar_id_key UNIQUE (id, registrar_id)
    constraint service_terms_registrar_id_name_key UNIQUE (registrar_id, name)

table staff_user
    name text collate "C" not null
    role text not null
    active boolean not null default true
    created_at timestamp with time zone not null
    updated_at timestamp with time zone
    registrar_id integer
    constraint staff_user_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9._-]{0,63}$'::text))
    constraint staff_user_registrar CHECK (((role = 'registrar'::text) = (registrar_id IS NOT NULL)))
    constraint staff_user_role_check CHECK ((role = ANY (ARRAY['support'::text, 'billing'::text, 'operator'::text, 'admin'::text, 'registrar'::text])))
    constraint staff_user_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint staff_user_pkey PRIMARY KEY (name)

table subscription
    kind text not null
    registrar_id integer not null
    contact_id bigint not null default 0
    token uuid not null default gen_random_uuid()
    opted_out_at timestamp with time zone
    constraint subscription_kind_check CHECK ((kind = ANY (ARRAY['advance-list'::text, 'reminder-list'::text])))
    constraint subscription_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint subscription_pkey PRIMARY KEY (kind, registrar_id, contact_id)
    constraint subscription_token_key UNIQUE (token)

table terms_acceptance
    id bigint not null generated always as identity
    account_id bigint not null
    document_id bigint not null
    version text not null
    accepted_on date not null
    copied boolean not null default false
    constraint terms_acceptance_account_id_fkey FOREIGN KEY (account_id) REFERENCES registrant_account(id)
    constraint terms_acceptance_document_id_version_fkey FOREIGN KEY (document_id, version) REFERENCES terms_version(document_id, version)
    constraint terms_acceptance_pkey PRIMARY KEY (id)
    constraint terms_acceptance_account_id_document_id_version_accepted_on_key UNIQUE (account_id, document_id, version, accepted_on)
    CREATE TRIGGER terms_acceptance_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.terms_acceptance FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table terms_document
    id bigint not null generated always as identity
    registrar_id integer not null
    code text not null
    title text not null
    constraint terms_document_code_check CHECK ((code ~ '^[a-z0-9][a-z0-9-]*$'::text))
    constraint terms_document_title_check CHECK ((title <> ''::text))
    constraint terms_document_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint terms_document_pkey PRIMARY KEY (id)
    constraint terms_document_id_registrar_id_key UNIQUE (id, registrar_id)
    constraint terms_document_registrar_id_code_key UNIQUE (registrar_id, code)

table terms_version
    id bigint not null generated always as identity
    document_id bigint not null
    version text not null
    valid_from date not null
    constraint terms_version_version_check CHECK ((version <> ''::text))
    constraint terms_version_document_id_fkey FOREIGN KEY (document_id) REFERENCES terms_document(id)
    constraint terms_version_pkey PRIMARY KEY (document_id, version)
    constraint terms_version_document_id_valid_from_key UNIQUE (document_id, valid_from)
    constraint terms_version_id_key UNIQUE (id)
    CREATE TRIGGER terms_version_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON public.terms_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table transfer
    id bigint not null generated always as identity
    object text not null
    object_id bigint not null
    object_name text collate "C" not null
    gaining integer not null
    losing integer not null
    years smallint
    state text not null
    requested_at timestamp with time zone not null
    act_by timestamp with time zone not null
    acted_at timestamp with time zone
    expires date
    constraint transfer_check CHECK ((gaining <> losing))
    constraint transfer_check1 CHECK (((state = 'pending'::text) = (acted_at IS NULL)))
    constraint transfer_object_check CHECK ((object = ANY (ARRAY['domain'::text, 'contact'::text])))
    constraint transfer_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'clientApproved'::text, 'clientRejected'::text, 'clientCancelled'::text, 'serverApproved'::text, 'serverCancelled'::text])))
    constraint transfer_gaining_fkey FOREIGN KEY (gaining) REFERENCES registrar(id)
    constraint transfer_losing_fkey FOREIGN KEY (losing) REFERENCES registrar(id)
    constraint transfer_pkey PRIMARY KEY (id)
    CREATE INDEX transfer_due ON public.transfer USING btree (act_by) WHERE (state = 'pending'::text)
    CREATE INDEX transfer_object ON public.transfer USING btree (object, object_id)
    CREATE UNIQUE INDEX transfer_one_pending ON public.transfer USING btree (object, object_id) WHERE (state = 'pending'::text)

table vendor
    registrar_id integer not null
    parent_id integer
    default_class text not null default 'standard'::text
    own_desk boolean not null default false
    is_sub boolean not null generated always as ((parent_id IS NOT NULL)) stored
    parent_is_sub boolean generated always as (
CASE
    WHEN (parent_id IS NOT NULL) THEN false
    ELSE NULL::boolean
END) stored
    constraint vendor_check CHECK ((parent_id <> registrar_id))
    constraint vendor_default_class_check CHECK ((default_class <> ''::text))
    constraint vendor_one_level FOREIGN KEY (parent_id, parent_is_sub) REFERENCES vendor(registrar_id, is_sub)
    constraint vendor_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint vendor_pkey PRIMARY KEY (registrar_id)
    constraint vendor_registrar_id_is_sub_key UNIQUE (registrar_id, is_sub)
    CREATE INDEX vendor_parent ON public.vendor USING btree (parent_id) WHERE (parent_id IS NOT NULL)

table vendor_rule
    registrar_id integer not null
    kind text not null
    place smallint not null
    country text
    natural_person boolean
    value text not null
    constraint vendor_rule_country_check CHECK ((country ~ '^[A-Z]{2}$'::text))
    constraint vendor_rule_kind_check CHECK ((kind = ANY (ARRAY['sales person'::text, 'tax zone'::text])))
    constraint vendor_rule_place_check CHECK ((place > 0))
    constraint vendor_rule_value_check CHECK ((value <> ''::text))
    constraint vendor_rule_registrar_id_fkey FOREIGN KEY (registrar_id) REFERENCES registrar(id)
    constraint vendor_rule_pkey PRIMARY KEY (registrar_id, kind, place)

table verification_hold
    domain_id bigint not null
    since date not null
    staff_too boolean not null default false
    constraint verification_hold_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE
    constraint verification_hold_pkey PRIMARY KEY (domain_id)

table zone
    id integer not null generated always as identity
    name text collate "C" not null
    profile text not null
    referred boolean not null default false
    idn_table text not null default 'none'::text
    dnssec_data text not null default 'ds'::text
    max_ns smallint not null default 13
    max_ds smallint not null default 8
    created_at timestamp with time zone not null
    updated_at timestamp with time zone
    registrant_changes text not null default 'confirm'::text
    verify_days smallint not null default 0
    verify_suspends boolean not null default false
    publication text
    constraint zone_check CHECK (((NOT verify_suspends) OR (verify_days > 0)))
    constraint zone_dnssec_data_check CHECK ((dnssec_data = ANY (ARRAY['ds'::text, 'key'::text, 'both'::text])))
    constraint zone_max_ds_check CHECK (((max_ds >= 0) AND (max_ds <= 32)))
    constraint zone_max_ns_check CHECK (((max_ns >= 0) AND (max_ns <= 13)))
    constraint zone_name_check CHECK (((name = lower(name)) AND (name ~ '^[a-z0-9.-]+$'::text)))
    constraint zone_profile_check CHECK ((profile = ANY (ARRAY['uk'::text, 'gtld'::text])))
    constraint zone_publication_check CHECK ((publication = ANY (ARRAY['none'::text, 'minimal'::text, 'organisations'::text, 'full'::text])))
    constraint zone_registrant_changes_check CHECK ((registrant_changes = ANY (ARRAY['confirm'::text, 'at-once'::text, 'never'::text])))
    constraint zone_verify_days_check CHECK (((verify_days >= 0) AND (verify_days <= 365)))
    constraint zone_pkey PRIMARY KEY (id)
    constraint zone_name_key UNIQUE (name)
    CREATE TRIGGER zone_keeps_rows BEFORE DELETE OR TRUNCATE ON public.zone FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()

table zone_apex
    zone_id integer not null
    name_servers jsonb not null
    mailbox text not null
    refresh integer not null
    retry integer not null
    expire integer not null
    negative integer not null
    ttl integer not null
    ttl_ds integer not null
    ttl_glue integer not null
    ds text[] not null default '{}'::text[]
    updated_at timestamp with time zone not null
    constraint zone_apex_expire_check CHECK ((expire > 0))
    constraint zone_apex_negative_check CHECK ((negative >= 0))
    constraint zone_apex_refresh_check CHECK ((refresh > 0))
    constraint zone_apex_retry_check CHECK ((retry > 0))
    constraint zone_apex_ttl_check CHECK ((ttl >= 0))
    constraint zone_apex_ttl_ds_check CHECK ((ttl_ds >= 0))
    constraint zone_apex_ttl_glue_check CHECK ((ttl_glue >= 0))
    constraint zone_apex_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
    constraint zone_apex_pkey PRIMARY KEY (zone_id)

table zone_change
    zone_id integer not null
    version bigint not null
    owner text collate "C" not null
    kind text collate "C" not null
    removed text[] not null
    added text[] not null
    constraint zone_change_pkey PRIMARY KEY (zone_id, version, owner, kind)

table zone_entry
    zone_id integer not null
    owner text collate "C" not null
    kind text collate "C" not null
    records text[] not null
    constraint zone_entry_kind_check CHECK ((kind = ANY (ARRAY['address'::text, 'delegation'::text])))
    constraint zone_entry_records_check CHECK ((records <> '{}'::text[]))
    constraint zone_entry_pkey PRIMARY KEY (zone_id, owner, kind)

table zone_file
    zone_id integer not null
    serial bigint not null
    records bigint not null
    bytes bigint not null
    at timestamp with time zone not null
    constraint zone_file_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
    constraint zone_file_pkey PRIMARY KEY (zone_id)

table zone_publication
    zone_id integer not null
    serial bigint not null
    version bigint not null
    published_at timestamp with time zone not null
    checked_at timestamp with time zone not null
    compared_at timestamp with time zone not null
    names bigint not null
    head jsonb not null
    fixed text not null
    compare boolean not null
    catch_up bigint
    guard_names bigint not null
    guard_at timestamp with time zone not null
    stopped_at timestamp with time zone
    stopped_why text
    constraint zone_publication_check1 CHECK (((stopped_at IS NULL) = (stopped_why IS NULL)))
    constraint zone_publication_serial_check CHECK (((serial >= 1) AND (serial <= '4294967295'::bigint)))
    constraint zone_publication_zone_id_fkey FOREIGN KEY (zone_id) REFERENCES zone(id)
    constraint zone_publication_pkey PRIMARY KEY (zone_id)

table zone_version
    zone_id integer not null
    version bigint not null
    serial bigint not null
    at timestamp with time zone not null
    constraint zone_version_pkey PRIMARY KEY (zone_id, version)
    CREATE INDEX zone_version_serial ON public.zone_version USING btree (zone_id, serial)

table zone_watch
    id boolean not null default true
    settled bigint not null
    seen bigint not null
    pending bigint not null
    horizon numeric not null
    constraint zone_watch_id_check CHECK (id)
    constraint zone_watch_pkey PRIMARY KEY (id)

CREATE OR REPLACE FUNCTION public.balance_of(account bigint)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$SELECT (coalesce((SELECT balance FROM balance_mark WHERE account_id = account ORDER BY entry_id DESC LIMIT 1), 0)
     + coalesce((SELECT sum(amount) FROM entry WHERE account_id = account
         AND id > coalesce((SELECT max(entry_id) FROM balance_mark WHERE account_id = account), 0)), 0))::bigint$function$


CREATE OR REPLACE FUNCTION public.billing_funds(registrar integer)
 RETURNS bigint[]
 LANGUAGE plpgsql
AS $function$
DECLARE
    reg     record;
    deposit bigint;
    mark    record;
    tail    record;
    owed    bigint := 0;
BEGIN
    SELECT terms, currency, credit_limit INTO reg FROM registrar r WHERE r.id = registrar;
    IF reg.terms = 'prepaid' THEN
        SELECT id INTO deposit FROM ledger_account a
            WHERE a.kind = 'deposit' AND a.owner = registrar AND a.currency = reg.currency FOR NO KEY UPDATE;
    ELSE
        SELECT id INTO deposit FROM ledger_account a
            WHERE a.kind = 'deposit' AND a.owner = registrar AND a.currency = reg.currency;
        SELECT coalesce(sum(amount + tax), 0) INTO owed FROM charge c
            WHERE c.registrar_id = registrar AND c.invoice_id IS NULL AND c.reversed_at IS NULL AND NOT c.prepaid;
        owed := owed + (SELECT coalesce(sum(open), 0) FROM open_item o WHERE o.registrar_id = registrar AND o.open > 0);
    END IF;
    SELECT coalesce(max(m.entry_id), 0) AS entry_id, coalesce((array_agg(m.balance ORDER BY m.entry_id DESC))[1], 0) AS balance
        INTO mark FROM (SELECT entry_id, balance FROM balance_mark b WHERE b.account_id = deposit
            ORDER BY entry_id DESC LIMIT 1) m;
    SELECT coalesce(sum(e.amount), 0) AS amount, count(*) AS n INTO tail
        FROM entry e WHERE e.account_id = deposit AND e.id > mark.entry_id;
    RETURN ARRAY[CASE WHEN reg.terms = 'prepaid' THEN 0 ELSE coalesce(reg.credit_limit, 0) END - owed
        - (mark.balance + tail.amount), tail.n];
END $function$


CREATE OR REPLACE FUNCTION public.billing_price(zone integer, op text, of_tier text, for_years integer, of_currency text, day date)
 RETURNS bigint
 LANGUAGE sql
 STABLE
AS $function$SELECT amount FROM price WHERE zone_id = zone AND operation = op AND tier = of_tier AND years = for_years
     AND currency = of_currency AND valid_from <= day ORDER BY valid_from DESC LIMIT 1$function$


CREATE OR REPLACE FUNCTION public.billing_tax(net bigint, rate integer)
 RETURNS bigint
 LANGUAGE sql
 IMMUTABLE
AS $function$SELECT (net * rate + 5000) / 10000$function$


CREATE OR REPLACE FUNCTION public.charge_is_fixed()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION 'charge % is fixed', OLD.id USING ERRCODE = 'restrict_violation', CONSTRAINT = 'charge_is_fixed';
END $function$


CREATE OR REPLACE FUNCTION public.contact_nature_is_final()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.natural_person IS DISTINCT FROM OLD.natural_person THEN
        RAISE EXCEPTION 'a contact stays a natural person or a legal entity (C2)'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'contact_nature_is_final';
    END IF;
    RETURN NEW;
END $function$


CREATE OR REPLACE FUNCTION public.domain_life_changes()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NEW.expires > OLD.expires THEN
        NEW.advance_warning_on := NULL;
        NEW.reminder_on := NULL;
        NEW.pro_forma_on := NULL;
        NEW.not_required_on := NULL;
    END IF;
    IF NOT NEW.renew_not_required THEN
        NEW.not_required_on := NULL; -- set again, it is a new word to the registrant
    END IF;
    -- The batch clears recheck when it has looked; everybody else leaves it.
    IF NOT (OLD.recheck AND NOT NEW.recheck) THEN
        NEW.recheck := true;
    END IF;
    RETURN NEW;
END $function$


CREATE OR REPLACE FUNCTION public.domain_refers()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM zone WHERE id = NEW.zone_id) OR NOT EXISTS (SELECT FROM registrar WHERE id = NEW.sponsor) THEN
        RAISE EXCEPTION 'domain % names a zone or sponsor that does not exist', NEW.name
            USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'domain_refers';
    END IF;
    RETURN NEW;
END $function$


CREATE OR REPLACE FUNCTION public.entry_balances()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
DECLARE
    bad record;
BEGIN
    SELECT journal_id, sum(amount) AS rest INTO bad FROM added GROUP BY journal_id HAVING sum(amount) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the entries of journal % sum to %, not zero', bad.journal_id, bad.rest
            USING ERRCODE = 'check_violation', CONSTRAINT = 'entry_balances';
    END IF;
    RETURN NULL;
END $function$


CREATE OR REPLACE FUNCTION public.need_active_tag(tag_id integer)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM registrar WHERE id = tag_id AND state = 'active') THEN
        RAISE EXCEPTION 'registrar % is not active', tag_id
            USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'registrar_active';
    END IF;
END $function$


CREATE OR REPLACE FUNCTION public.plan_price_on(plan bigint, for_years integer, of_currency text, day date)
 RETURNS TABLE(amount bigint, promotion_id bigint)
 LANGUAGE sql
 STABLE
AS $function$SELECT (p.amount * (10000 - coalesce(o.discount, 0)) + 5000) / 10000, o.id
     FROM (SELECT amount FROM plan_price WHERE plan_id = plan AND years = for_years AND currency = of_currency
            AND valid_from <= day ORDER BY valid_from DESC LIMIT 1) p
     LEFT JOIN LATERAL (SELECT id, discount FROM promotion WHERE plan_id = plan AND valid_from <= day AND day <= valid_to
            ORDER BY discount DESC, id LIMIT 1) o ON true$function$


CREATE OR REPLACE FUNCTION public.plan_subscription_ends()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    DELETE FROM plan_subscription s USING registrant_account a
        WHERE s.domain_id = NEW.id AND a.id = s.account_id
        AND (s.registrar_id <> NEW.sponsor OR a.contact_id IS DISTINCT FROM NEW.registrant);
    RETURN NULL;
END $function$


CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    RAISE EXCEPTION '% keeps its rows', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_TABLE_NAME || '_keeps_rows';
END $function$

