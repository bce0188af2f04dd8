CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE vault (
	id INTEGER NOT NULL, 
	proof TEXT NOT NULL, 
	CONSTRAINT pk_vault PRIMARY KEY (id), 
	CONSTRAINT ck_vault_single CHECK (id = 1)
);
CREATE TABLE profiles (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	client_secret TEXT NOT NULL, 
	environment TEXT NOT NULL, 
	protocol TEXT NOT NULL, 
	incoming_host TEXT NOT NULL, 
	incoming_port INTEGER NOT NULL, 
	outgoing_host TEXT NOT NULL, 
	outgoing_port INTEGER NOT NULL, 
	is_default BOOLEAN NOT NULL, 
	active BOOLEAN NOT NULL, 
	server_type TEXT NOT NULL, 
	authentication TEXT NOT NULL, read_from DATETIME, 
	CONSTRAINT uq_profiles_name UNIQUE (name), 
	CONSTRAINT ck_profiles_protocol CHECK (protocol IN ('imap', 'pop')), 
	CONSTRAINT ck_profiles_server_type CHECK (server_type IN ('gmail')), 
	CONSTRAINT ck_profiles_authentication CHECK (authentication IN ('gmail_oauth')), 
	CONSTRAINT ck_profiles_incoming_port CHECK (incoming_port BETWEEN 1 AND 65535), 
	CONSTRAINT ck_profiles_outgoing_port CHECK (outgoing_port BETWEEN 1 AND 65535)
);
CREATE UNIQUE INDEX uq_profiles_default ON profiles (is_default) WHERE is_default;
CREATE TABLE mailboxes (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	address TEXT NOT NULL, 
	address_key TEXT NOT NULL, 
	profile_id INTEGER, 
	incoming TEXT NOT NULL, 
	outgoing TEXT NOT NULL, 
	approval TEXT NOT NULL, 
	incoming_status TEXT NOT NULL, 
	outgoing_status TEXT NOT NULL, 
	incoming_enabled BOOLEAN NOT NULL, 
	outgoing_enabled BOOLEAN NOT NULL, 
	last_success DATETIME, fence BIGINT DEFAULT '0' NOT NULL, lease_since DATETIME, lease_until DATETIME, lease_holder TEXT, kind TEXT DEFAULT 'user' NOT NULL CONSTRAINT ck_mailboxes_kind CHECK (kind IN ('user', 'queue')), acceptance TEXT DEFAULT 'all' NOT NULL CONSTRAINT ck_mailboxes_acceptance CHECK (acceptance IN ('all', 'responses', 'people', 'records', 'none')), folders TEXT DEFAULT '["INBOX"]' NOT NULL, labels TEXT DEFAULT '[]' NOT NULL, read_from DATETIME, pop_recent BOOLEAN DEFAULT 0 NOT NULL, pop_delete BOOLEAN DEFAULT 0 NOT NULL, pop_looked_at DATETIME, 
	CONSTRAINT fk_mailboxes_profile_id FOREIGN KEY(profile_id) REFERENCES profiles (id) ON DELETE SET NULL, 
	CONSTRAINT uq_mailboxes_address_key UNIQUE (address_key), 
	CONSTRAINT ck_mailboxes_incoming CHECK (incoming IN ('none', 'server_side_sync')), 
	CONSTRAINT ck_mailboxes_outgoing CHECK (outgoing IN ('none', 'server_side_sync')), 
	CONSTRAINT ck_mailboxes_approval CHECK (approval IN ('pending', 'approved', 'rejected')), 
	CONSTRAINT ck_mailboxes_incoming_status CHECK (incoming_status IN ('not_run', 'success', 'failure')), 
	CONSTRAINT ck_mailboxes_outgoing_status CHECK (outgoing_status IN ('not_run', 'success', 'failure'))
);
CREATE INDEX ix_mailboxes_profile_id ON mailboxes (profile_id);
CREATE TABLE grants (
	mailbox_id INTEGER NOT NULL, 
	client_id TEXT NOT NULL, 
	scopes TEXT NOT NULL, 
	refresh_token TEXT NOT NULL, 
	access_token TEXT NOT NULL, 
	access_expires_at DATETIME NOT NULL, 
	granted_at DATETIME NOT NULL, 
	refresh_expires_at DATETIME, refreshed_at DATETIME, renewal TEXT, renewing_until DATETIME, 
	CONSTRAINT pk_grants PRIMARY KEY (mailbox_id), 
	CONSTRAINT fk_grants_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE
);
CREATE TABLE sign_ins (
	state TEXT NOT NULL, 
	mailbox_id INTEGER NOT NULL, 
	code_verifier TEXT NOT NULL, 
	redirect_uri TEXT NOT NULL, 
	url TEXT NOT NULL, 
	expires_at DATETIME NOT NULL, 
	CONSTRAINT pk_sign_ins PRIMARY KEY (state), 
	CONSTRAINT fk_sign_ins_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE
);
CREATE INDEX ix_sign_ins_mailbox_id ON sign_ins (mailbox_id);
CREATE TABLE emails (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	mailbox_id INTEGER NOT NULL, 
	direction TEXT NOT NULL, 
	status TEXT NOT NULL, 
	message_id TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	sender TEXT NOT NULL, 
	recipients TEXT NOT NULL, 
	date DATETIME, 
	in_reply_to TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	sha256 TEXT NOT NULL, 
	gmail_message_id BIGINT, 
	gmail_thread_id BIGINT, 
	labels TEXT NOT NULL, 
	last_error TEXT NOT NULL, notification TEXT CONSTRAINT ck_emails_notification CHECK (notification IN ('none', 'attachments', 'truncated')), activity_id INTEGER, 
	CONSTRAINT fk_emails_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE, 
	CONSTRAINT uq_emails_mailbox_id_gmail_message_id UNIQUE (mailbox_id, gmail_message_id), 
	CONSTRAINT ck_emails_direction CHECK (direction IN ('incoming', 'outgoing')), 
	CONSTRAINT ck_emails_status CHECK (status IN ('received', 'pending', 'sending', 'sent', 'failed', 'in_doubt', 'canceled')), 
	CONSTRAINT ck_emails_received_is_incoming CHECK ((direction = 'incoming') = (status = 'received'))
, CONSTRAINT fk_emails_activity_id FOREIGN KEY(activity_id) REFERENCES activities (id) ON DELETE SET NULL);
CREATE INDEX ix_emails_mailbox_id_status ON emails (mailbox_id, status);
CREATE TABLE email_content (
	email_id INTEGER NOT NULL, 
	skeleton BLOB NOT NULL, packing TEXT DEFAULT 'plain' NOT NULL CONSTRAINT ck_email_content_packing CHECK (packing IN ('plain', 'zlib', 'zstd')), 
	CONSTRAINT pk_email_content PRIMARY KEY (email_id), 
	CONSTRAINT fk_email_content_email_id FOREIGN KEY(email_id) REFERENCES emails (id) ON DELETE CASCADE
);
CREATE TABLE email_envelopes (
	email_id INTEGER NOT NULL, 
	sender TEXT NOT NULL, 
	recipients TEXT NOT NULL, 
	CONSTRAINT pk_email_envelopes PRIMARY KEY (email_id), 
	CONSTRAINT fk_email_envelopes_email_id FOREIGN KEY(email_id) REFERENCES emails (id) ON DELETE CASCADE
);
CREATE TABLE attempts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	email_id INTEGER NOT NULL, 
	started_at DATETIME NOT NULL, 
	finished_at DATETIME, 
	event TEXT, 
	reply TEXT NOT NULL, 
	CONSTRAINT fk_attempts_email_id FOREIGN KEY(email_id) REFERENCES emails (id) ON DELETE CASCADE, 
	CONSTRAINT ck_attempts_event CHECK (event IN ('claimed', 'accepted', 'deferred', 'rejected', 'lost', 'found', 'not_found', 'canceled', 'retried'))
);
CREATE INDEX ix_attempts_email_id ON attempts (email_id);
CREATE UNIQUE INDEX uq_attempts_under_way ON attempts (email_id) WHERE event IS NULL;
CREATE TABLE test_messages (
	mailbox_id INTEGER NOT NULL, 
	message_id TEXT NOT NULL, 
	CONSTRAINT pk_test_messages PRIMARY KEY (mailbox_id, message_id), 
	CONSTRAINT fk_test_messages_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE
);
CREATE TABLE alerts (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	mailbox_id INTEGER NOT NULL, 
	level TEXT NOT NULL, 
	code TEXT NOT NULL, 
	message TEXT NOT NULL, 
	advice TEXT NOT NULL, 
	server_line TEXT NOT NULL, 
	opened_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	sightings INTEGER NOT NULL, 
	resolved_at DATETIME, 
	dismissed_at DATETIME, 
	CONSTRAINT fk_alerts_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE, 
	CONSTRAINT ck_alerts_level CHECK (level IN ('warning', 'error'))
);
CREATE INDEX ix_alerts_mailbox_id ON alerts (mailbox_id);
CREATE UNIQUE INDEX uq_alerts_open ON alerts (mailbox_id, code) WHERE resolved_at IS NULL AND dismissed_at IS NULL;
CREATE TABLE trials (
	mailbox_id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	stages TEXT NOT NULL, 
	tried_at DATETIME NOT NULL, 
	CONSTRAINT pk_trials PRIMARY KEY (mailbox_id), 
	CONSTRAINT fk_trials_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE
);
CREATE TABLE refresh_tokens (
	id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	client_id TEXT NOT NULL, 
	issued_at DATETIME NOT NULL, 
	dies_at DATETIME NOT NULL, 
	CONSTRAINT pk_refresh_tokens PRIMARY KEY (id)
);
CREATE INDEX ix_refresh_tokens_account ON refresh_tokens (account, client_id);
CREATE UNIQUE INDEX uq_emails_content ON emails (mailbox_id, sha256) WHERE direction = 'incoming' AND gmail_message_id IS NULL;
CREATE TABLE folders (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	mailbox_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	uidvalidity BIGINT NOT NULL, 
	last_uid BIGINT NOT NULL, 
	backlog_uid BIGINT DEFAULT '0' NOT NULL, 
	since DATETIME, 
	modseq BIGINT, 
	uidnext BIGINT, 
	messages BIGINT, 
	CONSTRAINT ck_folders_backlog CHECK (backlog_uid BETWEEN 0 AND last_uid), 
	CONSTRAINT fk_folders_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE, 
	CONSTRAINT uq_folders_mailbox_id_name UNIQUE (mailbox_id, name)
);
CREATE TABLE failures (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	mailbox_id INTEGER NOT NULL, 
	code TEXT NOT NULL, 
	message TEXT NOT NULL, 
	advice TEXT NOT NULL, 
	server_line TEXT NOT NULL, 
	folder TEXT NOT NULL, 
	uidvalidity BIGINT NOT NULL, 
	uid BIGINT NOT NULL, 
	uidl TEXT NOT NULL, 
	gmail_message_id BIGINT, 
	size BIGINT NOT NULL, 
	raw BLOB, 
	attempts INTEGER NOT NULL, 
	first_at DATETIME NOT NULL, 
	last_at DATETIME NOT NULL, 
	next_at DATETIME, given_up_at DATETIME, given_up_by TEXT DEFAULT '' NOT NULL, given_up_why TEXT DEFAULT '' NOT NULL CONSTRAINT ck_failures_given_up CHECK (given_up_at IS NULL OR (given_up_by <> '' AND given_up_why <> '' AND next_at IS NULL)), gmail_thread_id BIGINT, labels TEXT DEFAULT '[]' NOT NULL, 
	CONSTRAINT fk_failures_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE, 
	CONSTRAINT uq_failures_mailbox_id_folder_uidvalidity_uid_uidl UNIQUE (mailbox_id, folder, uidvalidity, uid, uidl)
);
CREATE TABLE placements (
	folder_id INTEGER NOT NULL, 
	uidvalidity BIGINT NOT NULL, 
	uid BIGINT NOT NULL, 
	outcome TEXT NOT NULL, 
	email_id INTEGER, 
	failure_id INTEGER, 
	size BIGINT NOT NULL, 
	flags TEXT NOT NULL, 
	CONSTRAINT pk_placements PRIMARY KEY (folder_id, uidvalidity, uid), 
	CONSTRAINT ck_placements_outcome CHECK (outcome IN ('listed', 'stored', 'failed', 'test', 'refused')), 
	CONSTRAINT ck_placements_stored_is_an_email CHECK ((outcome = 'stored') = (email_id IS NOT NULL)), 
	CONSTRAINT ck_placements_failed_is_in_the_ledger CHECK ((outcome = 'failed') = (failure_id IS NOT NULL)), 
	CONSTRAINT fk_placements_folder_id FOREIGN KEY(folder_id) REFERENCES folders (id) ON DELETE CASCADE, 
	CONSTRAINT fk_placements_email_id FOREIGN KEY(email_id) REFERENCES emails (id) ON DELETE CASCADE, 
	CONSTRAINT fk_placements_failure_id FOREIGN KEY(failure_id) REFERENCES failures (id) DEFERRABLE INITIALLY DEFERRED
)
 WITHOUT ROWID;
CREATE INDEX ix_placements_email_id ON placements (email_id);
CREATE INDEX ix_placements_listed ON placements (folder_id, uidvalidity, uid) WHERE outcome = 'listed';
CREATE INDEX ix_placements_failure_id ON placements (failure_id) WHERE failure_id IS NOT NULL;
CREATE TRIGGER folders_pass_nothing_on_insert BEFORE INSERT ON folders WHEN EXISTS (
    SELECT 1 FROM placements
    WHERE folder_id = NEW.id AND uidvalidity = NEW.uidvalidity AND outcome = 'listed'
    AND uid > NEW.backlog_uid AND uid <= NEW.last_uid
) BEGIN SELECT RAISE(ABORT, 'the cursor would pass a message that is neither stored nor in the failure ledger'); END;
CREATE TRIGGER folders_pass_nothing_on_update BEFORE UPDATE ON folders WHEN EXISTS (
    SELECT 1 FROM placements
    WHERE folder_id = NEW.id AND uidvalidity = NEW.uidvalidity AND outcome = 'listed'
    AND uid > NEW.backlog_uid AND uid <= NEW.last_uid
) BEGIN SELECT RAISE(ABORT, 'the cursor would pass a message that is neither stored nor in the failure ledger'); END;
CREATE TABLE fates (
	mailbox_id INTEGER NOT NULL, 
	uidl TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	email_id INTEGER, 
	failure_id INTEGER, 
	size BIGINT NOT NULL, 
	CONSTRAINT pk_fates PRIMARY KEY (mailbox_id, uidl), 
	CONSTRAINT ck_fates_outcome CHECK (outcome IN ('listed', 'stored', 'failed', 'test', 'refused')), 
	CONSTRAINT ck_fates_stored_is_an_email CHECK ((outcome = 'stored') = (email_id IS NOT NULL)), 
	CONSTRAINT ck_fates_failed_is_in_the_ledger CHECK ((outcome = 'failed') = (failure_id IS NOT NULL)), 
	CONSTRAINT fk_fates_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE, 
	CONSTRAINT fk_fates_email_id FOREIGN KEY(email_id) REFERENCES emails (id) ON DELETE CASCADE, 
	CONSTRAINT fk_fates_failure_id FOREIGN KEY(failure_id) REFERENCES failures (id) DEFERRABLE INITIALLY DEFERRED
)
 WITHOUT ROWID;
CREATE INDEX ix_fates_email_id ON fates (email_id);
CREATE INDEX ix_fates_failure_id ON fates (failure_id) WHERE failure_id IS NOT NULL;
CREATE INDEX ix_emails_folding ON emails (mailbox_id, message_id, sha256) WHERE length(message_id) <= 500;
CREATE TABLE blobs (
	id INTEGER NOT NULL, 
	sha256 BLOB NOT NULL, 
	size INTEGER NOT NULL, 
	packing TEXT NOT NULL, 
	content BLOB NOT NULL, 
	CONSTRAINT pk_blobs PRIMARY KEY (id), 
	CONSTRAINT uq_blobs_sha256 UNIQUE (sha256), 
	CONSTRAINT ck_blobs_packing CHECK (packing IN ('plain', 'zlib', 'zstd'))
);
CREATE TABLE email_blobs (
	email_id INTEGER NOT NULL, 
	start INTEGER NOT NULL, 
	line INTEGER NOT NULL, 
	blob_id INTEGER NOT NULL, 
	CONSTRAINT pk_email_blobs PRIMARY KEY (email_id, start), 
	CONSTRAINT fk_email_blobs_email_id FOREIGN KEY(email_id) REFERENCES emails (id) ON DELETE CASCADE, 
	CONSTRAINT fk_email_blobs_blob_id FOREIGN KEY(blob_id) REFERENCES blobs (id)
);
CREATE INDEX ix_email_blobs_blob_id ON email_blobs (blob_id);
CREATE TABLE settings (
	id INTEGER NOT NULL, 
	document TEXT NOT NULL, 
	CONSTRAINT pk_settings PRIMARY KEY (id), 
	CONSTRAINT ck_settings_single CHECK (id = 1)
);
CREATE TABLE records (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	name TEXT NOT NULL, 
	active BOOLEAN NOT NULL, 
	email_enabled BOOLEAN NOT NULL, 
	owner_key TEXT, 
	parent_key TEXT, queue_key TEXT, 
	CONSTRAINT ck_records_kind CHECK (kind IN ('user', 'contact', 'account', 'lead', 'equipment', 'team', 'business_unit', 'queue', 'other')), 
	CONSTRAINT uq_records_kind_key UNIQUE (kind, "key")
);
CREATE TABLE record_addresses (
	record_id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	normalised TEXT NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT pk_record_addresses PRIMARY KEY (record_id, address), 
	CONSTRAINT fk_record_addresses_record_id FOREIGN KEY(record_id) REFERENCES records (id) ON DELETE CASCADE
)
 WITHOUT ROWID;
CREATE INDEX ix_record_addresses_address ON record_addresses (address);
CREATE INDEX ix_record_addresses_normalised ON record_addresses (normalised);
CREATE TABLE activities (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	message_id TEXT NOT NULL, 
	direction TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	mail_kind TEXT NOT NULL, 
	owner_key TEXT, 
	regarding INTEGER, 
	accepted_by INTEGER, 
	method TEXT NOT NULL, 
	correlated_id INTEGER, 
	is_parent BOOLEAN NOT NULL, 
	subject_changed BOOLEAN NOT NULL, 
	tracking_token TEXT NOT NULL, 
	conversation TEXT NOT NULL, 
	conversation_base TEXT NOT NULL, 
	parties TEXT NOT NULL, 
	CONSTRAINT ck_activities_direction CHECK (direction IN ('incoming', 'outgoing')), 
	CONSTRAINT ck_activities_mail_kind CHECK (mail_kind IN ('ordinary', 'auto_reply', 'bounce', 'loop', 'list')), 
	CONSTRAINT ck_activities_method CHECK (method IN ('none', 'skipped', 'delivery_report', 'in_reply_to', 'references', 'tracking_token', 'gmail_thread', 'conversation_index', 'smart_matching')), 
	CONSTRAINT ck_activities_parent_is_correlated CHECK (correlated_id IS NOT NULL OR NOT is_parent), 
	CONSTRAINT fk_activities_regarding FOREIGN KEY(regarding) REFERENCES records (id) ON DELETE SET NULL, 
	CONSTRAINT fk_activities_accepted_by FOREIGN KEY(accepted_by) REFERENCES mailboxes (id) ON DELETE SET NULL, 
	CONSTRAINT fk_activities_correlated_id FOREIGN KEY(correlated_id) REFERENCES activities (id) ON DELETE SET NULL
);
CREATE UNIQUE INDEX uq_activities_message ON activities (message_id, direction) WHERE message_id <> '';
CREATE INDEX ix_activities_tracking_token ON activities (tracking_token) WHERE tracking_token <> '';
CREATE INDEX ix_activities_conversation ON activities (conversation) WHERE conversation <> '';
CREATE INDEX ix_activities_conversation_base ON activities (conversation_base) WHERE conversation_base <> '';
CREATE INDEX ix_activities_regarding ON activities (regarding) WHERE regarding IS NOT NULL;
CREATE INDEX ix_activities_accepted_by ON activities (accepted_by) WHERE accepted_by IS NOT NULL;
CREATE INDEX ix_activities_correlated_id ON activities (correlated_id) WHERE correlated_id IS NOT NULL;
CREATE TABLE activity_hashes (
	is_subject BOOLEAN NOT NULL, 
	hash BIGINT NOT NULL, 
	activity_id INTEGER NOT NULL, stored_on DATE DEFAULT '1970-01-01' NOT NULL, 
	CONSTRAINT pk_activity_hashes PRIMARY KEY (is_subject, hash, activity_id), 
	CONSTRAINT fk_activity_hashes_activity_id FOREIGN KEY(activity_id) REFERENCES activities (id) ON DELETE CASCADE
)
 WITHOUT ROWID;
CREATE INDEX ix_activity_hashes_activity_id ON activity_hashes (activity_id);
CREATE TABLE party_records (
	activity_id INTEGER NOT NULL, 
	record_id INTEGER NOT NULL, 
	CONSTRAINT pk_party_records PRIMARY KEY (activity_id, record_id), 
	CONSTRAINT fk_party_records_activity_id FOREIGN KEY(activity_id) REFERENCES activities (id) ON DELETE CASCADE, 
	CONSTRAINT fk_party_records_record_id FOREIGN KEY(record_id) REFERENCES records (id) ON DELETE CASCADE
)
 WITHOUT ROWID;
CREATE INDEX ix_party_records_record_id ON party_records (record_id);
CREATE TABLE queue_items (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	activity_id INTEGER NOT NULL, 
	mailbox_id INTEGER NOT NULL, 
	entered_at DATETIME NOT NULL, 
	CONSTRAINT fk_queue_items_activity_id FOREIGN KEY(activity_id) REFERENCES activities (id) ON DELETE CASCADE, 
	CONSTRAINT fk_queue_items_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE, 
	CONSTRAINT uq_queue_items_activity_id_mailbox_id UNIQUE (activity_id, mailbox_id)
);
CREATE INDEX ix_queue_items_mailbox_id ON queue_items (mailbox_id);
CREATE TABLE undelivered (
	activity_id INTEGER NOT NULL, 
	address TEXT NOT NULL, 
	status TEXT NOT NULL, 
	diagnostic TEXT NOT NULL, 
	reported_at DATETIME NOT NULL, 
	CONSTRAINT pk_undelivered PRIMARY KEY (activity_id, address), 
	CONSTRAINT fk_undelivered_activity_id FOREIGN KEY(activity_id) REFERENCES activities (id) ON DELETE CASCADE
)
 WITHOUT ROWID;
CREATE INDEX ix_emails_thread ON emails (mailbox_id, gmail_thread_id, activity_id);
CREATE INDEX ix_emails_activity ON emails (activity_id, mailbox_id);
CREATE TABLE decisions (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	mailbox_id INTEGER NOT NULL, 
	email_id INTEGER, 
	gmail_message_id BIGINT, 
	message_id TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	sender TEXT NOT NULL, 
	decided_at DATETIME NOT NULL, 
	kept BOOLEAN NOT NULL, 
	reason TEXT NOT NULL, 
	evidence TEXT NOT NULL, 
	CONSTRAINT ck_decisions_reason CHECK (reason IN ('accepted', 'already-promoted', 'invalid-sender', 'never-log', 'loop', 'internal', 'no-recipient-match', 'no-correlation-match', 'no-sender-match', 'not-asked-for')), 
	CONSTRAINT ck_decisions_kept_is_an_email CHECK (kept = (email_id IS NOT NULL)), 
	CONSTRAINT fk_decisions_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE, 
	CONSTRAINT fk_decisions_email_id FOREIGN KEY(email_id) REFERENCES emails (id) ON DELETE CASCADE, 
	CONSTRAINT uq_decisions_email_id UNIQUE (email_id)
);
CREATE INDEX ix_decisions_mailbox_id_kept_decided_at ON decisions (mailbox_id, kept, decided_at);
CREATE TABLE audits (
	mailbox_id INTEGER NOT NULL, 
	at DATETIME NOT NULL, 
	server BIGINT NOT NULL, 
	stored BIGINT NOT NULL, 
	set_aside BIGINT NOT NULL, 
	failed BIGINT NOT NULL, 
	missing BIGINT NOT NULL, 
	extra BIGINT NOT NULL, 
	changed BIGINT NOT NULL, 
	mended BIGINT NOT NULL, given_up BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_audits PRIMARY KEY (mailbox_id), 
	CONSTRAINT fk_audits_mailbox_id FOREIGN KEY(mailbox_id) REFERENCES mailboxes (id) ON DELETE CASCADE
);
CREATE INDEX ix_activity_hashes_since ON activity_hashes (is_subject, hash, stored_on);
CREATE INDEX ix_failures_mailbox_id_given_up_at ON failures (mailbox_id, given_up_at);
