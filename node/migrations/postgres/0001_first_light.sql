-- The schema of a cluster's store. Times are milliseconds since 1970, UTC. The same tables and
-- rules as in SQLite; what differs says why.

-- One row: facts of the store itself. The epoch is drawn anew when a backup was restored.
CREATE TABLE meta (
    only_row         BIGINT PRIMARY KEY CHECK (only_row = 1),
    epoch            UUID   NOT NULL,
    secret           BYTEA  NOT NULL CHECK (length(secret) = 32),
    settings_version BIGINT NOT NULL CHECK (settings_version >= 0),
    created_at_ms    BIGINT NOT NULL,
    -- The server's, which changes when a standby takes its place.
    timeline         BIGINT NOT NULL DEFAULT 0
);

-- A web site that embeds the loader. `origins` is a JSON array of texts.
CREATE TABLE sites (
    id      UUID PRIMARY KEY,
    name    TEXT NOT NULL,
    origins TEXT NOT NULL
);

CREATE TABLE inboxes (
    id   UUID PRIMARY KEY,
    name TEXT NOT NULL
);

CREATE TABLE chatflows (
    id       UUID   PRIMARY KEY,
    site     UUID   NOT NULL REFERENCES sites (id),
    inbox    UUID   NOT NULL REFERENCES inboxes (id),
    enabled  BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    priority BIGINT NOT NULL,
    settings TEXT   NOT NULL
);

-- `email_key` is the address in lower case: two spellings are one account.
CREATE TABLE agents (
    id            UUID   PRIMARY KEY,
    email         TEXT   NOT NULL,
    email_key     TEXT   NOT NULL UNIQUE,
    name          TEXT   NOT NULL,
    password_hash TEXT   NOT NULL,
    status        TEXT   NOT NULL CHECK (status IN ('available', 'away')),
    capacity      BIGINT NOT NULL CHECK (capacity BETWEEN 0 AND 4294967295),
    active        BIGINT NOT NULL CHECK (active BETWEEN 0 AND 4294967295),
    version       BIGINT NOT NULL
);

CREATE TABLE agent_sessions (
    cookie_hash   BYTEA  PRIMARY KEY,
    agent         UUID   NOT NULL REFERENCES agents (id),
    expires_at_ms BIGINT NOT NULL
);

CREATE TABLE agent_presence (
    agent UUID NOT NULL REFERENCES agents (id),
    node  UUID NOT NULL,
    PRIMARY KEY (agent, node)
);

-- A row is a conversation's head. What a message changes in an open one stands in no index, not
-- even in a partial one, and a page keeps room: so the new row stays on its page and no index is
-- written (HOT). `closed_at_ms` is the time of the closed ones alone.
CREATE TABLE conversations (
    id               UUID   PRIMARY KEY,
    number           BIGINT NOT NULL UNIQUE,
    site             UUID   NOT NULL,
    inbox            UUID   NOT NULL,
    chatflow         UUID   NOT NULL,
    visitor          UUID   NOT NULL,
    seq              BIGINT NOT NULL CHECK (seq BETWEEN 1 AND 4294967295),
    visitor_seq      BIGINT NOT NULL CHECK (visitor_seq BETWEEN 0 AND seq),
    state            TEXT   NOT NULL
        CHECK (state IN ('bot', 'waiting', 'unassigned', 'assigned', 'closed')),
    assignee         UUID   REFERENCES agents (id),
    slot_agent       UUID   REFERENCES agents (id),
    assignment       BIGINT NOT NULL CHECK (assignment >= 0),
    beside           BIGINT NOT NULL CHECK (beside IN (0, 1)),
    started_at_ms    BIGINT NOT NULL,
    last_at_ms       BIGINT NOT NULL,
    waiting_since_ms BIGINT,
    started_on       TEXT   NOT NULL,
    preview          TEXT   NOT NULL,
    preview_by       TEXT   CHECK (preview_by IN ('visitor', 'team')),
    closed_at_ms     BIGINT GENERATED ALWAYS AS
        (CASE WHEN state = 'closed' THEN last_at_ms END) STORED,
    CHECK (state <> 'assigned' OR assignee IS NOT NULL),
    CHECK (state NOT IN ('bot', 'waiting', 'unassigned') OR assignee IS NULL),
    CHECK (state <> 'closed' OR slot_agent IS NULL),
    CHECK ((state = 'waiting') = (waiting_since_ms IS NOT NULL))
) WITH (fillfactor = 60);

-- One open conversation per visitor and inbox, unless another stands beside it on purpose.
CREATE UNIQUE INDEX conversations_one_open ON conversations (visitor, inbox)
    WHERE state <> 'closed' AND beside = 0;
CREATE INDEX conversations_of_visitor ON conversations (visitor);
CREATE INDEX conversations_open ON conversations (inbox, state)
    WHERE state <> 'closed';
CREATE INDEX conversations_closed ON conversations (inbox, closed_at_ms)
    WHERE state = 'closed';
CREATE INDEX conversations_waiting ON conversations (waiting_since_ms)
    WHERE state = 'waiting';
CREATE INDEX conversations_with_slot ON conversations (slot_agent)
    WHERE slot_agent IS NOT NULL;

-- A start leads to the same conversation for ever.
CREATE TABLE starts (
    visitor         UUID NOT NULL,
    start_client_id UUID NOT NULL,
    conversation    UUID NOT NULL REFERENCES conversations (id),
    PRIMARY KEY (visitor, start_client_id)
);

-- The log. `hidden` entries are for agents only. `body` is JSON. No REFERENCES: entries are only
-- written under their locked head, and a look-up for each would be paid for nothing.
CREATE TABLE entries (
    conversation UUID   NOT NULL,
    seq          BIGINT NOT NULL CHECK (seq BETWEEN 1 AND 4294967295),
    at_ms        BIGINT NOT NULL,
    author       TEXT   NOT NULL CHECK (author IN ('visitor', 'agent', 'system')),
    author_id    UUID,
    author_name  TEXT,
    client_id    UUID,
    hidden       BIGINT NOT NULL CHECK (hidden IN (0, 1)),
    body         TEXT   NOT NULL,
    PRIMARY KEY (conversation, seq),
    CHECK ((author = 'system') = (author_id IS NULL)),
    CHECK ((author = 'agent') = (author_name IS NOT NULL))
);

-- The client id first: ids that follow their time of birth (UUID version 7) then stand together,
-- and a batch writes a few pages of this index in place of one for each message.
CREATE UNIQUE INDEX entries_client_id ON entries (client_id, conversation)
    WHERE client_id IS NOT NULL;

-- How far each side has received and read.
CREATE TABLE marks (
    conversation  UUID   NOT NULL REFERENCES conversations (id),
    party         TEXT   NOT NULL CHECK (party IN ('visitor', 'team')),
    delivered_seq BIGINT NOT NULL CHECK (delivered_seq >= 0),
    read_seq      BIGINT NOT NULL CHECK (read_seq BETWEEN 0 AND delivered_seq),
    PRIMARY KEY (conversation, party)
) WITH (fillfactor = 70);
